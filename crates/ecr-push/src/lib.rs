//! ecr-push: pushes an image to ECR or to any OCI registry, without a daemon and without
//! `docker login`.
//!
//! Decided here: ECR's own rules (hosts, immutable tags, repositories, scans) and what is printed.
//! Never here: what an image is, and how blobs are uploaded (crate registry).

mod args;
mod ecr;
mod error;
mod findings;
mod progress;
mod repository_uri;
mod result;
mod run;
mod scan;
mod tag_rule;
mod target;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;

/// Runs the program. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, for documentation and for the inputs of the action.
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
