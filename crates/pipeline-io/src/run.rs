//! What every verb does around its own work: parse the arguments, run, print the result or the error,
//! write the result file, exit.
//!
//! Decided here: the order of these steps, and that an error is printed once. Never here: what a verb
//! does.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;

use crate::args;
use crate::ci::Ci;
use crate::files::check_writable;
use crate::interrupt::Interrupt;
use crate::result::{SCHEMA_VERSION, StepError, StepResult, usage_error};
use crate::step::write_result;
use crate::untrusted::command_free_json;
use crate::usage::{UsageError, empty_option};
use crate::{Error, Exit, Failure, Severity, StdoutError, Step, write_stdout};

/// A verb's arguments, and what its runtime has to know about it.
pub trait Verb: clap::Parser {
    /// The program's name, e.g. `ecr-push`.
    const NAME: &'static str;

    /// Examples of command lines, one per line and indented, for the end of `--help`.
    const EXAMPLES: &'static str = "";

    /// Whether the verb handles SIGINT and SIGTERM itself, through its third argument. Any other
    /// verb is aborted at once.
    const HANDLES_INTERRUPT: bool = false;

    /// Whether the verb reads the directory of `--results`. Any other verb only writes to it, so it ends
    /// before its work if it cannot.
    const READS_RESULTS: bool = false;

    /// `--results`.
    fn results(&self) -> Option<&Path>;

    /// Whether stdout should contain the result document.
    fn wants_json(&self) -> bool;
}

/// What a verb returns if it succeeds.
#[derive(Debug)]
pub struct Done {
    /// The verdict, e.g. `pushed`.
    pub verdict: String,
    /// The exit code, almost always [`Exit::Done`].
    pub exit: Exit,
    stdout: String,
    is_document: bool,
}

impl Done {
    /// A result whose text is one value for a shell. With `--format json` the result document is
    /// printed instead.
    pub fn value(verdict: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            verdict: verdict.into(),
            exit: Exit::Done,
            stdout: text.into(),
            is_document: false,
        }
    }

    /// A result that is itself a document. It is printed as it is, in every format.
    pub fn document(verdict: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            is_document: true,
            ..Self::value(verdict, text)
        }
    }
}

/// Runs a verb: from the command line to the exit code.
pub fn run<A: Verb>(
    argv: impl IntoIterator<Item = OsString>,
    verb: impl AsyncFnOnce(A, &Step, &mut Interrupt) -> Result<Done, Error>,
) -> ExitCode {
    report_panics();
    let ci = Ci::detect(|name| std::env::var(name).ok());
    let step = Step::new(A::NAME, ci, std::io::stderr().is_terminal());
    let (args, verbosity) = match parse::<A>(argv.into_iter().collect()) {
        Ok(parsed) => parsed,
        Err(error) => return reject(&step, &error),
    };
    let of_job = if step.ci().job().wants_debug { 2 } else { 0 };
    let step = step.with_verbosity(verbosity.max(of_job));
    if let Some(directory) = args.results().filter(|_| !A::READS_RESULTS)
        && let Err(error) = check_writable(directory)
    {
        report(&step, &StepError::of(&error), Severity::Error, true);
        return error.exit().into();
    }
    let started = Started::now();
    let results = args.results().map(Path::to_owned);
    let wants_json = args.wants_json();
    let ended = block_on::<A>(args, &step, verb);
    let (result, mut exit, stdout) = conclude::<A>(&step, &started, ended);
    let written = write_files(&step, results.as_deref(), &result);
    // The verb's own error comes first. A file that could not be written is reported below it.
    if let Some(error) = &result.error {
        report(&step, error, severity(exit), true);
    }
    let printed = print(stdout, wants_json, &result).and(step.take_stdout_error());
    let mut is_first = result.error.is_none();
    let printed = printed.map_err(Error::from);
    for error in [written, printed].into_iter().filter_map(Result::err) {
        let shown = StepError::of(&*error);
        report(&step, &shown, severity(error.exit()), is_first);
        is_first = false;
        if exit == Exit::Done {
            exit = error.exit();
        }
    }
    exit.into()
}

/// When a verb started.
#[derive(Debug)]
pub(crate) struct Started(jiff::Timestamp, Instant);

impl Started {
    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now(), Instant::now())
    }
}

/// The result of a verb that ended, its exit code, and what it prints on stdout (true: a document).
pub(crate) fn conclude<A: Verb>(
    step: &Step,
    started: &Started,
    ended: Result<Done, Error>,
) -> (StepResult, Exit, Option<(String, bool)>) {
    step.progress().clear();
    let (verdict, exit, stdout, error) = match ended {
        Ok(done) => (
            done.verdict,
            done.exit,
            Some((done.stdout, done.is_document)),
            None,
        ),
        Err(failure) => {
            let exit = failure.exit();
            let verdict = failure.verdict().unwrap_or_else(|| exit.name()).to_owned();
            (verdict, exit, None, Some(StepError::of(&*failure)))
        }
    };
    let result = StepResult {
        schema_version: SCHEMA_VERSION,
        verb: A::NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: step.ci().job().run_id.clone(),
        verdict,
        exit_code: exit.code(),
        started_at: started.0.to_string(),
        seconds: (started.1.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        error,
        data: step.take_data(),
    };
    (result, exit, stdout)
}

fn block_on<A: Verb>(
    args: A,
    step: &Step,
    verb: impl AsyncFnOnce(A, &Step, &mut Interrupt) -> Result<Done, Error>,
) -> Result<Done, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| RuntimeError::Runtime { source })?;
    let ended = runtime.block_on(work(args, step, verb));
    // A blocking task (reading a pipe, compressing) must not delay the exit.
    runtime.shutdown_background();
    ended
}

