//! Begins a deployment: PRIMARY, its revision, its record, and the script that it follows.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::deploy::target_groups;
use super::recipe::{Scene, Strategy};
use super::script::{Change, Rollout};
use super::state::{Deployment, Revision, Service, ServiceDeployment, Subject, TaskDefinition};
use super::{rollback, task, view};
use crate::world::World;

/// Members of a service that are copied to a deployment and its revision.
const SNAPSHOT: [&str; 10] = [
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "deploymentConfiguration",
];

/// Starts a deployment of the service as it is now configured: PRIMARY, PENDING, desired 0, and on its
/// way along the next script.
pub(crate) fn start(world: &mut World, arn: &str) -> Option<u64> {
    let now = world.now;
    let number = world.ids.revision_number();
    let id = world.ids.deployment_id();
    let owner = world.ecs.service(arn)?.clone();
    let images = images(world, &owner.task_definition);
    supersede(world, arn);
    let sources: Vec<u64> = owner
        .deployments
        .iter()
        .filter(|deployment| world.ecs.counts(arn, deployment.number) != (0, 0))
        .map(|deployment| deployment.number)
        .collect();
    let config: Map<String, Value> = owner
        .config
        .iter()
        .filter(|(name, _)| SNAPSHOT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let staged = owner.strategy() != "ROLLING";
    let alternate = staged
        && owner
            .stable
            .and_then(|stable| owner.revision(stable))
            .is_some_and(|revision| !revision.alternate);
    let deployment = Deployment {
        number,
        task_definition: owner.task_definition.clone(),
        desired: 0,
        failed: 0,
        created_at: now,
        updated_at: now,
        config: config.clone(),
        rollout_state: "IN_PROGRESS",
        rollout_reason: format!("ECS deployment ecs-svc/{number} in progress."),
    };
    let service_deployment = ServiceDeployment {
        id,
        number,
        sources,
        status: "PENDING",
        reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        updated_at: now,
        config: view::deployment_configuration(&owner),
        stage: None,
        hooks: Vec::new(),
        failures: 0,
        threshold: rollback::threshold(owner.desired),
        breaker_triggered: false,
        alarms_triggered: Vec::new(),
        rollback: None,
        weights: None,
        held: Vec::new(),
        final_counts: None,
        rolling_back: Duration::from_secs(1),
    };
    let revision = Revision {
        number,
        task_definition: owner.task_definition.clone(),
        config,
        images,
        created_at: now,
        alternate,
    };
    let service = world.ecs.service_mut(arn)?;
    service.deployments.insert(0, deployment);
    service.service_deployments.insert(0, service_deployment);
    service.revisions.push(revision);
    follow(world, arn, number);
    Some(number)
}

/// Puts the next script of the service on the agenda.
fn follow(world: &mut World, arn: &str, number: u64) {
    let now = world.now;
    let Some(owner) = world.ecs.service(arn).cloned() else {
        return;
    };
    let rollout = world
        .ecs
        .scripts
        .get_mut(&owner.name)
        .and_then(std::collections::VecDeque::pop_front)
        .or_else(|| world.ecs.default_rollout.clone())
        .unwrap_or_else(Rollout::healthy);
    let scene = Scene {
        desired: owner.desired,
        old: owner.deployments.len() > 1,
        target_group: target_groups(world, arn, number)
            .first()
            .map(|group| group.arn.clone()),
        strategy: strategy(&owner),
        pauses: pauses(&owner),
    };
    if let Some(service) = world.ecs.service_mut(arn)
        && let Some(deployment) = service.service_deployment(number)
    {
        deployment.rolling_back = rollout.rolling_back;
    }
    let subject = Subject::Deployment {
        service: arn.into(),
        number,
    };
    for (offset, change) in rollout.changes(&scene) {
        world.ecs.plan(now + offset, subject.clone(), change);
    }
}

/// Stops the deployments that are still in progress: a newer one replaces them.
fn supersede(world: &mut World, arn: &str) {
    let now = world.now;
    let Some(service) = world.ecs.service_mut(arn) else {
        return;
    };
    let mut stopped = Vec::new();
    for rollout in &mut service.service_deployments {
        if !rollout.finished() && rollout.status != "STOP_REQUESTED" {
            rollout.status = "STOP_REQUESTED";
            rollout.updated_at = now;
            rollout.hooks.clear();
            stopped.push(rollout.number);
        }
    }
    for number in stopped {
        let subject = Subject::Deployment {
            service: arn.into(),
            number,
        };
        world.ecs.unplan(&subject);
        world
            .ecs
            .plan(now + Duration::from_millis(200), subject, Change::Stopped);
    }
}

fn strategy(service: &Service) -> Strategy {
    let configuration = service.config.get("deploymentConfiguration");
    let number = |group: &str, name: &str| configuration.and_then(|c| c[group][name].as_f64());
    match service.strategy() {
        "BLUE_GREEN" => Strategy::BlueGreen,
        "LINEAR" => Strategy::Linear(number("linearConfiguration", "stepPercent").unwrap_or(10.0)),
        "CANARY" => Strategy::Canary(number("canaryConfiguration", "canaryPercent").unwrap_or(5.0)),
        _ => Strategy::Rolling,
    }
}

/// The PAUSE hooks of the service: stage, timeout, whether the timeout rolls back.
fn pauses(service: &Service) -> Vec<(String, Option<Duration>, bool)> {
    let mut pauses = Vec::new();
    let hooks = service
        .config
        .get("deploymentConfiguration")
        .and_then(|c| c["lifecycleHooks"].as_array());
    for hook in hooks.into_iter().flatten() {
        if hook["targetType"] != "PAUSE" {
            continue;
        }
        let timeout = &hook["timeoutConfiguration"];
        let minutes = timeout["timeoutInMinutes"].as_u64();
        let then_rollback = timeout["action"] != "CONTINUE";
        for stage in hook["lifecycleStages"].as_array().into_iter().flatten() {
            pauses.push((
                stage.as_str().unwrap_or_default().to_owned(),
                minutes.map(|minutes| Duration::from_secs(minutes * 60)),
                then_rollback,
            ));
        }
    }
    pauses
}

fn images(world: &World, task_definition: &str) -> Vec<Value> {
    let definition = world.ecs.task_definition(task_definition);
    definition
        .map(TaskDefinition::containers)
        .unwrap_or_default()
        .iter()
        .map(|container| {
            let image = container["image"].as_str().unwrap_or_default();
            json!({
                "containerName": container["name"],
                "imageDigest": resolve(world, image).unwrap_or_else(|| task::digest_of(image)),
                "image": image,
            })
        })
        .collect()
}

/// The digest that a tag in one of the fake's own repositories has at this moment.
fn resolve(world: &World, image: &str) -> Option<String> {
    let (host, path) = image.split_once('/')?;
    let ours = world.endpoint.trim_start_matches("http://") == host || host.contains(".dkr.ecr.");
    let (name, tag) = path
        .rsplit_once(':')
        .filter(|_| ours && !path.contains('@'))?;
    world.registry.digest_of_tag(name, tag)
}
