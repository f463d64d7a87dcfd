//! The frame around every verb: parse, run, say the result or the error once, write it down, exit.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;

use crate::args;
use crate::ci::Ci;
use crate::interrupt::Interrupt;
use crate::result::{SCHEMA_VERSION, StepError, StepResult, usage_error};
use crate::step::write_result;
use crate::usage::UsageError;
use crate::{Error, Exit, Failure, Severity, Step};

/// A verb's arguments, and how it wants to be framed.
pub trait Verb: clap::Parser {
    /// The program's name, as `ecr-push`.
    const NAME: &'static str;

    /// Command lines that people type, one per line and indented; the end of `--help`.
    const EXAMPLES: &'static str = "";

    /// True for a verb that ends by itself when it is interrupted; it gets the signals through
    /// its third argument. Others are dropped where they stand.
    const HANDLES_INTERRUPT: bool = false;

    /// `--results`.
    fn results(&self) -> Option<&Path>;

    /// Whether stdout is to carry the result document.
    fn wants_json(&self) -> bool;
}

/// What a verb gives when it did what it was asked.
#[derive(Debug)]
pub struct Done {
    /// The verdict word.
    pub verdict: String,
    /// Nearly always [`Exit::Done`].
    pub exit: Exit,
    stdout: String,
    is_document: bool,
}

impl Done {
    /// A result whose text is one value for a shell; with `--format json` the result document
    /// is printed in its place.
    pub fn value(verdict: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            verdict: verdict.into(),
            exit: Exit::Done,
            stdout: text.into(),
            is_document: false,
        }
    }

    /// A result that is itself a document, printed as it is in every format.
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
    say_bugs_plainly();
    let ci = Ci::detect(|name| std::env::var(name).ok());
    let step = Step::new(A::NAME, ci, std::io::stderr().is_terminal());
    let (args, verbosity) = match parse::<A>(argv.into_iter().collect()) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&step, &error),
    };
    let asked = if step.ci().job().wants_debug { 2 } else { 0 };
    let step = step.with_verbosity(verbosity.max(asked));
    let started = (jiff::Timestamp::now(), Instant::now());
    let results = args.results().map(Path::to_owned);
    let wants_json = args.wants_json();
    let ended = block_on::<A>(args, &step, verb);
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
        verdict,
        exit_code: exit.code(),
        started_at: started.0.to_string(),
        seconds: (started.1.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        error,
        data: step.take_data(),
    };
    let written = leave(&step, results.as_deref(), &result);
    // The verb's own error comes first: that a file could not be written then is said below it.
    if let Some(error) = &result.error {
        say(&step, error, loudness(exit), true);
    }
    print(stdout, wants_json, &result);
    match written {
        Ok(()) => exit.into(),
        Err(error) => {
            let said = StepError::of(&*error);
            let severity = loudness(error.exit());
            say(&step, &said, severity, result.error.is_none());
            if exit == Exit::Done {
                error.exit().into()
            } else {
                exit.into()
            }
        }
    }
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
    let ended = runtime.block_on(async {
        let mut signals = Interrupt::listen().map_err(|source| RuntimeError::Runtime { source })?;
        if A::HANDLES_INTERRUPT {
            return verb(args, step, &mut signals).await;
        }
        let mut unused = Interrupt::listen().map_err(|source| RuntimeError::Runtime { source })?;
        tokio::select! {
            ended = verb(args, step, &mut unused) => ended,
            () = signals.received() => Err(RuntimeError::Interrupted { verb: A::NAME }.into()),
        }
    });
    // A blocking reader (a pipe, a compressor) must not hold the exit up.
    runtime.shutdown_background();
    ended
}

/// The verb's arguments, and how often `-v` was given.
fn parse<A: Verb>(argv: Vec<OsString>) -> Result<(A, u8), UsageError> {
    let command = args::framed(A::command(), A::EXAMPLES);
    let (argv, set) = args::with_variables(&command, argv, |name| std::env::var_os(name))?;
    let matches = command.try_get_matches_from(argv);
    matches
        .and_then(|matches| Ok((A::from_arg_matches(&matches)?, args::verbosity(&matches))))
        .map_err(|error| UsageError::new(error, &set))
}

/// `--help` and `--version` are results; everything else clap says is bad usage.
fn refuse(step: &Step, refused: &UsageError) -> ExitCode {
    let error = &refused.error;
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // A closed pipe (`--help | head`) is no failure.
        let _ = write!(std::io::stdout().lock(), "{}", error.render());
        return Exit::Done.into();
    }
    let (exit, said) = usage_error(refused.message());
    // Clap quotes what was given: line by line, so that a value cannot command the CI system.
    for line in format!("error: {}", said.message).lines() {
        step.info(line);
    }
    let first = said.message.lines().next().unwrap_or_default();
    step.mark(Severity::Error, None, first);
    exit.into()
}

fn leave(step: &Step, results: Option<&Path>, result: &StepResult) -> Result<(), Error> {
    step.write_ci_files(|name| std::env::var(name).ok())?;
    if let Some(folder) = results {
        write_result(folder, &result.verb, &(pretty(result) + "\n"))?;
    }
    Ok(())
}

/// A pause was asked for: it is no failure, and no job shows it in red.
fn loudness(exit: Exit) -> Severity {
    match exit {
        Exit::Paused => Severity::Notice,
        _ => Severity::Error,
    }
}

/// Says an error, in full for the log and as one annotation where `annotated`.
fn say(step: &Step, error: &StepError, severity: Severity, annotated: bool) {
    let paint = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    step.print(error.render(severity, paint).trim_end());
    if annotated {
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

fn print(stdout: Option<(String, bool)>, wants_json: bool, result: &StepResult) {
    let text = match stdout {
        Some((document, true)) => document,
        _ if wants_json => compact(result),
        Some((value, false)) => value,
        None => return,
    };
    if text.is_empty() {
        return;
    }
    let mut out = std::io::stdout().lock();
    // A reader that has read enough closes the pipe: no failure of ours.
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

fn pretty(result: &StepResult) -> String {
    serde_json::to_string_pretty(result).unwrap_or_default()
}

fn compact(result: &StepResult) -> String {
    serde_json::to_string(result).unwrap_or_default()
}

/// A panic is exit code 1 and a plain request, in a build that aborts too.
fn say_bugs_plainly() {
    std::panic::set_hook(Box::new(|info| {
        let _ = writeln!(
            std::io::stderr(),
            "error: this is a bug in fargate-pipeline {}: {info}\nhint: please report it with the command line",
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
