//! A task's life: placed, pulling, running, healthy, stopped.

use serde_json::{Map, Value, json};

use super::script::Stop;
use super::state::{Container, Eni, Task, list};
use crate::logs;
use crate::world::World;

/// The properties of a new task.
pub(crate) struct Origin<'o> {
    pub(crate) cluster: &'o str,
    pub(crate) task_definition: &'o str,
    pub(crate) service: Option<(&'o str, u64)>,
    pub(crate) started_by: Option<String>,
    pub(crate) group: String,
    pub(crate) config: Map<String, Value>,
    pub(crate) overrides: Value,
    pub(crate) tags: Vec<Value>,
}

/// The last part of a task's ARN.
pub(crate) fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A new task of a service's deployment.
pub(crate) fn place(world: &mut World, service: &str, number: u64) -> Option<String> {
    let owner = world.ecs.service(service)?;
    let revision = owner.revision(number)?;
    let origin = Origin {
        cluster: &owner.cluster.clone(),
        task_definition: &revision.task_definition.clone(),
        service: Some((service, number)),
        started_by: Some(format!("ecs-svc/{number}")),
        group: format!("service:{}", owner.name),
        config: revision.config.clone(),
        overrides: Value::Null,
        tags: Vec::new(),
    };
    create(world, origin)
}

