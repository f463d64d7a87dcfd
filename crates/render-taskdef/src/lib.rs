//! render-taskdef: fills in, edits and checks a task definition without losing anything.
//!
//! Decided here: where a definition comes from and what the flags mean. Never here: what a
//! placeholder, an edit, a lint or a difference is (see ecs-document).

mod args;
mod compare;
mod dotenv;
mod error;
mod findings;
mod flags;
mod request;
mod run;
mod source;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;

/// Runs the program with these arguments. The first one is the program's name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    pipeline_io::run(args, run::run)
}

/// The command line, from which the documentation and the action's inputs are generated.
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
        request::RenderRequest::new(&args)
            .map(drop)
            .map_err(Into::into)
    })
}
