//! ListTasks, DescribeTasks, RunTask, StopTask.

use serde_json::{Map, Value, json};

use super::lookup::{cluster_of, page, service_of, short, strings, text};
use super::script::Stop;
use super::state::Task;
use super::task::{self, Origin};
use super::{one_off, shapes, task_definitions, task_view, validate};
use crate::elb;
use crate::wire::ApiError;
use crate::world::World;

pub(crate) fn list(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let service = match text(body, "serviceName") {
        Some(name) => Some(service_of(world, &cluster, name)?),
        None => None,
    };
    let started_by = text(body, "startedBy");
    if started_by.is_some() && (service.is_some() || text(body, "family").is_some()) {
        return Err(validate::parameter(
            "Only one of serviceName, family and startedBy can be specified.",
        ));
    }
    let family = text(body, "family");
    let desired = text(body, "desiredStatus").unwrap_or("RUNNING");
    let past = super::history::seen(world);
    let state = past.as_deref().unwrap_or(&world.ecs);
    let arns = state
        .tasks
        .iter()
        .filter(|task| {
            task.cluster == cluster.name
                && task.desired_status == desired
                && service.is_none_or_eq(task.service.as_deref())
                && started_by.is_none_or(|by| task.started_by.as_deref() == Some(by))
                && family.is_none_or(|family| task.family == family)
        })
        .map(|task| json!(task.arn))
        .collect();
    page(body, arns, "taskArns", 100, 100)
}

trait NoneOrEq {
    fn is_none_or_eq(&self, other: Option<&str>) -> bool;
}

impl NoneOrEq for Option<String> {
    fn is_none_or_eq(&self, other: Option<&str>) -> bool {
        self.is_none() || self.as_deref() == other
    }
}

pub(crate) fn describe(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let names = strings(body, "tasks");
    if names.is_empty() {
        return Err(validate::parameter("Tasks cannot be empty."));
    }
    if names.len() > 100 {
        return Err(validate::parameter(
            "At most 100 tasks can be described in one call.",
        ));
    }
    let with_tags = strings(body, "include").contains(&"TAGS");
    let past = super::history::seen(world);
    let world = &*world;
    let state = past.as_deref().unwrap_or(&world.ecs);
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        let seen = state
            .tasks
            .iter()
            .find(|task| task.cluster == cluster.name && task.id == short(name));
        match seen {
            Some(task) => found.push(task_view::task(world, task, with_tags)),
            None => {
                let arn = world.arn("ecs", &format!("task/{}/{}", cluster.name, short(name)));
                failures.push(json!({"arn": arn, "reason": "MISSING"}));
            }
        }
    }
    Ok(json!({"tasks": found, "failures": failures}))
}

pub(crate) fn run(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let known = shapes::known("RunTaskRequest", body)?;
    let definition = task_definitions::find(world, text(&known, "taskDefinition").unwrap_or(""))?;
    if !definition.active {
        return Err(validate::client("TaskDefinition is inactive"));
    }
    let count = known["count"].as_u64().unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(validate::parameter("count must be between 1 and 10"));
    }
    validate::pass_role(world, &definition.document)?;
    if definition.document.get("networkMode") == Some(&json!("awsvpc"))
        && known["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
            .as_array()
            .is_none_or(Vec::is_empty)
    {
        return Err(validate::parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    }
    for named in known["overrides"]["containerOverrides"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = named["name"].as_str().unwrap_or_default();
        if !definition.containers().iter().any(|c| c["name"] == name) {
            return Err(validate::parameter(&format!(
                "Override for container named {name} is not a container in the TaskDefinition."
            )));
        }
    }
    if let Some(again) = again(world, &known)? {
        return Ok(again);
    }
    let config: Map<String, Value> = ["networkConfiguration", "capacityProviderStrategy"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), known.get(name)?.clone())))
        .collect();
    let family = definition
        .document
        .get("family")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut arns = Vec::new();
    for _ in 0..count {
        let origin = Origin {
            cluster: &cluster.name,
            task_definition: &definition.arn,
            service: None,
            started_by: text(&known, "startedBy").map(Into::into),
            group: text(&known, "group").map_or_else(|| format!("family:{family}"), Into::into),
            config: config.clone(),
            overrides: known["overrides"].clone(),
            tags: known["tags"].as_array().cloned().unwrap_or_default(),
        };
        if let Some(arn) = task::create(world, origin) {
            one_off::follow(world, &arn);
            arns.push(arn);
        }
    }
    if let Some(token) = text(&known, "clientToken") {
        let entry = (known.clone(), arns.clone());
        world.ecs.run_tokens.insert(token.to_owned(), entry);
    }
    Ok(answer(world, &arns))
}

/// The same token again returns the same tasks, or a conflict if the request differs.
fn again(world: &World, known: &Value) -> Result<Option<Value>, ApiError> {
    let token = text(known, "clientToken");
    let Some((asked, arns)) = token.and_then(|token| world.ecs.run_tokens.get(token)) else {
        return Ok(None);
    };
    if asked == known {
        Ok(Some(answer(world, arns)))
    } else {
        Err(ApiError::new(
            "ConflictException",
            "The request conflicts with an earlier one of the same client token.",
        ))
    }
}

fn answer(world: &World, arns: &[String]) -> Value {
    let tasks: Vec<Value> = world
        .ecs
        .tasks
        .iter()
        .filter(|task| arns.contains(&task.arn))
        .map(|task| task_view::task(world, task, true))
        .collect();
    json!({"tasks": tasks, "failures": []})
}

pub(crate) fn stop(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let id = short(text(body, "task").unwrap_or(""));
    let missing = || validate::parameter("The referenced task was not found.");
    let task: &Task = world
        .ecs
        .tasks
        .iter()
        .find(|task| task.cluster == cluster.name && task.id == id)
        .ok_or_else(missing)?;
    if !task.alive() {
        return Err(validate::parameter(
            "The referenced task was already stopped.",
        ));
    }
    let arn = task.arn.clone();
    let stop = Stop {
        code: Some("UserInitiated"),
        reason: text(body, "reason")
            .unwrap_or("Task stopped by user")
            .into(),
        exit_code: task.started_at.map(|_| 143),
        container_reason: None,
    };
    world.ecs.unplan(&super::state::Subject::Task(arn.clone()));
    elb::deregister_task(world, &arn);
    task::stop(world, &arn, &stop);
    let stopped = world.ecs.tasks.iter().find(|task| task.arn == arn);
    let stopped = stopped.ok_or_else(missing)?;
    Ok(json!({"task": task_view::task(world, stopped, false)}))
}
