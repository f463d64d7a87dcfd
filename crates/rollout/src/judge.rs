//! Derives the verdict from what was recorded.
//!
//! Decided here: the order. ECS's decision about our deployment comes first, then the limit of failed
//! tasks that the user set (`--fail-fast`), then the deadline. MODEL.md lists the transitions and
//! their sources. Never here: recording.

mod by_deployment;
mod by_service;
mod health;
mod next_reads;
mod refusal;
mod source;

pub use next_reads::{PendingReads, next_reads};

use std::num::NonZeroU32;

use ecs_model::ServiceDeploymentStatus;
use jiff::Timestamp;

use crate::facts::Facts;
use crate::question::Question;
use crate::timing::deadline;
use crate::verdict::{DecidedBy, EvidenceSource, Failed, Judgment, Outcome, Stopped, Verdict};
use source::judges_by_service;

/// The verdict at `now`, if there is one.
pub fn judge(facts: &Facts, question: &Question, now: Timestamp) -> Judgment {
    if let Some(refusal) = refusal::refusal(facts, question) {
        return Judgment::Refused(refusal);
    }
    let (by_ecs, evidence) = if judges_by_service(facts) {
        let by_ecs = recreated(facts).or_else(|| by_service::outcome(facts, question));
        (by_ecs, EvidenceSource::Service)
    } else {
        let by_ecs = by_deployment::outcome(facts, question).or_else(|| recreated(facts));
        (by_ecs, EvidenceSource::ServiceDeployment)
    };
    let decided = by_ecs
        .or_else(|| deleted(facts))
        .map(|outcome| (outcome, DecidedBy::Ecs))
        .or_else(|| fail_fast(facts, question))
        .or_else(|| time_is_up(facts, question, now));
    match decided {
        Some((outcome, decided_by)) => Judgment::Decided(Verdict {
            outcome,
            decided_by,
            evidence,
        }),
        None => Judgment::Waiting,
    }
}

/// Whether the service was deleted: it existed, and then it was missing for a while. A service that
/// was just created may be missing from an outdated read.
fn deleted(facts: &Facts) -> Option<Outcome> {
    facts.service()?;
    let confirmed = facts.service.gone?.is_confirmed();
    confirmed.then_some(Outcome::Stopped(Stopped::ServiceDeleted))
}

/// A service that was deleted and created again under its name has nothing of our deployment.
fn recreated(facts: &Facts) -> Option<Outcome> {
    let was_recreated = facts.service.was_recreated;
    was_recreated.then_some(Outcome::Stopped(Stopped::ServiceRecreated))
}

fn fail_fast(facts: &Facts, question: &Question) -> Option<(Outcome, DecidedBy)> {
    let limit: NonZeroU32 = question.fail_fast?;
    if facts.ever_healthy || ecs_has_decided(facts) {
        return None;
    }
    let stopped = facts.failed_tasks().count() as u32;
    (stopped >= limit.get()).then_some((
        Outcome::Failed(Failed::FailFast { stopped }),
        DecidedBy::FailFast(limit),
    ))
}

/// Whether ECS has decided against our deployment, or may have. Then only the details are missing,
/// and `--fail-fast` must not decide first.
fn ecs_has_decided(facts: &Facts) -> bool {
    if facts.service.gone.is_some() {
        return true;
    }
    if judges_by_service(facts) {
        return facts.service.lost.is_some() || facts.service.failed.is_some();
    }
    facts.service_deployment.as_ref().is_none_or(|d| {
        !matches!(
            d.status,
            ServiceDeploymentStatus::Pending
                | ServiceDeploymentStatus::InProgress
                | ServiceDeploymentStatus::Successful
                | ServiceDeploymentStatus::Other(_)
        )
    })
}

fn time_is_up(facts: &Facts, question: &Question, now: Timestamp) -> Option<(Outcome, DecidedBy)> {
    (now >= deadline(facts, question)).then(|| {
        let after = now.duration_since(facts.started);
        (Outcome::TimedOut(after), DecidedBy::Deadline)
    })
}
