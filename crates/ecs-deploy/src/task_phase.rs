//! Runs the one-off tasks of a phase, in the given order.

use serde_json::Value;

use crate::context::CommandContext;
use crate::error::Error;
use crate::one_off::{self, TaskContext};
use crate::plan::one_off::{OneOffTask, Phase, TaskSpec, default_container};
use crate::plan::service::ServicePlan;
use crate::report::ResultData;
use crate::request::DeployRequest;

/// Runs the tasks after the write. If nothing had to be written, an earlier attempt of this run may
/// have written it: then its tasks are completed.
pub async fn after(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    plan: &ServicePlan,
    arn: &str,
    data: &mut ResultData,
) -> Result<(), Error> {
    if request.one_off.tasks.is_empty() {
        return Ok(());
    }
    let has_after = request.one_off.has(Phase::After);
    if !(plan.deploys() || has_after && began(context, request, arn).await?) {
        context
            .step
            .info("no deployment is needed, so no one-off task runs");
        return Ok(());
    }
    if has_after {
        let live = context.describe_service().await?;
        run(context, request, Phase::After, arn, live.as_ref(), data).await?;
    }
    Ok(())
}

/// Whether ECS remembers a task of this run.
async fn began(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    arn: &str,
) -> Result<bool, Error> {
    let described = described(context, arn).await?;
    let revision = &described["taskDefinition"];
    let live = context.describe_service().await?;
    for (phase, spec) in &request.one_off.tasks {
        let one = one_off(request, *phase, spec, revision, arn, live.as_ref())?;
        let earlier = one_off::earlier(context, revision, &one.started_by()).await?;
        if !earlier.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn described(context: &CommandContext<'_>, arn: &str) -> Result<Value, Error> {
    let found = context.task_definition(arn).await?;
    found.ok_or_else(|| Error::NoRevision {
        name: arn.to_owned(),
    })
}

fn one_off<'a>(
    request: &'a DeployRequest,
    phase: Phase,
    spec: &'a TaskSpec,
    revision: &Value,
    arn: &'a str,
    live: Option<&Value>,
) -> Result<OneOffTask<'a>, Error> {
    Ok(OneOffTask {
        phase,
        spec,
        container: container(request, spec, revision, live)?,
        key: &request.one_off.key,
        revision: arn,
    })
}

/// Runs the tasks of a phase one after the other; the first failure ends the run.
pub async fn run(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    phase: Phase,
    arn: &str,
    live: Option<&Value>,
    data: &mut ResultData,
) -> Result<(), Error> {
    let described = described(context, arn).await?;
    let revision = &described["taskDefinition"];
    let tasks = TaskContext {
        context,
        declared: &request.service,
        live,
        revision,
        timeout: request.one_off.timeout,
    };
    for spec in request.one_off.of_phase(phase) {
        let one = one_off(request, phase, spec, revision, arn, live)?;
        let title = format!("{}: {}", phase.flag(), spec.command_line());
        let _group = context.step.group(&title);
        let done = one_off::run(&tasks, &one).await?;
        data.one_off_tasks.push(done);
        data.publish(context.step);
    }
    Ok(())
}

fn container(
    request: &DeployRequest,
    spec: &TaskSpec,
    revision: &Value,
    live: Option<&Value>,
) -> Result<String, Error> {
    let named = match spec {
        TaskSpec::Members(members) => members
            .get("overrides")
            .and_then(|o| o["containerOverrides"][0]["name"].as_str())
            .map(str::to_owned),
        TaskSpec::Command(_) => None,
    };
    let named = named.or_else(|| request.one_off.container.clone());
    let container = named.or_else(|| default_container(revision, &request.service, live));
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
            hint: "set --task-container to one of them".into(),
        }),
    }
}
