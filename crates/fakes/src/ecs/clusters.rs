//! DescribeClusters, ListClusters, and the tags of every resource that has an ARN.

use serde_json::{Value, json};

use super::lookup::{page, short, strings, text};
use super::validate;
use crate::wire::ApiError;
use crate::world::World;

pub(crate) fn describe(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let mut names = strings(body, "clusters");
    if names.is_empty() {
        names.push("default");
    }
    let with_tags = strings(body, "include").contains(&"TAGS");
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        let cluster = world.ecs.clusters.iter().find(|c| c.name == short(name));
        let Some(cluster) = cluster else {
            let arn = world.arn("ecs", &format!("cluster/{}", short(name)));
            failures.push(json!({"arn": arn, "reason": "MISSING"}));
            continue;
        };
        let of = |test: fn(&super::state::Task) -> bool| {
            let tasks = world.ecs.tasks.iter();
            tasks
                .filter(|task| task.cluster == cluster.name && test(task))
                .count()
        };
        let services = world.ecs.services.iter();
        found.push(json!({
            "clusterArn": cluster.arn,
            "clusterName": cluster.name,
            "status": cluster.status,
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": of(super::state::Task::running),
            "pendingTasksCount": of(super::state::Task::pending),
            "activeServicesCount": services
                .filter(|s| s.cluster == cluster.name && s.status == "ACTIVE").count(),
            "statistics": [],
            "tags": if with_tags { cluster.tags.clone() } else { Vec::new() },
            "settings": [],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [],
        }));
    }
    Ok(json!({"clusters": found, "failures": failures}))
}

pub(crate) fn list(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let clusters = world.ecs.clusters.iter();
    let arns = clusters.map(|cluster| json!(cluster.arn)).collect();
    page(body, arns, "clusterArns", 100, 100)
}

/// The tags of the resource with this ARN.
fn tags_of<'w>(world: &'w mut World, arn: &str) -> Result<&'w mut Vec<Value>, ApiError> {
    let ecs = &mut world.ecs;
    let clusters = ecs.clusters.iter_mut().map(|c| (&c.arn, &mut c.tags));
    let services = ecs.services.iter_mut().map(|s| (&s.arn, &mut s.tags));
    let tasks = ecs.tasks.iter_mut().map(|t| (&t.arn, &mut t.tags));
    let definitions = ecs.families.values_mut().flatten();
    let definitions = definitions.map(|d| (&d.arn, &mut d.tags));
    clusters
        .chain(services)
        .chain(tasks)
        .chain(definitions)
        .find(|(known, _)| *known == arn)
        .map(|(_, tags)| tags)
        .ok_or_else(|| validate::parameter("The specified resource was not found."))
}

pub(crate) fn tag(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let new = body["tags"].as_array().cloned().unwrap_or_default();
    let tags = tags_of(world, text(body, "resourceArn").unwrap_or(""))?;
    for tag in new {
        tags.retain(|known| known["key"] != tag["key"]);
        tags.push(tag);
    }
    match tags.len() {
        0..=50 => Ok(json!({})),
        _ => Err(ApiError::new(
            "LimitExceededException",
            "A resource can have at most 50 tags.",
        )),
    }
}

pub(crate) fn untag(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let keys = strings(body, "tagKeys");
    let tags = tags_of(world, text(body, "resourceArn").unwrap_or(""))?;
    tags.retain(|tag| !tag["key"].as_str().is_some_and(|key| keys.contains(&key)));
    Ok(json!({}))
}

pub(crate) fn tags(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let tags = tags_of(world, text(body, "resourceArn").unwrap_or(""))?;
    Ok(json!({"tags": tags}))
}