/// The verb's own work, which a signal ends unless the verb handles signals itself.
pub(crate) async fn work<A: Verb>(
    args: A,
    step: &Step,
    verb: impl AsyncFnOnce(A, &Step, &mut Interrupt) -> Result<Done, Error>,
) -> Result<Done, Error> {
    let mut signals = Interrupt::listen().map_err(|source| RuntimeError::Runtime { source })?;
    if A::HANDLES_INTERRUPT {
        return verb(args, step, &mut signals).await;
    }
    let mut unused = Interrupt::listen().map_err(|source| RuntimeError::Runtime { source })?;
    tokio::select! {
        ended = verb(args, step, &mut unused) => ended,
        () = signals.received() => Err(RuntimeError::Interrupted { verb: A::NAME }.into()),
    }
}

/// The verb's arguments, and how often `-v` was given.
fn parse<A: Verb>(argv: Vec<OsString>) -> Result<(A, u8), UsageError> {
    let mut command = args::framed(A::command(), A::EXAMPLES);
    let typed = argv.clone();
    let (argv, set) = args::with_variables(&command, argv, |name| std::env::var_os(name))?;
    let matches = command.try_get_matches_from_mut(argv);
    matches
        .and_then(|matches| {
            if let Some(option) = empty_option(&command, &matches) {
                let message = format!("{option} is empty");
                return Err(clap::Error::raw(ErrorKind::InvalidValue, message));
            }
            Ok((A::from_arg_matches(&matches)?, args::verbosity(&matches)))
        })
        .map_err(|error| UsageError::new(error, &set, || args::usage(&command, &typed)))
}

/// Prints `--help` and `--version` as results, and every other message of clap as an error.
fn reject(step: &Step, refused: &UsageError) -> ExitCode {
    let error = &refused.error;
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match write_stdout(&error.render().to_string()) {
            Ok(()) => Exit::Done.into(),
            Err(error) => {
                report(step, &StepError::of(&error), Severity::Error, true);
                error.exit().into()
            }
        };
    }
    let (exit, shown) = usage_error(refused.message());
    // Clap quotes the arguments. Printed line by line, they cannot contain a command.
    for line in format!("error: {}", shown.message).lines() {
        step.info(line);
    }
    let first = shown.message.lines().next().unwrap_or_default();
    step.mark(Severity::Error, None, first);
    exit.into()
}

pub(crate) fn write_files(
    step: &Step,
    results: Option<&Path>,
    result: &StepResult,
) -> Result<(), Error> {
    step.write_ci_files(|name| std::env::var(name).ok())?;
    if let Some(folder) = results {
        write_result(folder, &result.verb, &(pretty(result) + "\n"))?;
    }
    Ok(())
}

/// A pause was requested, so it is not shown as an error.
pub(crate) fn severity(exit: Exit) -> Severity {
    match exit {
        Exit::Paused => Severity::Notice,
        _ => Severity::Error,
    }
}

/// Prints an error to the log and, if `is_annotated`, as one annotation.
pub(crate) fn report(step: &Step, error: &StepError, severity: Severity, is_annotated: bool) {
    let paint = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    step.print(error.render(severity, paint).trim_end());
    if is_annotated {
        let mut message = error.message.clone();
        for cause in &error.causes {
            message.push_str(&format!("\ncaused by: {cause}"));
        }
        if let Some(hint) = &error.hint {
            message.push_str(&format!("\nhint: {hint}"));
        }
        step.mark(severity, error.location.as_ref(), &message);
    }
}

fn print(
    stdout: Option<(String, bool)>,
    wants_json: bool,
    result: &StepResult,
) -> Result<(), StdoutError> {
    let text = match stdout {
        Some((document, true)) => document,
        _ if wants_json => compact(result),
        Some((value, false)) => value,
        None => return Ok(()),
    };
    if text.is_empty() {
        return Ok(());
    }
    write_stdout(&text)
}

fn pretty(result: &StepResult) -> String {
    serde_json::to_string_pretty(result).unwrap_or_default()
}

fn compact(result: &StepResult) -> String {
    command_free_json(&serde_json::to_string(result).unwrap_or_default())
}

/// Makes a panic end with exit code 1 and a request to report it, even in a build that aborts.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let _ = writeln!(
            std::io::stderr(),
            "error: this is a bug in fargate-pipeline {}: {info}\nhint: please report it with your command line",
            env!("CARGO_PKG_VERSION")
        );
        std::process::exit(Exit::Bug.code().into());
    }));
}

#[derive(Debug, thiserror::Error)]
enum RuntimeError {
    #[error("cannot start the asynchronous runtime")]
    Runtime { source: std::io::Error },
    #[error("{verb} was interrupted")]
    Interrupted { verb: &'static str },
}

impl Failure for RuntimeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Runtime { .. } => Exit::Bug,
            Self::Interrupted { .. } => Exit::Interrupted,
        }
    }
}
