//! wait-healthy: waits for one deployment and reports its verdict and cause.
//!
//! Decided here: what is read from AWS and when, and how the verdict is reported. Never here: what
//! the verdict is (`rollout`).

mod allowance;
mod args;
mod aws;
mod backoff;
mod cause;
mod clock;
mod context;
mod duration;
mod error;
mod finish;
mod headline;
mod hints;
mod logs;
mod poller;
mod probe;
mod progress;
mod repeated_events;
mod report;
mod rollback;
mod run;
mod summary;
mod table;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::{Args, WaitRequest};
pub use aws::Reader;
pub use context::WaitContext;
pub use error::Error;
pub use poller::{Poller, WaitListener};

/// Runs the program with these arguments. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, from which the documentation and the inputs of the action are generated.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// Runs the program as a step of a larger run in this process.
///
/// # Errors
/// If the arguments are invalid.
pub async fn step(
    argv: Vec<OsString>,
    verbosity: u8,
) -> Result<pipeline_io::StepOutcome, pipeline_io::Error> {
    // Boxed, so that a run of several steps is not one enormous future.
    Box::pin(pipeline_io::run_step(argv, verbosity, run::run)).await
}

/// Validates everything that needs no request.
///
/// # Errors
/// The first invalid argument.
pub fn check(argv: Vec<OsString>) -> Result<(), pipeline_io::Error> {
    pipeline_io::check_step::<Args>(argv, |args| args.request().map(drop).map_err(Into::into))
}
