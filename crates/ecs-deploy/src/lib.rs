//! `ecs-deploy`: makes an ECS service be what its files say, and touches nothing else.
//!
//! Decided here: what differs, what is sent, and what a lost answer means. Never here: whether a
//! deployment is healthy (wait-healthy), how a definition is rendered (render-taskdef).

mod active;
mod apply;
mod args;
mod commands;
mod context;
mod decision;
pub mod declare;
mod documents;
mod error;
mod handle;
mod images;
mod jobs;
mod logs;
mod observe;
mod oneoff;
pub mod plan;
mod prune;
mod report;
mod request;
mod run;
mod show;
mod write;

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
