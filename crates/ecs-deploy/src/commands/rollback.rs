//! `rollback`: returns to the last successful deployment. ECS itself rolls back a deployment in
//! progress. If the deployment has ended, the earlier revision, which stays registered, is deployed
//! again.

use ecs_client::{SteerOutcome, rollback};
use ecs_model::{DeploymentRef, family_of, short_name};
use pipeline_io::Done;
use serde_json::Value;

use super::deploy;
use super::found_deployment::FoundDeployment;
use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::LiveService;
use crate::plan::revision::RegisteredRevision;
use crate::plan::rollback_target::{RollbackTarget, definition, rollback_target};
use crate::request::{DeployRequest, OneOffTasks, RollbackRequest, TaskDefinitionRef};

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
    let (mut unread, mut lost) = (0, Vec::new());
    for arn in candidates {
        let Some(revision) = context.service_revision(&arn).await? else {
            unread += 1;
            continue;
        };
        let Some(target) = Target::of(context, &revision, &service) else {
            continue;
        };
        let to = short_name(&target.task_definition).to_owned();
        let Some(task_definition) = target.task_definition_ref(context).await? else {
            context
                .step
                .info(format!("task definition {to} does not exist any more"));
            lost.push(to);
            continue;
        };
        context
            .step
            .info(format!("rolling back to {to}, which was deployed as {arn}"));
        let request = DeployRequest {
            service: target.service,
            can_create: false,
            task_definition,
            one_off: OneOffTasks::default(),
            options: request.options,
        };
        return deploy::run(context, &request).await;
    }
    Err(no_success(match (unread, lost.as_slice()) {
        (0, []) => "no earlier deployment with another configuration succeeded".into(),
        (0, lost) => format!("{} cannot be deployed any more", lost.join(", ")),
        (n, _) => format!("{n} service revisions cannot be read (ecs:DescribeServiceRevisions)"),
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

/// A successful deployment that differs from the live service.
struct Target {
    service: ServiceDeclaration,
    /// The ARN of its task definition.
    task_definition: String,
    /// Whether the service already runs this task definition.
    is_running: bool,
}

impl Target {
    /// The configuration in a service revision; `None` if the live service already matches it.
    fn of(context: &CommandContext<'_>, revision: &Value, live: &Value) -> Option<Self> {
        let task_definition = revision["taskDefinition"].as_str()?;
        let service = ServiceDeclaration {
            cluster: context.cluster.clone(),
            service: context.service.clone(),
            definition: definition(revision, live),
        };
        let is_running = live["taskDefinition"] == task_definition;
        let live = LiveService {
            service: live,
            revision: None,
        };
        let changes = live.changes(&service, Some(task_definition));
        (!changes.is_empty()).then(|| Self {
            service,
            task_definition: task_definition.to_owned(),
            is_running,
        })
    }

    /// What to deploy. ECS does not update a service to a deregistered revision, so a copy of it is
    /// registered. `None` if ECS does not know the revision any more.
    async fn task_definition_ref(
        &self,
        context: &CommandContext<'_>,
    ) -> Result<Option<TaskDefinitionRef>, Error> {
        if self.is_running {
            return Ok(Some(TaskDefinitionRef::Kept));
        }
        let name = &self.task_definition;
        let Some(described) = context.task_definition(name).await? else {
            return Ok(None);
        };
        let revision = RegisteredRevision(&described);
        if revision.is_active() {
            return Ok(Some(TaskDefinitionRef::Registered(name.clone())));
        }
        context.step.info(format!(
            "{} is deregistered, so a copy of it is deployed",
            short_name(name)
        ));
        Ok(Some(TaskDefinitionRef::Document {
            value: revision.document(),
            family: family_of(name).to_owned(),
        }))
    }
}
