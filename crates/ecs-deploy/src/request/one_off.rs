//! The one-off tasks that flags and files ask for, and the key by which a rerun finds them again.

use std::path::Path;
use std::time::Duration;

use ecs_document::edits::{BadCommand, command_words};
use ecs_document::model::DocumentKind;
use pipeline_io::Step;
use serde_json::Value;

use crate::args::DeployArgs;
use crate::declare::Outputs;
use crate::documents;
use crate::error::Error;
use crate::plan::oneoff::{Job, Phase};

/// The one-off tasks of a run.
#[derive(Debug, Default)]
pub struct OneOffTasks {
    /// In the order they are given.
    pub jobs: Vec<(Phase, Job)>,
    /// What they are found again by. Without a CI run it is empty, and revision and command are all
    /// there is: what succeeded on a revision is not run on it again.
    pub key: String,
    /// The container whose exit code counts, if it is named.
    pub container: Option<String>,
    /// How long each may take.
    pub timeout: Duration,
}

impl OneOffTasks {
    /// Reads the tasks that the flags ask for.
    ///
    /// # Errors
    /// If a file cannot be read, or if a text is none of the forms that the flags take.
    pub fn load(args: &DeployArgs, outputs: Option<&Outputs>, step: &Step) -> Result<Self, Error> {
        let before = args
            .pre_deploy_task
            .iter()
            .map(|text| (Phase::Before, text));
        let after = args
            .post_deploy_task
            .iter()
            .map(|text| (Phase::After, text));
        let by_ci = || step.ci().job().run_id.clone();
        let jobs = before
            .chain(after)
            .map(|(phase, text)| Ok((phase, job(phase, text, outputs, step)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            jobs,
            key: args.task_key.clone().or_else(by_ci).unwrap_or_default(),
            container: args.task_container.clone(),
            timeout: args.task_timeout,
        })
    }

    /// Whether there is a task for this phase.
    pub fn has(&self, phase: Phase) -> bool {
        self.of_phase(phase).next().is_some()
    }

    /// The tasks of one phase, in their order.
    pub fn of_phase(&self, phase: Phase) -> impl Iterator<Item = &Job> {
        let jobs = self.jobs.iter().filter(move |(p, _)| *p == phase);
        jobs.map(|(_, job)| job)
    }
}

/// A file of RunTask's members, a JSON list of words, or words as a shell splits them.
fn job(phase: Phase, text: &str, outputs: Option<&Outputs>, step: &Step) -> Result<Job, Error> {
    let wrong = |message: String| Error::Usage {
        message,
        hint: format!(
            "{} takes a command, a JSON list of words, or a file of RunTask's members",
            phase.flag()
        ),
    };
    let text = text.trim();
    if [".json", ".yaml", ".yml"]
        .iter()
        .any(|end| text.ends_with(end))
        && !text.contains(' ')
    {
        let what = "one-off task";
        let value = documents::filled(what, Path::new(text), DocumentKind::RunTask, outputs, step)?;
        return match value {
            Value::Object(members) => Ok(Job::Members(members)),
            _ => Err(wrong(format!("{text} is no object of RunTask's members"))),
        };
    }
    command_words(text).map(Job::Command).map_err(|bad| {
        wrong(match bad {
            BadCommand::NotAList { reason } => {
                format!("{text} is not a JSON list of words: {reason}")
            }
            BadCommand::OpenQuote => format!("{text} has an open quote"),
            BadCommand::OpenEscape => format!("{text} ends with a backslash that escapes nothing"),
            BadCommand::Empty => format!("{} names no command", phase.flag()),
        })
    })
}
