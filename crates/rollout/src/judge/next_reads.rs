//! What must be read next for a verdict.

use super::by_deployment::{has_successor, needs_successor};
use super::source::{judges_by_service, succeeded};
use crate::facts::Facts;

/// What the verdict waits for. The caller reads these now, and everything else at its own pace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingReads {
    pub listing: bool,
    pub service: bool,
    /// Tasks, and the health of their targets.
    pub tasks: bool,
    /// ARN of the revision whose load balancers are not known yet.
    pub revision: Option<String>,
    /// ARN of the task definition whose health checks are not known yet.
    pub task_definition: Option<String>,
}

/// What must be read now to reach a verdict.
pub fn next_reads(facts: &Facts) -> PendingReads {
    let ours = facts.deployment_ref.as_ref();
    let deployment = facts.service_deployment.as_ref();
    let ended_otherwise = deployment.is_some_and(needs_successor);
    // Only the proof that the tasks are healthy is missing.
    let is_proving = succeeded(facts).is_some();
    let has_load_balancers = facts
        .service()
        .is_some_and(|s| !s.load_balancers.is_empty());
    let revision = facts.revision.as_ref();
    let unresolved = revision.is_none_or(|r| r.resolved_configuration.is_none());
    let definition = revision
        .and_then(|r| r.task_definition.clone())
        .or_else(|| ours?.task_definition_arn.clone());
    PendingReads {
        listing: !facts.listing.denied
            && ours.is_some()
            && (facts.service_deployment_arn().is_none()
                || ended_otherwise
                || (is_proving && has_successor(facts))
                // One list is enough to know how long earlier deployments took.
                || (deployment.is_some() && facts.listing.first.is_none())),
        service: facts.service().is_none()
            || judges_by_service(facts)
            || ended_otherwise
            || facts.service.gone.is_some()
            || is_proving,
        tasks: is_proving,
        revision: ours
            .and_then(|ours| ours.service_revision_arn.clone())
            .filter(|_| has_load_balancers && unresolved && !facts.revision_denied),
        task_definition: definition.filter(|_| !facts.has_read_task_definition()),
    }
}
