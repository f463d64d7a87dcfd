//! ecr-push: an image into ECR, or into any OCI registry, without a daemon and without a login.
//!
//! Decided here: ECR's own rules (hosts, immutable tags, repositories, scans) and what is shown.
//! Never here: what an image is, and how blobs travel (registry).

mod args;
mod ecr;
mod error;
mod findings;
mod immutable;
mod outcome;
mod run;
mod scan;
mod show;
mod target;

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
pub fn command() -> clap::Command {
    Args::command()
}
