//! A task as ECS shows it.

use serde_json::{Value, json};

use super::state::{Task, list};
use crate::clock::epoch_seconds;
use crate::world::World;

/// A task.
pub(crate) fn task(world: &World, task: &Task, with_tags: bool) -> Value {
    let stopped = !task.alive();
    let mut view = json!({
        "attachments": [{
            "id": task.eni.attachment,
            "type": "ElasticNetworkInterface",
            "status": match (stopped, task.last_status) {
                (true, _) => "DELETED",
                (false, "PROVISIONING") => "PRECREATED",
                (false, _) => "ATTACHED",
            },
            "details": [
                {"name": "subnetId", "value": task.eni.subnet},
                {"name": "networkInterfaceId", "value": task.eni.id},
                {"name": "macAddress", "value": task.eni.mac},
                {"name": "privateDnsName", "value": private_name(world, &task.eni.address)},
                {"name": "privateIPv4Address", "value": task.eni.address},
            ],
        }],
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": task.eni.zone,
        "clusterArn": world.arn("ecs", &format!("cluster/{}", task.cluster)),
        "containers": task.containers.iter().map(|c| container(task, c)).collect::<Vec<_>>(),
        "cpu": task.cpu,
        "createdAt": epoch_seconds(task.created_at),
        "desiredStatus": task.desired_status,
        "enableExecuteCommand": task.config.get("enableExecuteCommand").cloned()
            .unwrap_or(Value::Bool(false)),
        "group": task.group,
        "healthStatus": task.health,
        "lastStatus": task.last_status,
        "memory": task.memory,
        "overrides": task.overrides,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "tags": if with_tags { task.tags.clone() } else { Vec::new() },
        "taskArn": task.arn,
        "taskDefinitionArn": task.task_definition,
        "version": task.version,
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
    });
    if let Some(first) = list(&task.config, "capacityProviderStrategy").first() {
        view["capacityProviderName"] = first["capacityProvider"].clone();
    }
    view["launchType"] = json!("FARGATE");
    if task.last_status != "PROVISIONING" {
        view["connectivity"] = json!("CONNECTED");
        let connected = task.pull_started_at.unwrap_or(task.created_at);
        view["connectivityAt"] = json!(epoch_seconds(connected));
    }
    for (name, at) in [
        ("pullStartedAt", task.pull_started_at),
        ("pullStoppedAt", task.pull_stopped_at),
        ("startedAt", task.started_at),
        ("stoppingAt", task.stopping_at),
        ("executionStoppedAt", task.execution_stopped_at),
        ("stoppedAt", task.stopped_at),
    ] {
        if let Some(at) = at {
            view[name] = json!(epoch_seconds(at));
        }
    }
    for (name, text) in [
        ("startedBy", task.started_by.as_deref()),
        ("stopCode", task.stop_code),
        ("stoppedReason", task.stopped_reason.as_deref()),
    ] {
        if let Some(text) = text {
            view[name] = json!(text);
        }
    }
    view
}

fn private_name(world: &World, address: &str) -> String {
    let dashed = address.replace('.', "-");
    match world.region.as_str() {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

fn container(task: &Task, container: &super::state::Container) -> Value {
    let started = task.started_at.is_some();
    let mut view = json!({
        "containerArn": format!("{}/{}", task.arn.replacen(":task/", ":container/", 1), container.id),
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "lastStatus": match task.last_status {
            _ if container.exit_code.is_some() => "STOPPED",
            "PROVISIONING" => "PENDING",
            status => status,
        },
        "networkInterfaces": [{
            "attachmentId": task.eni.attachment,
            "privateIpv4Address": task.eni.address,
        }],
        "networkBindings": [],
        "healthStatus": if container.checked { task.health } else { "UNKNOWN" },
        "cpu": container.cpu,
    });
    if started {
        view["runtimeId"] = json!(format!(
            "{}-{:010}",
            task.id,
            u64::from(container.id.as_bytes()[0]) * 26_592_782
        ));
        if let Some(digest) = &container.digest {
            view["imageDigest"] = json!(digest);
        }
    }
    if let Some(memory) = &container.memory {
        view["memory"] = json!(memory);
    }
    if let Some(code) = container.exit_code {
        view["exitCode"] = json!(code);
    }
    if let Some(reason) = &container.reason {
        view["reason"] = json!(reason);
    }
    view
}
