//! Deployments in progress: let go on, stopped, rolled back by ECS.

use ecs_client::{Steered, continue_deployment, rollback, stop as stop_deployment};
use ecs_model::{
    DeploymentRef, ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use pipeline_io::Done;

use super::Desk;
use crate::error::Error;
use crate::report::Data;

/// A deployment as it is now.
pub struct Found {
    pub handle: DeploymentRef,
    pub now: ServiceDeployment,
}

/// The deployment that is named, or the last one.
pub async fn find(
    desk: &Desk<'_>,
    handle: Option<DeploymentRef>,
    listed: &[ServiceDeploymentBrief],
) -> Result<Found, Error> {
    let mut handle = handle.unwrap_or_default();
    let ours = |l: &&ServiceDeploymentBrief| {
        let revision = l.target_service_revision_arn.as_deref();
        handle.name().is_none()
            || handle.is_service_deployment(&l.service_deployment_arn, revision, l.created_at)
    };
    let found = listed.iter().filter(ours).max_by_key(|l| l.created_at);
    if let Some(found) = found {
        handle.service_deployment_arn = Some(found.service_deployment_arn.clone());
        handle.service_revision_arn = found.target_service_revision_arn.clone();
        handle.created_at = found.created_at;
    }
    let none = || Error::NoDeployment {
        service: desk.service.service.clone(),
        which: handle.name().unwrap_or("any").to_owned(),
    };
    let arn = handle.service_deployment_arn.clone().ok_or_else(none)?;
    let now = desk.ask.reader.service_deployment(&arn).await?;
    let now = now.or_error()?.ok_or_else(none)?;
    Ok(Found { handle, now })
}

impl Found {
    /// The hook at which it stands until a person acts; `wanted` chooses among several.
    pub fn hook(&self, wanted: Option<&str>) -> Result<Option<String>, Error> {
        let waiting: Vec<&str> = self
            .now
            .lifecycle_hook_details
            .iter()
            .filter(|h| h.awaits_action())
            .filter_map(|h| h.hook_id.as_deref())
            .collect();
        match (wanted, waiting.as_slice()) {
            (_, []) => Ok(None),
            (Some(id), waiting) if waiting.contains(&id) => Ok(Some(id.to_owned())),
            (None, [one]) => Ok(Some((*one).to_owned())),
            _ => Err(Error::Usage {
                message: format!("the deployment is paused at {}", waiting.join(" and ")),
                hint: "--hook ID says which one is meant".into(),
            }),
        }
    }

    fn is_going_back(&self) -> bool {
        matches!(
            self.now.status,
            ServiceDeploymentStatus::StopRequested
                | ServiceDeploymentStatus::RollbackRequested
                | ServiceDeploymentStatus::RollbackInProgress
        )
    }

    /// Whether it still moves towards what it deploys.
    pub fn is_running(&self) -> bool {
        !self.now.status.is_final() && !self.is_going_back()
    }

    fn arn(&self) -> &str {
        self.handle.service_deployment_arn.as_deref().unwrap_or("")
    }

    fn said(&self) -> String {
        let name = self.handle.name().unwrap_or_default();
        format!("deployment {name} is {}", self.now.status.as_str())
    }
}

/// Lets a paused deployment go on. One that is not paused any more has been let go on already.
pub async fn go_on(
    desk: &Desk<'_>,
    handle: Option<DeploymentRef>,
    hook: Option<&str>,
) -> Result<Done, Error> {
    let listed = desk.ask.deployments(desk.step).await?;
    let found = find(desk, handle, &listed).await?;
    let data = data(desk, &found);
    let paused = found.hook(hook)?.filter(|_| !found.now.status.is_final());
    let Some(hook) = paused else {
        let said = format!("{}, and not paused", found.said());
        return Ok(desk.done(data, "unchanged", &said));
    };
    let arn = found.arn();
    if !desk.args.target.dry_run
        && continue_deployment(desk.ask.ecs(), arn, &hook).await? == Steered::NotNeeded
    {
        let said = format!("{}, and has gone on or ended meanwhile", found.said());
        return Ok(desk.done(data, "unchanged", &said));
    }
    Ok(desk.done(
        data,
        "continued",
        &format!("{} and goes on past {hook}", found.said()),
    ))
}

/// Stops a deployment where it is.
pub async fn stop(desk: &Desk<'_>, handle: Option<DeploymentRef>) -> Result<Done, Error> {
    let listed = desk.ask.deployments(desk.step).await?;
    let found = find(desk, handle, &listed).await?;
    let data = data(desk, &found);
    if !found.is_running() {
        let said = format!("{}: nothing to stop", found.said());
        return Ok(desk.done(data, "unchanged", &said));
    }
    if !desk.args.target.dry_run
        && stop_deployment(desk.ask.ecs(), found.arn()).await? == Steered::NotNeeded
    {
        return Ok(ended_meanwhile(desk, data, &found));
    }
    let said = format!("{}: ECS is asked to stop it (ABORT)", found.said());
    Ok(desk.done(data, "stop-requested", &said))
}

/// Has ECS take a deployment in progress back: at its hook if it is paused, else by stopping it.
pub async fn take_back(desk: &Desk<'_>, found: &Found) -> Result<Done, Error> {
    let data = data(desk, found);
    if !found.is_running() {
        let said = format!("{}: nothing to stop", found.said());
        return Ok(desk.done(data, "unchanged", &said));
    }
    // At several hooks none is meant: stopping it ends them all.
    let hook = found.hook(None).ok().flatten();
    if !desk.args.target.dry_run {
        let asked = rollback(desk.ask.ecs(), found.arn(), hook.as_deref()).await?;
        if asked == Steered::NotNeeded {
            return Ok(ended_meanwhile(desk, data, found));
        }
    }
    let said = match hook {
        Some(hook) => format!("{}: ECS is asked to roll it back from {hook}", found.said()),
        None => format!("{}: ECS is asked to stop it (ROLLBACK)", found.said()),
    };
    Ok(desk.done(data, "rollback-requested", &said))
}

fn ended_meanwhile(desk: &Desk<'_>, data: Data, found: &Found) -> Done {
    let said = format!("{}, and has ended meanwhile", found.said());
    desk.done(data, "unchanged", &said)
}

fn data(desk: &Desk<'_>, found: &Found) -> Data {
    let mut data = Data::of(&desk.service, &desk.ask.region);
    data.handle = Some(found.handle.clone());
    data
}
