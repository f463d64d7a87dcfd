//! Chooses the source of the verdict: the service deployment, or the service alone.

use ecs_model::ServiceDeploymentStatus;
use jiff::SignedDuration;

use crate::facts::{DeploymentEnd, Facts};

/// How long our deployment may be missing from the lists before the service itself is judged.
const UNLISTED_FOR: SignedDuration = SignedDuration::from_secs(15);

/// How many lists must lack it for that.
const UNLISTED_READS: u32 = 3;

/// Whether the classic deployments of the service are judged, because service deployments cannot be
/// read or do not contain ours.
pub(super) fn judges_by_service(facts: &Facts) -> bool {
    if facts.service_deployment.is_some() {
        return false;
    }
    let listing = &facts.listing;
    let unlisted = match (listing.first, facts.service.seen) {
        (Some(first), Some(service)) => {
            listing.reads >= UNLISTED_READS && service.last.duration_since(first) >= UNLISTED_FOR
        }
        _ => false,
    };
    // After a rollback, the current deployment is an old one whose service deployment is forgotten.
    let is_old = facts.is_current && facts.service.completed.is_some() && listing.first.is_some();
    listing.denied || ((unlisted || is_old) && facts.service_deployment_arn().is_none())
}

/// When our deployment was first seen to be completed, by the source that is judged.
pub(super) fn succeeded(facts: &Facts) -> Option<DeploymentEnd> {
    if judges_by_service(facts) {
        return facts.service.completed;
    }
    let deployment = facts.service_deployment.as_ref()?;
    let is_done = deployment.status == ServiceDeploymentStatus::Successful;
    facts.end.filter(|_| is_done)
}
