//! deploy-status: reports the results of the steps of a deployment to people, in a comment that is kept
//! up to date, as a commit status or a deployment, and in the job summary.
//!
//! Decided here: what a result means for a reader, how untrusted text is escaped in Markdown, and which
//! comment is updated. Never decided here: what happened, which the result files contain, and whether
//! the pipeline failed.

mod args;
mod data;
mod error;
mod html;
mod markdown;
mod post;
mod publish;
mod redact;
mod report;
mod results;
mod run;
mod shorten;
mod summary;
mod terraform;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;
pub use html::page;
pub use markdown::{ReportContext, code, fence, prose, render};
pub use redact::redact;
pub use report::{DeploymentReport, DeploymentState, ServiceOutcome, ServiceReport};
pub use results::{OtherRunResult, StepRecord, StepResults, read};
pub use terraform::{
    ChangeKind, PlanSummary, PlannedChange, read as read_plan, render as render_plan,
};

/// Runs the program with these arguments. The first one is the name of the program.
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
    pipeline_io::check_step::<Args>(argv, |args| {
        args.request(|name| std::env::var(name).ok())
            .map(drop)
            .map_err(Into::into)
    })
}
