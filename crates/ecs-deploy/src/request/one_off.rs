//! The one-off tasks from flags and files, and the key that identifies them in a re-run.

use std::path::Path;
use std::time::Duration;

use ecs_document::edits::{BadCommand, command_words};
use ecs_document::lints::LintCode;
use ecs_document::model::DocumentKind;
use pipeline_io::Step;
use serde_json::Value;

use crate::args::Args;
use crate::declare::Outputs;
use crate::documents;
use crate::error::Error;
use crate::plan::one_off::{Phase, TaskSpec};

/// The one-off tasks of a run.
#[derive(Debug, Default)]
pub struct OneOffTasks {
    /// In the given order.
    pub tasks: Vec<(Phase, TaskSpec)>,
    /// Identifies the tasks in a re-run. Empty outside CI; then only the revision and the command
    /// identify a task, so a task that succeeded on a revision does not run on it again.
    pub key: String,
    /// The container whose exit code is the result, if given.
    pub container: Option<String>,
    /// Maximum time for one task.
    pub timeout: Duration,
}

impl OneOffTasks {
    /// Reads the tasks from the flags.
    ///
    /// # Errors
    /// If a file cannot be read, or if a value has none of the accepted forms.
    pub fn load(args: &Args, outputs: Option<&Outputs>, step: &Step) -> Result<Self, Error> {
        let ignore = &args.target.ignore;
        let args = &args.deploy;
        let before = args
            .pre_deploy_task
            .iter()
            .map(|text| (Phase::Before, text));
        let after = args
            .post_deploy_task
            .iter()
            .map(|text| (Phase::After, text));
        let by_ci = || step.ci().job().run_id.clone();
        let tasks = before
            .chain(after)
            .map(|(phase, text)| Ok((phase, spec(phase, text, outputs, ignore, step)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            tasks,
            key: args.task_key.clone().or_else(by_ci).unwrap_or_default(),
            container: args.task_container.clone(),
            timeout: args.task_timeout,
        })
    }

    /// Whether there is a task for this phase.
    pub fn has(&self, phase: Phase) -> bool {
        self.of_phase(phase).next().is_some()
    }

    /// The tasks of one phase, in the given order.
    pub fn of_phase(&self, phase: Phase) -> impl Iterator<Item = &TaskSpec> {
        let tasks = self.tasks.iter().filter(move |(p, _)| *p == phase);
        tasks.map(|(_, spec)| spec)
    }
}

/// Parses a file with members of RunTask, a JSON list of words, or words as in a shell.
fn spec(
    phase: Phase,
    text: &str,
    outputs: Option<&Outputs>,
    ignore: &[LintCode],
    step: &Step,
) -> Result<TaskSpec, Error> {
    let wrong = |message: String| Error::Usage {
        message,
        hint: format!(
            "{} takes a command, a JSON list of words, or a file with members of RunTask",
            phase.flag()
        ),
    };
    let text = text.trim();
    if [".json", ".yaml", ".yml"]
        .iter()
        .any(|end| text.ends_with(end))
        && !text.contains(' ')
    {
        let (what, kind) = ("one-off task", DocumentKind::RunTask);
        let value = documents::filled(what, Path::new(text), kind, outputs, ignore, step)?;
        return match value {
            Value::Object(members) => Ok(TaskSpec::Members(members)),
            _ => Err(wrong(format!(
                "{text} is not an object with members of RunTask"
            ))),
        };
    }
    command_words(text).map(TaskSpec::Command).map_err(|bad| {
        wrong(match bad {
            BadCommand::NotAList { reason } => {
                format!("{text} is not a JSON list of words: {reason}")
            }
            BadCommand::OpenQuote => format!("{text} has an unclosed quote"),
            BadCommand::OpenEscape => format!("{text} ends with a single backslash"),
            BadCommand::Empty => format!("{} is empty", phase.flag()),
        })
    })
}
