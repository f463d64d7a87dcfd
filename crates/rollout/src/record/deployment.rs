//! Records our service deployment and the lists of service deployments.

use ecs_model::{ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus};
use jiff::Timestamp;

use crate::facts::{DeploymentEnd, Facts};
use crate::sightings::Sightings;

pub(super) fn record(facts: &mut Facts, at: Timestamp, seen: ServiceDeployment) {
    if let Some(ours) = &mut facts.deployment_ref {
        ours.service_deployment_arn = Some(seen.service_deployment_arn.clone());
        if let (None, Some(arn)) = (
            &ours.service_revision_arn,
            &seen.target_service_revision.arn,
        ) {
            ours.service_revision_arn = Some(arn.clone());
            ours.join();
        }
        if ours.created_at.is_none() {
            ours.created_at = seen.created_at;
        }
    }
    let is_newer = facts.service_deployment.as_ref().is_none_or(|known| {
        let order = |d: &ServiceDeployment| (d.status.rank(), d.updated_at);
        order(&seen) >= order(known)
    });
    if !is_newer {
        return;
    }
    if seen.status == ServiceDeploymentStatus::InProgress
        && seen.deployment_circuit_breaker.has_triggered()
    {
        Sightings::add(&mut facts.breaker_triggered, at);
    }
    if facts.end.is_none()
        && (seen.status.is_final() || seen.status == ServiceDeploymentStatus::StopRequested)
    {
        facts.end = Some(DeploymentEnd {
            at,
            requested: seen.target_service_revision.requested_task_count,
        });
    }
    facts.service_deployment = Some(seen);
}

pub(super) fn record_listing(
    facts: &mut Facts,
    at: Timestamp,
    listed: Vec<ServiceDeploymentBrief>,
) {
    let listing = &mut facts.listing;
    listing.first.get_or_insert(at);
    listing.reads += 1;
    if facts.end.is_some_and(|end| end.at <= at) {
        Sightings::add(&mut listing.since_end, at);
    }
    for entry in listed {
        listing
            .known
            .insert(entry.service_deployment_arn.clone(), entry);
    }
    let Some(deployment) = &mut facts.deployment_ref else {
        return;
    };
    if deployment.service_deployment_arn.is_some() {
        return;
    }
    let ours = listing
        .known
        .values()
        .filter(|l| {
            deployment.is_service_deployment(
                &l.service_deployment_arn,
                l.target_service_revision_arn.as_deref(),
                l.created_at,
            )
        })
        .reduce(|a, b| {
            // If our revision was deployed several times, ours is the first one after our write. If
            // the time of our write is not known, it is the newest one.
            let a_is_ours = (a.created_at < b.created_at) == deployment.created_at.is_some();
            if a_is_ours { a } else { b }
        });
    if let Some(ours) = ours {
        deployment.service_deployment_arn = Some(ours.service_deployment_arn.clone());
        if deployment.service_revision_arn.is_none() {
            deployment.service_revision_arn = ours.target_service_revision_arn.clone();
        }
    }
}
