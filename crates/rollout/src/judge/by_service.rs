//! Judges by the classic deployments of the service, if service deployments cannot be read.
//!
//! They show less. A finished rollback looks like a deployment of the old revision, unless an event
//! or a state shows that ours failed. A missing deployment may be an outdated read. So absence alone
//! decides nothing, and is never a success.

use ecs_model::{Deployment, RolloutState, Service};

use super::health::{Evidence, evidence};
use crate::facts::{DeploymentEnd, Facts};
use crate::question::{Question, Until};
use crate::verdict::{Failed, Outcome, RolledBack, Successor, Superseded};

pub(super) fn outcome(facts: &Facts, question: &Question) -> Option<Outcome> {
    let service = facts.service()?;
    if let Some(end) = facts.service.completed {
        return completed(facts, question.until, end);
    }
    let lost = lost_to(facts, service);
    if let Some(failed) = facts.service.failed {
        return match lost {
            Some(primary) => failed_and_lost(facts, question, service, primary),
            // ECS rolls back at once if it can. If ours remains PRIMARY for a while, it cannot.
            None if service.deployment_configuration.rolls_back() && !failed.is_confirmed() => None,
            None => Some(Outcome::Failed(failed_how(facts, service))),
        };
    }
    if lost.is_some() {
        let primary = is_lost(facts)?;
        return Some(Outcome::Superseded(superseded(facts, primary, false)));
    }
    match question.until {
        Until::Running | Until::Healthy => evidence(facts, question.until, None, None)
            .of_tasks()
            .map(|proof| Outcome::Reached(question.until, proof)),
        Until::Completed | Until::Stage(_) => None,
    }
}

fn completed(facts: &Facts, until: Until, end: DeploymentEnd) -> Option<Outcome> {
    match (until, evidence(facts, until, Some(end.at), end.requested)) {
        (Until::Completed, Evidence::Enough(proof)) => Some(Outcome::Succeeded(proof)),
        (_, Evidence::Enough(proof)) => Some(Outcome::Reached(until, proof)),
        (_, Evidence::Unknown) => None,
        (_, Evidence::TooFew) => {
            let lost = is_lost(facts)?;
            Some(Outcome::Superseded(superseded(facts, lost, true)))
        }
    }
}

/// The deployment that is PRIMARY instead of ours in the newest read.
fn lost_to<'a>(facts: &Facts, service: &'a Service) -> Option<&'a Deployment> {
    let ours = facts.deployment_ref.as_ref()?;
    facts.service.lost?;
    service.primary().filter(|p| !ours.is_deployment(&p.id))
}

/// The same, once a second read has confirmed it.
fn is_lost(facts: &Facts) -> Option<&Deployment> {
    let twice = facts.service.lost?.count >= 2;
    lost_to(facts, facts.service()?).filter(|_| twice)
}

/// Whether a deployment is earlier than ours. ECS sets a new creation time when it rolls back to a
/// deployment, so the time alone is not enough; emulators keep the old time.
fn is_earlier(facts: &Facts, other: &Deployment) -> bool {
    let ours = facts.written_at();
    let is_older = match (other.created_at, ours) {
        (Some(theirs), Some(ours)) => theirs < ours,
        _ => false,
    };
    is_older || facts.service.before.contains(&other.id)
}

/// How our deployment failed, if ECS did not roll back.
fn failed_how(facts: &Facts, service: &Service) -> Failed {
    let reason = facts.service.failure_reason.clone();
    match &reason {
        // With something to roll back to, ECS would have done so.
        _ if service.deployment_configuration.rolls_back() => Failed::First { reason },
        Some(text) if text.contains("alarm") => Failed::Alarm {
            names: Vec::new(),
            reason,
        },
        _ => Failed::Breaker { reason },
    }
}

/// Our deployment failed and another one is PRIMARY. Either ECS rolled back, or it left the service
/// as it was and a new deployment was started.
fn failed_and_lost(
    facts: &Facts,
    question: &Question,
    service: &Service,
    primary: &Deployment,
) -> Option<Outcome> {
    // A configured rollback may not have happened: a first deployment has nothing to roll back to,
    // and then the PRIMARY deployment is a new one.
    let rolls_back = (is_earlier(facts, primary) && service.deployment_configuration.rolls_back())
        || primary.is_rollback_target()
        || service.events.iter().any(|e| {
            let target = format!("rolling back to deployment {}", primary.id);
            e.message.contains(&target)
        });
    if !rolls_back {
        return Some(Outcome::Failed(failed_how(facts, service)));
    }
    let finished = primary.rollout_state == Some(RolloutState::Completed);
    (finished || !question.until_rolled_back).then(|| {
        Outcome::RolledBack(RolledBack {
            finished,
            to: Some(primary.id.clone()),
            reason: facts.service.failure_reason.clone(),
        })
    })
}

/// The deployment that replaced ours, and whether this may have been a rollback: an earlier
/// deployment is PRIMARY again, or it is the target of a rollback, or the events do not reach back
/// far enough to show that ours did not fail.
fn superseded(facts: &Facts, primary: &Deployment, after_success: bool) -> Superseded {
    let events = facts.service().map_or(&[][..], |s| &s.events);
    let ours = facts.written_at();
    let events_are_complete = events.len() < 100
        || events
            .iter()
            .any(|e| e.created_at.is_some() && e.created_at < ours);
    Superseded {
        by: Some(Successor {
            service_deployment_arn: None,
            revision: Some(primary.id.clone()),
            task_definition: primary.task_definition.clone(),
        }),
        or_rolled_back: !after_success
            && (is_earlier(facts, primary) || primary.is_rollback_target() || !events_are_complete),
        after_success,
    }
}
