//! The one-off tasks of a run: read from flags and files, keyed, and run in their order.

use std::path::Path;

use ecs_document::model::Kind;
use pipeline_io::Step;
use serde_json::Value;

use crate::args::DeployArgs;
use crate::declare::Outputs;
use crate::documents;
use crate::error::Error;
use crate::oneoff::{self, Place};
use crate::plan::oneoff::{Job, OneOff, Phase, default_container};
use crate::plan::service::ServicePlan;
use crate::report::Data;
use crate::run::Run;
use crate::wanted::Declared;

/// What the tasks of this run are keyed by. Without a CI run, revision and command are all there
/// is: what succeeded on a revision is not run on it again.
pub fn key(args: &DeployArgs, step: &Step) -> String {
    let by_ci = || step.ci().job().run_id.clone();
    args.run_key.clone().or_else(by_ci).unwrap_or_default()
}

/// Reads the tasks that the flags ask for.
pub fn read(
    args: &DeployArgs,
    outputs: &Option<Outputs>,
    step: &Step,
) -> Result<Vec<(Phase, Job)>, Error> {
    let before = args.run_before.iter().map(|text| (Phase::Before, text));
    let after = args.run_after.iter().map(|text| (Phase::After, text));
    before
        .chain(after)
        .map(|(phase, text)| Ok((phase, job(phase, text, outputs, step)?)))
        .collect()
}

/// A file of RunTask's members, a JSON list of words, or words as a shell splits them.
fn job(phase: Phase, text: &str, outputs: &Option<Outputs>, step: &Step) -> Result<Job, Error> {
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
        let value =
            documents::filled(what, Path::new(text), Kind::RunTask, outputs.as_ref(), step)?;
        return match value {
            Value::Object(members) => Ok(Job::Members(members)),
            _ => Err(wrong(format!("{text} is no object of RunTask's members"))),
        };
    }
    let words = if text.starts_with('[') {
        serde_json::from_str(text)
            .map_err(|e| wrong(format!("{text} is no JSON list of words: {e}")))?
    } else {
        shlex::split(text).ok_or_else(|| wrong(format!("{text} has an open quote")))?
    };
    match words.is_empty() {
        true => Err(wrong(format!("{} names no command", phase.flag()))),
        false => Ok(Job::Command(words)),
    }
}

impl Declared {
    /// Whether there is a task for this phase.
    pub fn has(&self, phase: Phase) -> bool {
        self.jobs.iter().any(|(p, _)| *p == phase)
    }
}

/// Runs the tasks that come after the service was written. Where nothing had to be written, an
/// earlier attempt of this very run may have done it: what it began is brought to its end.
pub async fn after(
    run: &Run<'_>,
    plan: &ServicePlan,
    arn: &str,
    data: &mut Data,
) -> Result<(), Error> {
    let declared = run.declared;
    if declared.jobs.is_empty() {
        return Ok(());
    }
    let has_after = declared.has(Phase::After);
    if !(plan.deploys() || has_after && began(run, arn).await?) {
        run.step
            .note("nothing is deployed, so no one-off task is run");
        return Ok(());
    }
    if has_after {
        let live = run.ask.service().await?;
        self::run(run, Phase::After, arn, live.as_ref(), data).await?;
    }
    Ok(())
}

/// Whether ECS remembers a task of this run.
async fn began(run: &Run<'_>, arn: &str) -> Result<bool, Error> {
    let described = described(run, arn).await?;
    let revision = &described["taskDefinition"];
    let live = run.ask.service().await?;
    for (phase, job) in &run.declared.jobs {
        let one = one_off(run, *phase, job, revision, arn, live.as_ref())?;
        if !oneoff::earlier(run.ask, revision, &one.name())
            .await?
            .is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn described(run: &Run<'_>, arn: &str) -> Result<Value, Error> {
    let none = || Error::NoRevision {
        name: arn.to_owned(),
    };
    run.ask.revision(arn).await?.ok_or_else(none)
}

fn one_off<'a>(
    run: &'a Run<'_>,
    phase: Phase,
    job: &'a Job,
    revision: &Value,
    arn: &'a str,
    live: Option<&Value>,
) -> Result<OneOff<'a>, Error> {
    Ok(OneOff {
        phase,
        job,
        container: container(run, job, revision, live)?,
        key: &run.declared.key,
        revision: arn,
    })
}

/// Runs the tasks of a phase on a revision, one after the other; the first failure ends the run.
pub async fn run(
    run: &Run<'_>,
    phase: Phase,
    arn: &str,
    live: Option<&Value>,
    data: &mut Data,
) -> Result<(), Error> {
    let declared = run.declared;
    let described = described(run, arn).await?;
    let revision = &described["taskDefinition"];
    let service = &declared.declaration.service;
    let place = Place {
        ask: run.ask,
        session: run.session,
        declared: service,
        live,
        revision,
        timeout: run.args.deploy.run_timeout,
        step: run.step,
    };
    for job in oneoff::of_phase(&declared.jobs, phase) {
        let one = one_off(run, phase, job, revision, arn, live)?;
        let _group = run.step.group(&format!("{}: {}", phase.flag(), job.said()));
        let done = oneoff::run(&place, &one).await?;
        data.tasks.push(done);
        data.leave(run.step);
    }
    Ok(())
}

fn container(
    run: &Run<'_>,
    job: &Job,
    revision: &Value,
    live: Option<&Value>,
) -> Result<String, Error> {
    let named = match job {
        Job::Members(members) => members
            .get("overrides")
            .and_then(|o| o["containerOverrides"][0]["name"].as_str())
            .map(str::to_owned),
        Job::Command(_) => None,
    };
    let named = named.or_else(|| run.args.deploy.run_container.clone());
    let service = &run.declared.declaration.service;
    let container = named.or_else(|| default_container(revision, service, live));
    let names: Vec<&str> = revision["containerDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| c["name"].as_str())
        .collect();
    match container {
        Some(name) if names.contains(&name.as_str()) => Ok(name),
        other => Err(Error::Usage {
            message: format!(
                "the task definition has no container {}; it has {}",
                other.unwrap_or_else(|| "to run a command in".into()),
                names.join(", ")
            ),
            hint: "--run-container names the container".into(),
        }),
    }
}
