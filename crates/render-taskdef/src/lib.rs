//! render-taskdef: a task definition filled in, edited and looked over, with nothing lost.
//!
//! Decided here: where a definition comes from and what the flags mean. Never here: what a
//! placeholder, an edit, a mistake or a difference is (ecs-document).

mod args;
mod compare;
mod dotenv;
mod error;
mod findings;
mod flags;
mod plan;
mod run;
mod source;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;

/// Runs the program with these arguments, the first of which is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, for documentation and the action's inputs.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}
