//! Records the service and what it shows about our classic deployment.

use ecs_model::{DeploymentRef, RolloutState, Service, ServiceEvent};
use jiff::Timestamp;

use crate::facts::{DeploymentEnd, Facts, ReadSpan, Reading, ServiceHistory, WRITE_SLACK};
use crate::sightings::Sightings;

/// Returns the new events since our deployment began, oldest first.
pub(super) fn record(facts: &mut Facts, span: ReadSpan, service: Service) -> Vec<ServiceEvent> {
    let at = span.sent;
    let history = &mut facts.service;
    history.newest_read = history.newest_read.max(Some(span));
    Sightings::add(&mut history.seen, at);
    if service.is_gone() {
        Sightings::add(&mut history.gone, at);
    } else {
        history.gone = None;
    }
    if facts.deployment_ref.is_none() {
        facts.is_current = true;
        facts.deployment_ref = service.primary().map(|primary| DeploymentRef {
            ecs_svc_id: Some(primary.id.clone()),
            task_definition_arn: primary.task_definition.clone(),
            created_at: primary.created_at,
            ..DeploymentRef::default()
        });
    }
    record_creation(history, &service, facts.deployment_ref.as_ref());
    let is_newer = history
        .latest
        .as_ref()
        .is_none_or(|known| newest_time(&service) >= newest_time(&known.value));
    let events = match &mut facts.deployment_ref {
        Some(deployment) => {
            record_ours(history, at, &service, deployment, is_newer);
            new_events(history, &service, deployment)
        }
        None => Vec::new(),
    };
    if is_newer {
        history.latest = Some(Reading {
            span,
            value: service,
        });
    }
    events
}

/// Notes whether the service is another one than the one that we began to watch.
fn record_creation(history: &mut ServiceHistory, service: &Service, ours: Option<&DeploymentRef>) {
    let Some(created) = service.created_at else {
        return;
    };
    let first = *history.created_at.get_or_insert(created);
    let ours = ours.and_then(|ours| ours.created_at);
    let is_younger_than = |moment: Timestamp| created > moment + WRITE_SLACK;
    history.was_recreated |= is_younger_than(first) || ours.is_some_and(is_younger_than);
}

fn record_ours(
    history: &mut ServiceHistory,
    at: Timestamp,
    service: &Service,
    deployment: &mut DeploymentRef,
    is_newer: bool,
) {
    if history.failed.is_none()
        && let Some(reason) = failure_event(service, deployment)
    {
        // An event about our deployment shows that it existed, even if no read contained it.
        history.seen_ours = true;
        Sightings::add(&mut history.failed, at);
        history.failure_reason = Some(reason);
    }
    let ours = service
        .deployments
        .iter()
        .find(|d| deployment.is_deployment(&d.id));
    if let Some(ours) = ours {
        history.seen_ours = true;
        if deployment.task_definition_arn.is_none() {
            deployment.task_definition_arn = ours.task_definition.clone();
        }
        if deployment.created_at.is_none() {
            deployment.created_at = ours.created_at;
        }
        if ours.status == "PRIMARY" {
            let others = service.deployments.iter().filter(|d| d.id != ours.id);
            history.before.extend(others.map(|d| d.id.clone()));
        }
        match ours.rollout_state {
            Some(RolloutState::Completed) => {
                // A deployment that is being replaced requests fewer tasks, down to none.
                let is_primary = ours.status == "PRIMARY";
                let desired = ours.desired_count.filter(|_| is_primary);
                history.completed.get_or_insert(DeploymentEnd {
                    at,
                    requested: desired,
                });
            }
            Some(RolloutState::Failed) => {
                Sightings::add(&mut history.failed, at);
                history.failure_reason = ours.rollout_state_reason.clone();
            }
            _ => {}
        }
    }
    let successor = service
        .primary()
        .filter(|p| !deployment.is_deployment(&p.id));
    // An outdated read also shows another PRIMARY deployment, but one that is older than ours.
    let is_after_ours =
        successor.is_some_and(
            |p| match (p.created_at.max(p.updated_at), deployment.created_at) {
                (Some(theirs), Some(ours)) => theirs > ours,
                _ => false,
            },
        );
    if history.seen_ours && is_after_ours {
        Sightings::add(&mut history.lost, at);
    } else if is_newer && ours.is_some_and(|d| d.status == "PRIMARY") {
        // Ours is PRIMARY again, because its successor was rolled back to it.
        history.lost = None;
    }
}

fn new_events(
    history: &mut ServiceHistory,
    service: &Service,
    deployment: &DeploymentRef,
) -> Vec<ServiceEvent> {
    let since = deployment.created_at.map(|created| created - WRITE_SLACK);
    let mut new: Vec<ServiceEvent> = service
        .events
        .iter()
        .filter(|event| match (event.created_at, since) {
            (Some(at), Some(since)) => at >= since,
            _ => false,
        })
        .filter(|event| history.event_ids.insert(event.id.clone()))
        .cloned()
        .collect();
    new.reverse();
    new
}

/// The newest time in the service. ECS sets a time for each change.
fn newest_time(service: &Service) -> Option<Timestamp> {
    let deployments = service
        .deployments
        .iter()
        .flat_map(|d| [d.created_at, d.updated_at]);
    let events = service.events.iter().map(|e| e.created_at);
    deployments.chain(events).flatten().max()
}

/// The reason in an event such as "(service x) (deployment ecs-svc/OURS) deployment failed: tasks
/// failed to start." An event that is older than our write is about an earlier deployment of our
/// revision.
fn failure_event(service: &Service, deployment: &DeploymentRef) -> Option<String> {
    let id = deployment.ecs_svc_id.as_deref()?;
    let since = deployment.created_at.map(|created| created - WRITE_SLACK);
    let young = service
        .events
        .iter()
        .filter(|event| event.created_at.is_none() || event.created_at >= since);
    young.into_iter().find_map(|event| {
        let (head, reason) = event.message.split_once(" deployment failed")?;
        let named = head.trim_end_matches(')');
        named
            .ends_with(id)
            .then(|| reason.trim_start_matches(':').trim().to_owned())
    })
}
