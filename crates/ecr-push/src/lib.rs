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
