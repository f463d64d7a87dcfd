//! Fails a deployment: the circuit breaker, alarms and hooks, the rollback and its end, pauses.

use std::time::Duration;

use serde_json::{Value, json};

use super::events::event;
use super::script::Change;
use super::state::{Rollback, Service, Subject};
use super::{deploy, state};
use crate::world::World;

/// Why a deployment fails.
pub(crate) enum Why {
    Breaker,
    Alarm,
    /// With this text.
    Told(String),
}

/// Whether the circuit breaker is on, and whether it rolls back.
pub(crate) fn breaker(service: &Service) -> (bool, bool) {
    let configuration = service.config.get("deploymentConfiguration");
    let breaker = configuration.map(|c| &c["deploymentCircuitBreaker"]);
    let on = |name: &str| breaker.is_some_and(|b| b[name] == true);
    (on("enable"), on("rollback"))
}

/// The number of consecutive failures at which the breaker triggers: half of the desired count, at
/// least 3, at most 200.
pub(crate) fn threshold(desired: usize) -> u64 {
    (desired as u64).div_ceil(2).clamp(3, 200)
}

fn alarm_rolls_back(service: &Service) -> bool {
    service
        .config
        .get("deploymentConfiguration")
        .is_some_and(|c| c["alarms"]["rollback"] == true)
}

/// The deployment has failed: it rolls back if that is configured and possible, else it stops.
pub(crate) fn fail(world: &mut World, arn: &str, number: u64, why: &Why, over: Duration) {
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    let wanted = match why {
        Why::Breaker => breaker(service).1,
        Why::Alarm => alarm_rolls_back(service),
        Why::Told(_) => true,
    };
    if let Some(rollout) = service.service_deployment(number) {
        rollout.breaker_triggered |= matches!(why, Why::Breaker);
    }
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    world.ecs.unplan(&subject);
    let classic = match why {
        Why::Breaker => "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
        Why::Alarm => "ECS deployment failed: alarm detected.".to_owned(),
        Why::Told(reason) => reason.clone(),
    };
    let message = match why {
        Why::Breaker => "tasks failed to start.",
        Why::Alarm => "alarm detected.",
        Why::Told(reason) => reason,
    };
    event(
        world,
        arn,
        &format!("(deployment ecs-svc/{number}) deployment failed: {message}"),
    );
    if !wanted {
        stop(world, arn, number, None);
        classic_failed(world, arn, number, &classic);
        return;
    }
    let reason = match why {
        Why::Breaker => {
            "Service deployment rolled back because the circuit breaker threshold was exceeded."
                .to_owned()
        }
        Why::Alarm => "Service deployment rolled back because an alarm was triggered.".to_owned(),
        Why::Told(reason) => reason.clone(),
    };
    classic_failed(world, arn, number, &classic);
    begin(world, arn, number, reason, over);
}

fn classic_failed(world: &mut World, arn: &str, number: u64, reason: &str) {
    let now = world.now;
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(deployment) = service.deployment(number)
    {
        deployment.rollout_state = "FAILED";
        deployment.rollout_reason = reason.into();
        deployment.updated_at = now;
    }
}

/// Rolls back: the last stable deployment becomes PRIMARY again, with its own ID.
pub(crate) fn begin(world: &mut World, arn: &str, number: u64, reason: String, over: Duration) {
    let now = world.now;
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    let back = service.stable.filter(|stable| *stable != number);
    let desired = service.desired;
    let Some(back) = back else {
        if let Some(rollout) = service.service_deployment(number) {
            rollout.status = "ROLLBACK_FAILED";
            rollout.reason = Some("No rollback candidate was found to run the rollback.".into());
            rollout.updated_at = now;
            rollout.finished_at = Some(now);
        }
        freeze(world, arn, number);
        return;
    };
    if let Some(rollout) = service.service_deployment(number) {
        rollout.status = "ROLLBACK_IN_PROGRESS";
        rollout.reason = Some(reason.clone());
        rollout.updated_at = now;
        rollout.hooks.clear();
        rollout.rollback = Some(Rollback {
            reason,
            started_at: now,
            to: back,
        });
        if rollout.weights.is_some() {
            rollout.weights = Some((0.0, 0.0));
        }
    }
    if let Some(deployment) = service.deployment(number) {
        deployment.desired = 0;
    }
    if let Some(index) = service.deployments.iter().position(|d| d.number == back) {
        let mut deployment = service.deployments.remove(index);
        deployment.created_at = now;
        deployment.updated_at = now;
        deployment.failed = 0;
        deployment.desired = desired;
        deployment.rollout_state = "IN_PROGRESS";
        deployment.rollout_reason =
            format!("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{back}.");
        service
            .task_definition
            .clone_from(&deployment.task_definition);
        service.deployments.insert(0, deployment);
    }
    event(
        world,
        arn,
        &format!("rolling back to deployment ecs-svc/{back}."),
    );
    deploy::refill(world, arn, back);
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    world.ecs.plan(now + over, subject, Change::RolledBack);
}

