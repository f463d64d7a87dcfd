//! tf-outputs: reads the outputs of a Terraform state, without a terraform binary, a provider or
//! `terraform init`.
//!
//! Decided here: where a state is and how it is fetched, which outputs are written under which names,
//! and in which format. Never decided here: what a state looks like (`tf-state`), and how the outputs
//! are used.

mod args;
mod backend;
mod error;
mod run;
mod secrets;
mod select;
mod source;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub use args::Args;
pub use error::Error;
pub use select::{
    KNOWN_SCHEMA, OutputRename, Selected, SelectedOutput, Selection, SelectionError, select,
};
pub use write::{
    Format, GITLAB_BYTES, GITLAB_VARIABLES, ListFormat, NameError, RenderError, RenderOptions,
    check_size, ci_outputs, environment, render, variable_name,
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
