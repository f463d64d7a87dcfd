//! Judges by the service deployment, which contains ECS's own decision.

use ecs_model::{ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus, ecs_svc_id};
use jiff::{SignedDuration, Timestamp};

use super::health::{Evidence, evidence};
use super::source::succeeded;
use crate::facts::Facts;
use crate::question::{Question, Until};
use crate::sightings::CONFIRMED_AFTER;
use crate::verdict::{Failed, Outcome, Proof, RolledBack, Stopped, Successor, Superseded};

/// ECS stops a deployment shortly after it has created its successor (0.3 s in
/// kayac/ecspresso#899). A deployment that was created later than this did not replace ours.
const SUCCESSOR_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// ECS starts a rollback some seconds after the circuit breaker has triggered, if it can.
const NO_ROLLBACK_AFTER: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn outcome(facts: &Facts, question: &Question) -> Option<Outcome> {
    let deployment = facts.service_deployment.as_ref()?;
    match deployment.status {
        ServiceDeploymentStatus::Successful => success(facts, question),
        ServiceDeploymentStatus::RollbackRequested
        | ServiceDeploymentStatus::RollbackInProgress => rollback(question, deployment),
        ServiceDeploymentStatus::RollbackSuccessful => {
            Some(Outcome::RolledBack(rolled_back(deployment, true)))
        }
        ServiceDeploymentStatus::RollbackFailed => {
            let reason = deployment.status_reason.clone();
            Some(Outcome::Failed(if is_first(deployment) {
                Failed::First { reason }
            } else {
                Failed::Rollback { reason }
            }))
        }
        ServiceDeploymentStatus::StopRequested | ServiceDeploymentStatus::Stopped => {
            stop(facts, deployment)
        }
        ServiceDeploymentStatus::Pending
        | ServiceDeploymentStatus::InProgress
        | ServiceDeploymentStatus::Other(_) => progress(facts, question, deployment),
    }
}

fn success(facts: &Facts, question: &Question) -> Option<Outcome> {
    let end = succeeded(facts)?;
    match question.until {
        // It passed every stage, even if no read showed this one.
        Until::Stage(_) => Some(Outcome::Reached(question.until, Proof::NOTHING)),
        until => match evidence(facts, until, Some(end.at), end.requested) {
            Evidence::Enough(proof) if until == Until::Completed => Some(Outcome::Succeeded(proof)),
            Evidence::Enough(proof) => Some(Outcome::Reached(until, proof)),
            Evidence::Unknown => None,
            Evidence::TooFew => successor(facts).map(|by| {
                Outcome::Superseded(Superseded {
                    by: Some(by),
                    or_rolled_back: false,
                    after_success: true,
                })
            }),
        },
    }
}

fn rollback(question: &Question, deployment: &ServiceDeployment) -> Option<Outcome> {
    let names_target = deployment
        .rollback
        .as_ref()
        .is_some_and(|r| r.service_revision_arn.is_some());
    if is_first(deployment) && !names_target {
        return Some(Outcome::Failed(Failed::First {
            reason: reason(deployment),
        }));
    }
    // Without its sources, it may still turn out to be a first deployment.
    let knows_source = names_target || deployment.source_service_revisions.is_some();
    (knows_source && !question.until_rolled_back)
        .then(|| Outcome::RolledBack(rolled_back(deployment, false)))
}

fn stop(facts: &Facts, deployment: &ServiceDeployment) -> Option<Outcome> {
    // It was stopped during its rollback, so it was rolled back, whatever replaced it then.
    if went_back(deployment) {
        return Some(if is_first(deployment) {
            Outcome::Failed(Failed::First {
                reason: reason(deployment),
            })
        } else {
            Outcome::RolledBack(rolled_back(deployment, false))
        });
    }
    if let Some(failed) = triggered(deployment) {
        return Some(Outcome::Failed(failed));
    }
    if let Some(by) = successor(facts) {
        return Some(Outcome::Superseded(Superseded {
            by: Some(by),
            or_rolled_back: false,
            after_success: false,
        }));
    }
    let end = facts.end?;
    let lists = facts.listing.since_end;
    let looked_for = facts
        .service
        .seen
        .map_or(SignedDuration::ZERO, |s| s.last.duration_since(end.at));
    let has_no_successor = match lists {
        Some(lists) => lists.is_confirmed() && looked_for.is_positive(),
        // Listing may be denied even if the deployment itself may be read.
        None => facts.listing.denied && looked_for >= CONFIRMED_AFTER,
    };
    has_no_successor.then(|| {
        Outcome::Stopped(Stopped::Stopped {
            reason: deployment.status_reason.clone(),
        })
    })
}

