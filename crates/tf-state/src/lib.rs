//! Reads the outputs of a Terraform state, or of the output of `terraform output -json`.
//!
//! Decided here: which of the two formats a text has, which state versions are supported, and what is
//! an error. A state is read as a stream: resources are skipped and never kept in memory, whatever
//! the order of the members. Never decided here: where the text comes from, and how the outputs are
//! used. No error contains a value, because a state contains secrets.

mod budget;
mod classify;
mod document;
mod error;
mod first_bytes;
mod outputs;

use std::io::{BufReader, Read};

pub use error::StateError;
pub use outputs::{Output, Outputs, StateDocument, StateFormat};

/// Maximum size of the text of the outputs (everything except the skipped resources), in bytes.
///
/// GitHub accepts 1 MB of outputs per job and GitLab 5 KB. Eight times the larger limit is enough for
/// everyone, and prevents a wrong file from filling the memory of the runner.
pub const OUTPUTS_LIMIT: u64 = 8 * 1024 * 1024;

/// Reads a state (version 4) or the output of `terraform output -json`. The members of the text show
/// which of the two it is.
///
/// The text is read to its end, so an incomplete text is an error even if its outputs are complete.
/// It needs memory for the outputs, and 64 KiB.
///
/// # Errors
/// [`StateError`] has one variant for each kind of text that people pass instead of a state.
pub fn read(mut source: impl Read) -> Result<StateDocument, StateError> {
    read_dyn(&mut source)
}

// Not generic, so that the parser is compiled in this crate, with the optimization set for it.
fn read_dyn(source: &mut dyn Read) -> Result<StateDocument, StateError> {
    let head = first_bytes::read(source)?;
    let budget = budget::ByteBudget::new(OUTPUTS_LIMIT);
    let rest = head.text().chain(source);
    // The buffer is the outermost reader, because serde_json reads single bytes.
    let buffered = BufReader::with_capacity(64 * 1024, budget.count(rest));
    let members = document::members(buffered, &budget)?;
    classify::classify(members)
}
