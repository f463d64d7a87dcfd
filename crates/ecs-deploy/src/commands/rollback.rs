//! `rollback`: returns to the last successful deployment. ECS itself rolls back a deployment in
//! progress. If the deployment has ended, the earlier revision, which stays registered, is deployed
//! again.

use ecs_client::{SteerOutcome, rollback};
use ecs_model::{DeploymentRef, short_name};
use pipeline_io::Done;
use serde_json::Value;

use super::deploy;
use super::found_deployment::FoundDeployment;
use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::LiveService;
use crate::plan::rollback_target::{RollbackTarget, definition, rollback_target};
use crate::request::{
    DeployOptions, DeployRequest, OneOffTasks, RollbackRequest, TaskDefinitionRef,
};

pub async fn run(context: &CommandContext<'_>, request: RollbackRequest) -> Result<Done, Error> {
    let (service, listed) = tokio::try_join!(context.describe_service(), context.deployments())?;
    let Some(service) = service.filter(|s| s["status"] == "ACTIVE") else {
        return Err(context.no_service());
    };
    let no_success = |why: String| Error::NoRollbackTarget {
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
    let candidates = match rollback_target(&listed, &primary) {
        RollbackTarget::Revisions(candidates) => candidates,
        RollbackTarget::AlreadyBack => {
            let mut data = context.data();
            data.deployment = Some(primary);
            let sentence = format!(
                "service {} already runs its last successful deployment: ECS has rolled back",
                context.service
            );
            return Ok(context.done(data, "unchanged", &sentence));
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
                "rolling back to {}, which was deployed as {arn}",
                short_name(to)
            ));
            return deploy::run(context, &request).await;
        }
    }
    Err(no_success(match unread {
        0 => "no earlier deployment with another configuration succeeded".into(),
        n => format!("{n} service revisions cannot be read (ecs:DescribeServiceRevisions)"),
    }))
}

/// Requests a rollback of a deployment in progress: at its hook if it is paused, otherwise by
/// stopping it.
async fn in_progress(context: &CommandContext<'_>, found: &FoundDeployment) -> Result<Done, Error> {
    if !found.is_running() {
        return Ok(found.nothing_to_stop(context));
    }
    // If it is paused at several hooks, no single one is meant; stopping the deployment ends all of
    // them.
    let hook = found.hook(None).ok().flatten();
    if !context.dry_run {
        let asked = rollback(context.ecs(), found.arn(), hook.as_deref()).await?;
        if asked == SteerOutcome::NotNeeded {
            return Ok(found.ended_meanwhile(context));
        }
    }
    let sentence = match hook {
        Some(hook) => format!("{}: requested its rollback at {hook}", found.description()),
        None => format!("{}: requested its rollback", found.description()),
    };
    Ok(context.done(found.data(context), "rollback-requested", &sentence))
}

/// The request that deploys the service revision, or `None` if the service already matches it.
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
    let live = LiveService {
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
