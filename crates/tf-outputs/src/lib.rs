//! tf-outputs: the outputs of a Terraform state, without a terraform binary, a provider or an init.
//!
//! Decided here: where a state lies and how it is fetched, which outputs are given under which
//! names, and how they are written. Never here: what a state looks like (tf-state), and what the
//! outputs are for.

mod args;
mod backend;
mod error;
mod run;
mod secrets;
mod select;
mod source;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;
pub use select::{Chosen, KNOWN_SCHEMA, Rename, SelectError, Selected, Selection, select};
pub use write::{
    Format, GITLAB_BYTES, GITLAB_VARIABLES, Lists, NameError, Style, WriteError, check_size,
    ci_outputs, environment, render, variable_name,
};

/// Runs the program with these arguments, the first of which is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, for documentation and the action's inputs.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}