fn progress(facts: &Facts, question: &Question, deployment: &ServiceDeployment) -> Option<Outcome> {
    if !deployment.deployment_configuration.rolls_back()
        && let Some(failed) = triggered(deployment)
    {
        return Some(Outcome::Failed(failed));
    }
    if facts
        .breaker_triggered
        .is_some_and(|seen| seen.lasts(NO_ROLLBACK_AFTER))
    {
        let reason = deployment.status_reason.clone();
        return Some(Outcome::Failed(Failed::NoRollback { reason }));
    }
    let reached = match question.until {
        Until::Completed => None,
        Until::Stage(stage) => deployment
            .lifecycle_stage
            .is_some_and(|now| now >= stage)
            .then_some(Proof::NOTHING),
        // With a desired count of zero, only ECS's own end can be seen.
        until => evidence(facts, until, None, None).of_tasks(),
    };
    if let Some(proof) = reached {
        return Some(Outcome::Reached(question.until, proof));
    }
    facts
        .pause()
        .filter(|_| question.exit_on_pause)
        .map(Outcome::Paused)
}

/// Whether the reason of the end depends on a successor.
pub(super) fn needs_successor(deployment: &ServiceDeployment) -> bool {
    matches!(
        deployment.status,
        ServiceDeploymentStatus::StopRequested | ServiceDeploymentStatus::Stopped
    ) && triggered(deployment).is_none()
}

/// Whether a deployment that replaced ours was seen.
pub(super) fn has_successor(facts: &Facts) -> bool {
    successor(facts).is_some()
}

/// The deployment that replaced ours: the first one that was created after ours and not after our
/// end.
fn successor(facts: &Facts) -> Option<Successor> {
    let deployment = facts.service_deployment.as_ref()?;
    let ours = created_at(facts)?;
    let end = deployment.finished_at.max(deployment.stopped_at);
    // Until it has stopped, its last update is the request to stop.
    let latest = match deployment.status {
        ServiceDeploymentStatus::Successful => None,
        ServiceDeploymentStatus::StopRequested => end.or(deployment.updated_at),
        _ => end,
    };
    let latest = latest.map(|end| end + SUCCESSOR_SLACK);
    let after_ours = |created: Option<Timestamp>| {
        created.is_some_and(|c| c > ours && latest.is_none_or(|latest| c <= latest))
    };
    let listed = facts
        .listing
        .known
        .values()
        .filter(|l| l.service_deployment_arn != deployment.service_deployment_arn)
        .filter(|l| after_ours(l.created_at))
        .min_by_key(|l| l.created_at);
    if let Some(listed) = listed {
        return Some(named(facts, listed));
    }
    let ours_ref = facts.deployment_ref.as_ref()?;
    // An earlier deployment that is PRIMARY again may be the target of the successor's rollback.
    // Then only a list contains the successor.
    let primary = facts.service()?.primary().filter(|p| {
        !ours_ref.is_deployment(&p.id)
            && after_ours(p.created_at)
            && !facts.service.before.contains(&p.id)
            && !p.is_rollback_target()
    })?;
    Some(Successor {
        service_deployment_arn: None,
        revision: Some(primary.id.clone()),
        task_definition: primary.task_definition.clone(),
    })
}

fn created_at(facts: &Facts) -> Option<Timestamp> {
    let deployment = facts.service_deployment.as_ref()?;
    let listed = facts.listing.known.get(&deployment.service_deployment_arn);
    deployment
        .created_at
        .or(listed.and_then(|l| l.created_at))
        .or(facts.written_at())
}

fn named(facts: &Facts, listed: &ServiceDeploymentBrief) -> Successor {
    let revision = listed.target_service_revision_arn.clone();
    let id = revision.as_deref().and_then(ecs_svc_id);
    let task_definition = facts.service().and_then(|service| {
        let id = id?;
        service.deployment(&id)?.task_definition.clone()
    });
    Successor {
        service_deployment_arn: Some(listed.service_deployment_arn.clone()),
        revision,
        task_definition,
    }
}

/// The failure, if the circuit breaker or an alarm triggered.
fn triggered(deployment: &ServiceDeployment) -> Option<Failed> {
    let reason = deployment.status_reason.clone();
    if deployment.alarms.has_triggered() {
        return Some(Failed::Alarm {
            names: deployment.alarms.triggered_alarm_names.clone(),
            reason,
        });
    }
    deployment
        .deployment_circuit_breaker
        .has_triggered()
        .then_some(Failed::Breaker { reason })
}

/// Whether ECS had started a rollback.
fn went_back(deployment: &ServiceDeployment) -> bool {
    let rollback = deployment.rollback.as_ref();
    rollback.is_some_and(|r| r.started_at.is_some() || r.service_revision_arn.is_some())
}

/// Whether this is the first deployment of its service. A missing list means that nothing is known.
fn is_first(deployment: &ServiceDeployment) -> bool {
    deployment
        .source_service_revisions
        .as_ref()
        .is_some_and(Vec::is_empty)
}

fn reason(deployment: &ServiceDeployment) -> Option<String> {
    let of_rollback = deployment.rollback.as_ref().and_then(|r| r.reason.clone());
    deployment.status_reason.clone().or(of_rollback)
}

fn rolled_back(deployment: &ServiceDeployment, finished: bool) -> RolledBack {
    let to = deployment
        .rollback
        .as_ref()
        .and_then(|r| r.service_revision_arn.clone())
        .or_else(|| {
            let sources = deployment.source_service_revisions.as_ref()?;
            sources.first()?.arn.clone()
        });
    RolledBack {
        finished,
        to,
        reason: reason(deployment),
    }
}
