//! Back to the last deployment that succeeded. What is in progress is taken back by ECS itself;
//! what has ended is followed by a new deployment of the earlier revision, which stays registered.

use ecs_client::{Steered, rollback};
use ecs_model::{DeploymentRef, short_name};
use pipeline_io::Done;
use serde_json::Value;

use super::deploy;
use super::found_deployment::FoundDeployment;
use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::Live;
use crate::plan::rollback_target::{Undo, definition, undo};
use crate::request::{
    DeployOptions, DeployRequest, OneOffTasks, RollbackRequest, TaskDefinitionRef,
};

pub async fn run(context: &CommandContext<'_>, request: RollbackRequest) -> Result<Done, Error> {
    let (service, listed) = tokio::try_join!(context.describe_service(), context.deployments())?;
    let Some(service) = service.filter(|s| s["status"] == "ACTIVE") else {
        return Err(context.no_service());
    };
    let no_success = |why: String| Error::NoSuccess {
        service: context.service.clone(),
        why,
    };
    if listed.is_empty() {
        return Err(no_success("its deployments cannot be listed".into()));
    }
    let is_named = request.deployment.is_some();
    let found = FoundDeployment::find(context, request.deployment, &listed).await?;
    if !found.now.status.is_final() {
        return in_progress(context, &found).await;
    }
    if is_named {
        let newest = FoundDeployment::find(context, None, &listed).await?;
        if newest.arn() != found.arn() {
            return Err(Error::NotLast {
                given: found.name().to_owned(),
                last: newest.name().to_owned(),
            });
        }
    }
    let primary = DeploymentRef::from_write(&service).unwrap_or_default();
    let candidates = match undo(&listed, &primary) {
        Undo::To(candidates) => candidates,
        Undo::IsBack => {
            let mut data = context.data();
            data.deployment = Some(primary);
            let said = format!(
                "service {} runs its last successful deployment already: ECS has rolled back",
                context.service
            );
            return Ok(context.done(data, "unchanged", &said));
        }
    };
    let mut unread = 0;
    for arn in candidates {
        let Some(revision) = context.service_revision(&arn).await? else {
            unread += 1;
            continue;
        };
        if let Some(request) = differing(context, &request.options, &revision, &service) {
            let to = revision["taskDefinition"].as_str().unwrap_or_default();
            context.step.info(format!(
                "going back to {}, which was deployed as {arn}",
                short_name(to)
            ));
            return deploy::run(context, &request).await;
        }
    }
    Err(no_success(match unread {
        0 => "no earlier deployment of something else succeeded".into(),
        n => format!("{n} service revisions cannot be read (ecs:DescribeServiceRevisions)"),
    }))
}

/// Has ECS roll back a deployment in progress: at its hook if it is paused, else by stopping it.
async fn in_progress(context: &CommandContext<'_>, found: &FoundDeployment) -> Result<Done, Error> {
    if !found.is_running() {
        return Ok(found.nothing_to_stop(context));
    }
    // At several hooks none is meant: stopping the deployment ends them all.
    let hook = found.hook(None).ok().flatten();
    if !context.dry_run {
        let asked = rollback(context.ecs(), found.arn(), hook.as_deref()).await?;
        if asked == Steered::NotNeeded {
            return Ok(found.ended_meanwhile(context));
        }
    }
    let said = match hook {
        Some(hook) => format!("{}: ECS is asked to roll it back from {hook}", found.said()),
        None => format!("{}: ECS is asked to stop it (ROLLBACK)", found.said()),
    };
    Ok(context.done(found.data(context), "rollback-requested", &said))
}

/// A deployment of the service revision, if the service is not that already.
fn differing(
    context: &CommandContext<'_>,
    options: &DeployOptions,
    revision: &Value,
    service: &Value,
) -> Option<DeployRequest> {
    let task_definition = revision["taskDefinition"].as_str()?;
    let declared = ServiceDeclaration {
        cluster: context.cluster.clone(),
        service: context.service.clone(),
        definition: definition(revision, service),
    };
    let live = Live {
        service,
        revision: None,
    };
    let changes = live.changes(&declared, Some(task_definition));
    (!changes.is_empty()).then(|| DeployRequest {
        service: declared,
        can_create: false,
        task_definition: TaskDefinitionRef::Registered(task_definition.to_owned()),
        one_off: OneOffTasks::default(),
        options: options.clone(),
    })
}
