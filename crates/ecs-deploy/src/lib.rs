//! `ecs-deploy`: creates or updates an ECS service to match its definition, and changes nothing
//! else.
//!
//! Decided here: what differs, what is sent, and what a lost response means. Never decided here:
//! whether a deployment is healthy (wait-healthy), and how a definition is rendered
//! (render-taskdef).

mod apply;
mod args;
mod commands;
mod context;
mod decision;
pub mod declare;
mod deployment_ref;
mod documents;
mod error;
mod images;
mod in_progress;
mod lints;
mod logs;
mod observe;
mod one_off;
pub mod plan;
mod prune;
mod report;
mod request;
mod run;
mod show;
mod task_phase;
mod wait_permissions;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;

/// Runs the program with these arguments; the first one is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, for the documentation and the inputs of the action.
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

/// Validates the flags. The files are read when the program runs, because earlier steps write them.
///
/// # Errors
/// The first invalid argument.
pub fn check(argv: Vec<OsString>) -> Result<(), pipeline_io::Error> {
    pipeline_io::check_step::<Args>(argv, |_| Ok(()))
}
