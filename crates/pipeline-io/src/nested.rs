//! A verb as one step of a larger run, in the same process.
//!
//! Decided here: what such a step does around its own work. It writes the same result file and the same
//! outputs of the CI job as the program itself, but it reads no variables and prints nothing on stdout.
//! Never here: which steps there are.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;

use crate::files::check_writable;
use crate::result::StepError;
use crate::run::{Started, conclude, report, severity, work, write_files};
use crate::usage::UsageError;
use crate::{Ci, Done, Error, Exit, Failure, Interrupt, Step, StepResult, Verb};

/// How a step ended.
#[derive(Debug)]
pub struct StepOutcome {
    pub exit: Exit,
    /// The content of the result file.
    pub result: StepResult,
    /// What the program prints on stdout if it runs by itself.
    pub stdout: String,
}

/// Runs a verb as a step. `argv` begins with the program's name, and `verbosity` is the one of the whole
/// run. An error is printed once, as the program prints it.
///
/// # Errors
/// If the arguments are invalid. Check them before the first step with [`check_step`].
pub async fn run_step<A: Verb>(
    argv: Vec<OsString>,
    verbosity: u8,
    verb: impl AsyncFnOnce(A, &Step, &mut Interrupt) -> Result<Done, Error>,
) -> Result<StepOutcome, Error> {
    let args = parse::<A>(argv)?;
    let ci = Ci::detect(|name| std::env::var(name).ok());
    let step = Step::new(A::NAME, ci, std::io::stderr().is_terminal()).with_verbosity(verbosity);
    let started = Started::now();
    let results = args.results().map(Path::to_owned);
    let ended = work(args, &step, verb).await;
    let (result, mut exit, stdout) = conclude::<A>(&step, &started, ended);
    let written = write_files(&step, results.as_deref(), &result);
    if let Some(error) = &result.error {
        report(&step, error, severity(exit), true);
    }
    if let Err(error) = written {
        let shown = StepError::of(&*error);
        report(
            &step,
            &shown,
            severity(error.exit()),
            result.error.is_none(),
        );
        if exit == Exit::Done {
            exit = error.exit();
        }
    }
    Ok(StepOutcome {
        exit,
        result,
        stdout: stdout.map(|(text, _)| text).unwrap_or_default(),
    })
}

/// Validates the arguments of a step before the first step runs. `request` is the verb's own validation.
///
/// # Errors
/// The first invalid argument.
pub fn check_step<A: Verb>(
    argv: Vec<OsString>,
    request: impl FnOnce(A) -> Result<(), Error>,
) -> Result<(), Error> {
    request(parse::<A>(argv)?)
}

/// Checks that result files can be written to a directory, which need not exist yet.
///
/// # Errors
/// If they cannot.
pub fn check_results(directory: &Path) -> Result<(), Error> {
    Ok(check_writable(directory)?)
}

fn parse<A: Verb>(argv: Vec<OsString>) -> Result<A, InvalidStep> {
    let mut command = A::command();
    let matches = command.try_get_matches_from_mut(argv);
    matches
        .and_then(|matches| A::from_arg_matches(&matches))
        .map_err(|error| {
            let message = UsageError::from(error).message();
            // The rest is the usage of a program that the user did not call.
            let message = message.split("\n\n").next().unwrap_or_default().to_owned();
            InvalidStep { message }
        })
}

/// Clap rejected the arguments of a step.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct InvalidStep {
    message: String,
}

impl Failure for InvalidStep {
    fn exit(&self) -> Exit {
        Exit::Invalid
    }
}
