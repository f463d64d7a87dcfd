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
