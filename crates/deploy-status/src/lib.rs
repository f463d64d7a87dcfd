//! deploy-status: what the steps of a deployment left behind, told to people: as a comment that is
//! kept up to date, as a commit status or a deployment, as the job's summary.
//!
//! Decided here: what a result means for a reader, how foreign text is kept from breaking out of
//! Markdown, whose comment is rewritten. Never here: what happened (the results say it), and
//! whether the pipeline fails for want of a comment (it does not, unless asked to).

mod args;
mod data;
mod error;
mod markdown;
mod post;
mod redact;
mod report;
mod results;
mod run;
mod terraform;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;
pub use markdown::{Surroundings, code, fence, prose, render};
pub use redact::redact;
pub use report::{Outcome, Report, Service, State};
pub use results::{Left, Step, read};
pub use terraform::{Change, Kind, Planned, read as read_plan, render as render_plan};

/// Runs the program with these arguments, the first of which is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, for documentation and the action's inputs.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}
