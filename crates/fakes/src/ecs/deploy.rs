//! Ends a deployment, and stops the tasks of the others.

use std::time::Duration;

use super::events::event;
use super::script::{Change, Stop};
use super::state::{Subject, list};
use super::task;
use crate::elb::{self, Registration};
use crate::world::World;

/// The target groups of a deployment's revision: the alternate ones if its tasks are in these.
pub(crate) fn target_groups(world: &World, arn: &str, number: u64) -> Vec<Registration> {
    let Some(revision) = world
        .ecs
        .service(arn)
        .and_then(|service| service.revision(number))
    else {
        return Vec::new();
    };
    list(&revision.config, "loadBalancers")
        .iter()
        .filter_map(|balancer| {
            let advanced = &balancer["advancedConfiguration"];
            let alternate = advanced["alternateTargetGroupArn"]
                .as_str()
                .filter(|_| revision.alternate);
            let group = alternate.or_else(|| balancer["targetGroupArn"].as_str())?;
            let rule = advanced["productionListenerRule"].as_str();
            Some(Registration {
                arn: group.to_owned(),
                port: balancer["containerPort"].as_u64()? as u16,
                rule: rule.map(Into::into),
            })
        })
        .collect()
}

/// How long a rollback of this deployment takes, from its script.
pub(crate) fn rollback_time(world: &World, arn: &str, number: u64) -> Duration {
    world
        .ecs
        .service(arn)
        .and_then(|service| {
            let deployments = &service.service_deployments;
            deployments.iter().find(|d| d.number == number)
        })
        .map_or(Duration::from_secs(1), |deployment| deployment.rolling_back)
}

/// The tasks that a deployment replaces: all except its own and those of a deployment that began after
/// it.
fn others(world: &World, arn: &str, number: u64) -> Vec<String> {
    let deployments = world.ecs.service(arn).map_or(&[][..], |s| &s.deployments);
    let begun = |number| deployments.iter().find(|d| d.number == number);
    let is_younger = |of: Option<u64>| {
        let pair = begun(number).zip(of.and_then(begun));
        pair.is_some_and(|(ours, theirs)| theirs.created_at > ours.created_at)
    };
    world
        .ecs
        .tasks
        .iter()
        .filter(|task| {
            task.service.as_deref() == Some(arn)
                && task.deployment != Some(number)
                && !is_younger(task.deployment)
                && task.alive()
        })
        .map(|task| task.arn.clone())
        .collect()
}

/// The other deployments' targets are deregistered and drain.
pub(crate) fn drain_others(world: &mut World, arn: &str, number: u64) {
    let tasks = others(world, arn, number);
    let mut groups: Vec<(String, usize)> = Vec::new();
    for task in &tasks {
        for group in elb::drain_task(world, task) {
            match groups.iter_mut().find(|(known, _)| *known == group) {
                Some((_, count)) => *count += 1,
                None => groups.push((group, 1)),
            }
        }
    }
    for (group, count) in &groups {
        let message = format!("deregistered {count} targets in (target-group {group})");
        event(world, arn, &message);
    }
    if !groups.is_empty() {
        let message = format!("has begun draining connections on {} tasks.", tasks.len());
        event(world, arn, &message);
    }
}

/// The other deployments' tasks stop.
pub(crate) fn stop_others(world: &mut World, arn: &str, number: u64) {
    let mut message = String::new();
    let mut count = 0;
    for task in others(world, arn, number) {
        let by = world
            .ecs
            .tasks
            .iter()
            .find(|t| t.arn == task)
            .and_then(|t| t.deployment)
            .unwrap_or(number);
        elb::deregister_task(world, &task);
        let reason = format!("Scaling activity initiated by (deployment ecs-svc/{by})");
        task::stop(world, &task, &Stop::by_scheduler(&reason));
        message.push_str(&format!(" (task {})", task::id(&task)));
        count += 1;
    }
    if count > 0 {
        let message = format!("has stopped {count} running tasks:{message}.");
        event(world, arn, &message);
    }
    if let Some(service) = world.ecs.service_mut(arn) {
        for deployment in &mut service.deployments {
            if deployment.number != number {
                deployment.desired = 0;
            }
        }
    }
}

/// The classic deployment is complete and alone.
pub(crate) fn complete(world: &mut World, arn: &str, number: u64) {
    let now = world.now;
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    service.deployments.retain(|d| d.number == number);
    service.stable = Some(number);
    if let Some(deployment) = service.deployment(number) {
        deployment.rollout_state = "COMPLETED";
        deployment.rollout_reason = format!("ECS deployment ecs-svc/{number} completed.");
        deployment.updated_at = now;
    }
    let message = format!("(deployment ecs-svc/{number}) deployment completed.");
    event(world, arn, &message);
    event(world, arn, "has reached a steady state.");
}

/// After a rollback, the desired number of the stable deployment's tasks run at once.
pub(crate) fn refill(world: &mut World, arn: &str, number: u64) {
    let desired = world.ecs.service(arn).map_or(0, |service| service.desired);
    let (running, pending) = world.ecs.counts(arn, number);
    let mut started = Vec::new();
    for _ in running + pending..desired {
        started.extend(task::place(world, arn, number));
    }
    for task in &started {
        task::run(world, task);
        task::healthy(world, task);
        for group in target_groups(world, arn, number) {
            elb::register(world, &group, task);
        }
        elb::set_task_targets(world, task, "healthy", None, None);
    }
    announce(world, arn, &started);
}

fn announce(world: &mut World, arn: &str, started: &[String]) {
    if started.is_empty() {
        return;
    }
    let named: String = started
        .iter()
        .map(|task| format!(" (task {})", task::id(task)))
        .collect();
    let message = format!("has started {} tasks:{named}.", started.len());
    event(world, arn, &message);
}

/// A new desired count scales the tasks of the PRIMARY without a deployment.
pub(crate) fn scale(world: &mut World, arn: &str, desired: usize) {
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    service.desired = desired;
    let subject = Subject::Service(arn.into());
    let soon = world.now + Duration::from_millis(100);
    world.ecs.plan(soon, subject, Change::StopOld);
}

/// Applies a changed desired count a little later.
pub(crate) fn settle(world: &mut World, arn: &str) {
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    let desired = service.desired;
    let Some(primary) = service.deployments.first_mut() else {
        return;
    };
    // A rollout that has not begun will use the new count.
    if primary.rollout_state != "COMPLETED" {
        return;
    }
    primary.desired = desired;
    let number = primary.number;
    let surplus: Vec<String> = world
        .ecs
        .tasks_of(arn, number)
        .filter(|task| task.alive())
        .skip(desired)
        .map(|task| task.arn.clone())
        .collect();
    for task in &surplus {
        elb::deregister_task(world, task);
        let reason = format!("Scaling activity initiated by (deployment ecs-svc/{number})");
        task::stop(world, task, &Stop::by_scheduler(&reason));
    }
    if !surplus.is_empty() {
        let named: String = surplus
            .iter()
            .map(|task| format!(" (task {})", task::id(task)))
            .collect();
        let message = format!("has stopped {} running tasks:{named}.", surplus.len());
        event(world, arn, &message);
    }
    refill(world, arn, number);
    event(world, arn, "has reached a steady state.");
}

/// A deleted service's tasks stop; then it is INACTIVE.
pub(crate) fn retire(world: &mut World, arn: &str) {
    stop_others(world, arn, 0);
    if let Some(service) = world.ecs.service_mut(arn) {
        service.status = "INACTIVE";
        service.desired = 0;
        service.deployments.clear();
    }
}