/// The rollback has succeeded.
pub(crate) fn done(world: &mut World, arn: &str, number: u64) {
    let now = world.now;
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    let Some(rollout) = service.service_deployment(number) else {
        return;
    };
    rollout.status = "ROLLBACK_SUCCESSFUL";
    rollout.updated_at = now;
    rollout.finished_at = Some(now);
    rollout.stage = None;
    let Some(back) = rollout.rollback.as_ref().map(|rollback| rollback.to) else {
        return;
    };
    deploy::stop_others(world, arn, back);
    deploy::complete(world, arn, back);
    freeze(world, arn, number);
}

/// STOPPED without rollback: its classic deployment stays, and the old one keeps running.
pub(crate) fn stop(world: &mut World, arn: &str, number: u64, reason: Option<String>) {
    let now = world.now;
    world.ecs.unplan(&Subject::Deployment {
        service: arn.into(),
        number,
    });
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(rollout) = service.service_deployment(number)
    {
        rollout.status = "STOPPED";
        rollout.reason = reason;
        rollout.updated_at = now;
        rollout.stopped_at = Some(now);
        rollout.finished_at = Some(now);
        rollout.hooks.clear();
    }
    freeze(world, arn, number);
}

/// From now on the counts of the finished deployment do not change.
fn freeze(world: &mut World, arn: &str, number: u64) {
    let (running, pending) = world.ecs.counts(arn, number);
    if let Some(service) = world.ecs.service_mut(arn) {
        let requested = service.deployment(number).map_or(0, |d| d.desired);
        if let Some(rollout) = service.service_deployment(number) {
            rollout.final_counts = Some((requested, running, pending));
        }
    }
}

/// A PAUSE hook pauses the rest of the time line.
pub(crate) fn pause(
    world: &mut World,
    arn: &str,
    number: u64,
    stage: &str,
    timeout: Option<Duration>,
    then_rollback: bool,
) {
    let now = world.now;
    let id = format!("ecs-pause-{}", world.ids.token(43));
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    let held: Vec<_> = world
        .ecs
        .agenda
        .iter()
        .filter(|(_, due)| due.subject == subject)
        .map(|((at, _), due)| (at.duration_since(now).unsigned_abs(), due.change.clone()))
        .collect();
    world.ecs.unplan(&subject);
    let expires = timeout.map(|timeout| now + timeout);
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(rollout) = service.service_deployment(number)
    {
        let mut hook = json!({
            "hookId": id,
            "targetType": "PAUSE",
            "status": "AWAITING_ACTION",
            "timeoutAction": if then_rollback { "ROLLBACK" } else { "CONTINUE" },
        });
        if let Some(expires) = expires {
            hook["expiresAt"] = json!(crate::clock::epoch_seconds(expires));
        }
        rollout.hooks.push(hook);
        rollout.held = held;
        rollout.updated_at = now;
    }
    let Some(expires) = expires else {
        return;
    };
    let change = if then_rollback {
        Change::RollBack {
            reason: format!("Service deployment rolled back because {stage} pause hook timed out."),
            over: Duration::from_secs(1),
        }
    } else {
        Change::Resume
    };
    world.ecs.plan(expires, subject, change);
}

/// Schedules the paused changes again, counted from now; the hook ends with this status.
pub(crate) fn resume(world: &mut World, arn: &str, number: u64, status: &str) {
    let now = world.now;
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    world.ecs.unplan(&subject);
    let mut held = Vec::new();
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(rollout) = service.service_deployment(number)
    {
        held = std::mem::take(&mut rollout.held);
        finish_hooks(&mut rollout.hooks, status);
        rollout.updated_at = now;
    }
    for (offset, change) in held {
        world.ecs.plan(now + offset, subject.clone(), change);
    }
}

pub(crate) fn finish_hooks(hooks: &mut [Value], status: &str) {
    for hook in hooks {
        if hook["status"] == "AWAITING_ACTION" {
            hook["status"] = json!(status);
        }
    }
}

/// The circuit breaker in `DescribeServiceDeployments`.
pub(crate) fn breaker_view(service: &Service, rollout: &state::ServiceDeployment) -> Value {
    let status = match (breaker(service).0, rollout.breaker_triggered) {
        (_, true) => "TRIGGERED",
        (false, false) => "DISABLED",
        (true, false) if rollout.finished() => "MONITORING_COMPLETE",
        (true, false) => "MONITORING",
    };
    json!({"status": status, "failureCount": rollout.failures, "threshold": rollout.threshold})
}

/// A person requests the rollback: ROLLBACK_REQUESTED, and a moment later it begins.
pub(crate) fn request(world: &mut World, arn: &str, number: u64, reason: &str, over: Duration) {
    let now = world.now;
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    world.ecs.unplan(&subject);
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(rollout) = service.service_deployment(number)
    {
        rollout.status = "ROLLBACK_REQUESTED";
        rollout.updated_at = now;
        finish_hooks(&mut rollout.hooks, "SUCCEEDED");
    }
    let reason = reason.to_owned();
    let soon = now + Duration::from_millis(200);
    world
        .ecs
        .plan(soon, subject, Change::RollBack { reason, over });
}