/// A new task in PROVISIONING; `None` if its task definition is unknown.
pub(crate) fn create(world: &mut World, origin: Origin<'_>) -> Option<String> {
    let definition = world.ecs.task_definition(origin.task_definition)?.clone();
    let id = world.ids.hex(32);
    let arn = world.arn("ecs", &format!("task/{}/{id}", origin.cluster));
    let text = |name: &str| definition.document.get(name).and_then(Value::as_str);
    let mut containers = Vec::new();
    for container in definition.containers() {
        let image = container["image"].as_str().unwrap_or_default().to_owned();
        containers.push(Container {
            id: world.ids.uuid(),
            name: container["name"].as_str().unwrap_or_default().into(),
            digest: Some(digest_of(&image)),
            image,
            cpu: container["cpu"].as_i64().unwrap_or(0).to_string(),
            memory: container["memory"]
                .as_i64()
                .map(|memory| memory.to_string()),
            essential: container["essential"].as_bool().unwrap_or(true),
            checked: container.get("healthCheck").is_some(),
            exit_code: None,
            reason: None,
        });
    }
    let subnets = origin
        .config
        .get("networkConfiguration")
        .map(|c| &c["awsvpcConfiguration"]["subnets"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let at = world.ecs.addresses as usize;
    let subnet = match subnets.len() {
        0 => "subnet-00000000000000000".to_owned(),
        many => subnets[at % many].as_str().unwrap_or_default().to_owned(),
    };
    let zone = format!(
        "{}{}",
        world.region,
        ["a", "b", "c"][at % subnets.len().clamp(1, 3)]
    );
    let eni = eni(world, subnet, zone);
    let task = Task {
        id,
        arn: arn.clone(),
        cluster: origin.cluster.into(),
        service: origin.service.map(|(service, _)| service.into()),
        deployment: origin.service.map(|(_, number)| number),
        started_by: origin.started_by,
        group: origin.group,
        task_definition: definition.arn.clone(),
        family: text("family").unwrap_or_default().into(),
        last_status: "PROVISIONING",
        desired_status: "RUNNING",
        health: "UNKNOWN",
        containers,
        cpu: text("cpu").unwrap_or("256").into(),
        memory: text("memory").unwrap_or("512").into(),
        config: origin.config,
        overrides: overrides(&definition, &origin.overrides),
        tags: origin.tags,
        eni,
        version: 1,
        created_at: world.now,
        pull_started_at: None,
        pull_stopped_at: None,
        started_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
    };
    world.ecs.tasks.push(task);
    Some(arn)
}

/// An override for each container; it contains only the name if none is given.
fn overrides(definition: &super::state::TaskDefinition, given: &Value) -> Value {
    let mut all = given.as_object().cloned().unwrap_or_default();
    let of = |name: &Value| {
        let given = given["containerOverrides"].as_array();
        let mut given = given.into_iter().flatten();
        given.find(|given| given["name"] == *name).cloned()
    };
    let containers = definition.containers().iter();
    let containers: Vec<Value> = containers
        .map(|container| {
            let name = &container["name"];
            of(name).unwrap_or_else(|| json!({"name": name}))
        })
        .collect();
    all.insert("containerOverrides".into(), json!(containers));
    all.entry("inferenceAcceleratorOverrides")
        .or_insert_with(|| json!([]));
    Value::Object(all)
}

fn eni(world: &mut World, subnet: String, zone: String) -> Eni {
    world.ecs.addresses += 1;
    let n = world.ecs.addresses;
    let mac: Vec<String> = (0..5).map(|_| world.ids.hex(2)).collect();
    Eni {
        attachment: world.ids.uuid(),
        id: format!("eni-{}", world.ids.hex(17)),
        mac: format!("0e:{}", mac.join(":")),
        address: format!("10.0.{}.{}", 10 + n / 240, 10 + n % 240),
        subnet,
        zone,
    }
}

/// The digest to which an image resolves: the one in its name, else one derived from its name.
pub(crate) fn digest_of(image: &str) -> String {
    use sha2::{Digest as _, Sha256};
    match image.split_once('@') {
        Some((_, digest)) => digest.to_owned(),
        None => crate::registry::hex_digest(&Sha256::digest(image.as_bytes())),
    }
}

fn change(world: &mut World, arn: &str, change: impl FnOnce(&mut Task, jiff::Timestamp)) {
    let now = world.now;
    if let Some(task) = world.ecs.tasks.iter_mut().find(|task| task.arn == arn)
        && task.alive()
    {
        change(task, now);
        task.version += 1;
    }
}

/// PENDING: the image is being pulled.
pub(crate) fn pull(world: &mut World, arn: &str) {
    change(world, arn, |task, now| {
        task.last_status = "PENDING";
        task.pull_started_at = Some(now);
    });
}

/// RUNNING.
pub(crate) fn run(world: &mut World, arn: &str) {
    change(world, arn, |task, now| {
        task.last_status = "RUNNING";
        task.pull_started_at.get_or_insert(now);
        task.pull_stopped_at = Some(now);
        task.started_at = Some(now);
    });
}

/// HEALTHY if a container has a health check.
pub(crate) fn healthy(world: &mut World, arn: &str) {
    change(world, arn, |task, _| {
        if task.containers.iter().any(|c| c.checked) {
            task.health = "HEALTHY";
        }
    });
}

/// UNHEALTHY if a container has a health check.
pub(crate) fn unhealthy(world: &mut World, arn: &str) {
    change(world, arn, |task, _| {
        if task.containers.iter().any(|c| c.checked) {
            task.health = "UNHEALTHY";
        }
    });
}

/// One container STOPPED in a task that goes on.
pub(crate) fn exit_container(world: &mut World, arn: &str, name: &str, code: i64) {
    change(world, arn, |task, _| {
        for container in task.containers.iter_mut().filter(|c| c.name == name) {
            container.exit_code = Some(code);
        }
    });
}

pub(crate) fn is_running(world: &World, arn: &str) -> bool {
    world
        .ecs
        .tasks
        .iter()
        .any(|task| task.arn == arn && task.running())
}

/// STOPPED, for the reason given.
pub(crate) fn stop(world: &mut World, arn: &str, stop: &Stop) {
    change(world, arn, |task, now| {
        task.last_status = "STOPPED";
        task.desired_status = "STOPPED";
        task.stopping_at.get_or_insert(now);
        task.execution_stopped_at = task.started_at.map(|_| now);
        task.stopped_at = Some(now);
        task.stop_code = stop.code;
        task.stopped_reason = Some(stop.reason.clone());
        if task.started_at.is_none() {
            task.pull_stopped_at = task.pull_started_at.map(|_| now);
        }
        let several = task.containers.len() > 1;
        let mut main = true;
        for container in &mut task.containers {
            let failing = container.essential && std::mem::take(&mut main);
            if failing {
                container.exit_code = stop.exit_code;
                container.reason.clone_from(&stop.container_reason);
            } else if several && stop.exit_code.is_some() {
                container.exit_code = Some(0);
            }
        }
    });
}

/// Writes to the log streams of the task's first essential container.
pub(crate) fn log(world: &mut World, arn: &str, lines: &[String]) {
    let Some(task) = world.ecs.tasks.iter().find(|task| task.arn == arn) else {
        return;
    };
    let Some(container) = task.containers.iter().find(|c| c.essential) else {
        return;
    };
    let definition = world.ecs.task_definition(&task.task_definition);
    let options = definition
        .map(|definition| list(&definition.document, "containerDefinitions"))
        .unwrap_or_default()
        .iter()
        .find(|c| c["name"] == container.name.as_str())
        .map(|c| &c["logConfiguration"])
        .filter(|log| log["logDriver"] == "awslogs")
        .map(|log| &log["options"]);
    let Some(group) = options.and_then(|o| o["awslogs-group"].as_str()) else {
        return;
    };
    let prefix = options
        .and_then(|o| o["awslogs-stream-prefix"].as_str())
        .unwrap_or("ecs");
    let stream = format!("{prefix}/{}/{}", container.name, task.id);
    let group = group.to_owned();
    logs::write(world, &group, &stream, lines);
}
