//! RegisterTaskDefinition, and the operations that read and deregister revisions.

use serde_json::{Map, Value, json};

use super::lookup::{page, short, strings, text};
use super::state::TaskDefinition;
use super::{shapes, validate};
use crate::clock::epoch_seconds;
use crate::sts;
use crate::wire::ApiError;
use crate::world::World;

/// The largest task definition, in bytes of JSON.
const LARGEST: usize = 64 * 1024;

pub(crate) fn not_found() -> ApiError {
    validate::client("TaskDefinition not found.")
}

/// By ARN, `family:revision`, or `family` (its newest active revision).
pub(crate) fn find(world: &World, name: &str) -> Result<TaskDefinition, ApiError> {
    let name = short(name);
    let (family, revision) = match name.split_once(':') {
        Some((family, revision)) => (family, Some(revision)),
        None => (name, None),
    };
    let revisions = world.ecs.families.get(family).ok_or_else(not_found)?;
    let found = match revision {
        None => revisions.iter().rev().find(|revision| revision.active),
        Some(revision) => revision
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1))
            .and_then(|index| revisions.get(index)),
    };
    found.cloned().ok_or_else(not_found)
}

pub(crate) fn register(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    if body.to_string().len() > LARGEST {
        return Err(validate::client(
            "Task definition is too large: at most 64 KiB are supported.",
        ));
    }
    let known = shapes::known("RegisterTaskDefinitionRequest", body)?;
    let Value::Object(mut document) = known else {
        return Err(not_found());
    };
    let family = text(body, "family")
        .ok_or_else(|| validate::client("Family should not be null or empty."))?
        .to_owned();
    validate::containers(&document)?;
    validate::fargate(&document)?;
    validate::pass_role(world, &document)?;
    let tags = document.remove("tags");
    let number = world.ecs.families.get(&family).map_or(0, Vec::len) + 1;
    let arn = world.arn("ecs", &format!("task-definition/{family}:{number}"));
    let defaults = defaulted(&mut document);
    let mut all = Map::new();
    all.insert("taskDefinitionArn".into(), json!(arn));
    all.insert("revision".into(), json!(number));
    all.insert("status".into(), json!("ACTIVE"));
    all.extend(document);
    all.extend(defaults);
    all.insert("registeredAt".into(), json!(epoch_seconds(world.now)));
    all.insert("registeredBy".into(), json!(sts::account_caller(world)));
    let definition = TaskDefinition {
        arn,
        document: all,
        tags: tags
            .and_then(|tags| tags.as_array().cloned())
            .unwrap_or_default(),
        active: true,
    };
    let answer = shown(&definition, true);
    world
        .ecs
        .families
        .entry(family)
        .or_default()
        .push(definition);
    Ok(answer)
}

/// Adds AWS's defaults: those of the containers in place; those of the task are returned.
fn defaulted(document: &mut Map<String, Value>) -> Map<String, Value> {
    for name in ["cpu", "memory"] {
        let size = document.get(name).and_then(Value::as_str);
        if let Some(units) = size.and_then(validate::units) {
            document.insert(name.into(), json!(units.to_string()));
        }
    }
    let awsvpc = document.get("networkMode") == Some(&json!("awsvpc"));
    let mut logging = false;
    let containers = document.get_mut("containerDefinitions");
    for container in containers
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        for (name, value) in [
            ("cpu", json!(0)),
            ("portMappings", json!([])),
            ("essential", json!(true)),
            ("environment", json!([])),
            ("mountPoints", json!([])),
            ("volumesFrom", json!([])),
            ("systemControls", json!([])),
        ] {
            container.entry(name).or_insert(value);
        }
        let ports = container.get_mut("portMappings");
        for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
            if port["protocol"].is_null() {
                port["protocol"] = json!("tcp");
            }
            if awsvpc && port["hostPort"].is_null() {
                port["hostPort"] = port["containerPort"].clone();
            }
        }
        logging |= container
            .get("logConfiguration")
            .is_some_and(|log| log["logDriver"] == "awslogs");
    }
    for name in ["volumes", "placementConstraints"] {
        document.entry(name).or_insert_with(|| json!([]));
    }
    let mut attributes =
        vec![json!({"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"})];
    if logging {
        attributes.push(json!({"name": "com.amazonaws.ecs.capability.logging-driver.awslogs"}));
        attributes.push(json!({"name": "ecs.capability.execution-role-awslogs"}));
    }
    if document.contains_key("taskRoleArn") {
        attributes.push(json!({"name": "com.amazonaws.ecs.capability.task-iam-role"}));
    }
    if awsvpc {
        attributes.push(json!({"name": "ecs.capability.task-eni"}));
    }
    let sized = document.contains_key("cpu") && document.contains_key("memory");
    let mut filled = Map::new();
    filled.insert("requiresAttributes".into(), json!(attributes));
    filled.insert(
        "compatibilities".into(),
        if awsvpc && sized {
            json!(["EC2", "FARGATE"])
        } else {
            json!(["EC2"])
        },
    );
    filled
}

fn shown(definition: &TaskDefinition, with_tags: bool) -> Value {
    let mut view = json!({"taskDefinition": definition.document});
    if with_tags && !definition.tags.is_empty() {
        view["tags"] = json!(definition.tags);
    }
    view
}

pub(crate) fn describe(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let definition = find(world, text(body, "taskDefinition").unwrap_or(""))
        .map_err(|_| validate::client("Unable to describe task definition."))?;
    let with_tags = strings(body, "include").contains(&"TAGS");
    Ok(shown(&definition, with_tags))
}

pub(crate) fn deregister(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let name = text(body, "taskDefinition").unwrap_or("");
    if !short(name).contains(':') {
        return Err(validate::parameter(
            "Task definition must be specified with a revision: family:revision or its full ARN.",
        ));
    }
    let found = find(world, name)?;
    let now = world.now;
    let (_, full) = found.arn.rsplit_once('/').unwrap_or(("", &found.arn));
    let (family, _) = full.split_once(':').unwrap_or((full, ""));
    let revisions = world.ecs.families.get_mut(family);
    let definition = revisions
        .into_iter()
        .flatten()
        .find(|definition| definition.arn == found.arn)
        .ok_or_else(not_found)?;
    if definition.active {
        definition.active = false;
        definition
            .document
            .insert("status".into(), json!("INACTIVE"));
        definition
            .document
            .insert("deregisteredAt".into(), json!(epoch_seconds(now)));
    }
    Ok(shown(definition, false))
}

pub(crate) fn list(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let active = match text(body, "status") {
        None | Some("ACTIVE") => true,
        Some("INACTIVE") => false,
        Some(other) => return Err(validate::parameter(&format!("Invalid status: {other}"))),
    };
    let prefix = text(body, "familyPrefix");
    let mut arns: Vec<Value> = world
        .ecs
        .families
        .iter()
        .filter(|(family, _)| prefix.is_none_or(|prefix| prefix == family.as_str()))
        .flat_map(|(_, revisions)| revisions)
        .filter(|definition| definition.active == active)
        .map(|definition| json!(definition.arn))
        .collect();
    if text(body, "sort") == Some("DESC") {
        arns.reverse();
    }
    page(body, arns, "taskDefinitionArns", 100, 100)
}
