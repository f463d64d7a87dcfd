//! Services in which tasks are replaced all the time: spot interruptions, availability zone
//! rebalancing, scaling in.
//!
//! Such a service may never have all tasks healthy at one time. It is healthy if as many tasks as
//! required were seen healthy since the deployment ended, almost all of them are healthy now, and
//! nothing is unhealthy.

use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;
use crate::tally::{Tally, TaskState};
use crate::verdict::ProofGap;

/// How long all tasks are expected to be healthy at one time, before replacements are accepted.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// Whether only replaced tasks are missing.
pub(super) fn explains(
    facts: &Facts,
    tally: &Tally<'_>,
    since: Timestamp,
    required: u32,
    healthy: u32,
) -> bool {
    let listed = facts.current_tasks.as_ref().map(|list| list.span.sent);
    let is_patient = listed.is_some_and(|at| at.duration_since(since) >= PATIENCE);
    is_patient
        && required.saturating_sub(healthy) <= tolerated(required)
        && seen_healthy(facts, since) >= required as usize
        && is_served(facts, since, required)
        && !tally.tasks.iter().any(TaskState::is_unhealthy)
        && !has_failed_since_end(facts)
}

/// How many tasks of a healthy service may be missing at one time: every tenth, and one of three.
fn tolerated(required: u32) -> u32 {
    (required / 10).max(u32::from(required >= 3))
}

fn seen_healthy(facts: &Facts, since: Timestamp) -> usize {
    let healthy = facts.last_healthy.values();
    healthy.filter(|at| **at >= since).count()
}

/// Whether as many instances as tasks were healthy since the end, and none is unhealthy. Targets that
/// can be matched to tasks count with their tasks.
fn is_served(facts: &Facts, since: Timestamp, required: u32) -> bool {
    if facts.proof_gap() != Some(ProofGap::TargetsAreInstances) {
        return true;
    }
    let seen = facts.last_healthy_targets.values();
    seen.filter(|at| **at >= since).count() >= required as usize && !facts.has_refused_targets()
}

/// Whether a task of ours failed after ECS had completed the deployment, by AWS's clock.
fn has_failed_since_end(facts: &Facts) -> bool {
    let deployment = facts.service_deployment.as_ref();
    let end = deployment.and_then(|deployment| deployment.finished_at);
    facts
        .failed_tasks()
        .any(|task| match (task.stopped_at.or(task.stopping_at), end) {
            (Some(stopped), Some(end)) => stopped >= end,
            _ => true,
        })
}
