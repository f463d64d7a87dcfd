//! Outputs out of a Terraform state, or out of what `terraform output -json` printed.
//!
//! Decided here: which of the two a text is, which state versions are read, and what is an error.
//! A state is read as a stream: resources are skipped where they stand and never held in memory,
//! whatever the order of the members. Never here: where the text comes from, and what becomes of
//! the outputs. No error repeats a value, for a state holds secrets.

mod budget;
mod classify;
mod document;
mod error;
mod outputs;
mod sniff;

use std::io::{BufReader, Read};

pub use error::StateError;
pub use outputs::{Document, Form, Output, Outputs};

/// Text of outputs (everything but the skipped resources) that is read at most, in bytes.
///
/// GitHub takes 1 MB of outputs a job and GitLab 5 KB; eight times the larger is plenty, and keeps
/// a mistaken file from filling the runner's memory.
pub const OUTPUTS_LIMIT: u64 = 8 * 1024 * 1024;

/// Reads a state (version 4) or an `output -json`, told apart by their members.
///
/// The text is read to its end, so that one cut short is noticed even where the outputs were
/// complete. Memory: the outputs, and 64 KiB.
///
/// # Errors
/// [`StateError`], one variant for each thing that people hand in instead of a state.
pub fn read(mut source: impl Read) -> Result<Document, StateError> {
    read_dyn(&mut source)
}

// Not generic, so that the parser is compiled here, with this crate's own optimisation.
fn read_dyn(source: &mut dyn Read) -> Result<Document, StateError> {
    let head = sniff::head(source)?;
    let budget = budget::Budget::new(OUTPUTS_LIMIT);
    let rest = head.text().chain(source);
    // The buffer is the outermost reader: serde_json takes single bytes, and only here are they cheap.
    let buffered = BufReader::with_capacity(64 * 1024, budget.count(rest));
    let members = document::members(buffered, &budget)?;
    classify::classify(members)
}
