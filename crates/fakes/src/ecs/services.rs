//! CreateService, UpdateService, DeleteService, DescribeServices, ListServices.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::lookup::{cluster_of, page, service_of, strings, text};
use super::script::Change;
use super::state::{Service, Subject, list};
use super::{begin, deploy, shapes, task_definitions, validate, view};
use crate::sts;
use crate::wire::ApiError;
use crate::world::World;

/// Members that start a deployment when UpdateService changes them.
const DEPLOYING: [&str; 8] = [
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// Members that are not stored as configuration.
const APART: [&str; 9] = [
    "clientToken",
    "cluster",
    "desiredCount",
    "forceNewDeployment",
    "role",
    "service",
    "serviceName",
    "tags",
    "taskDefinition",
];

pub(crate) fn create(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let known = shapes::known("CreateServiceRequest", body)?;
    let name = text(&known, "serviceName")
        .ok_or_else(|| validate::parameter("Service name cannot be blank."))?
        .to_owned();
    let arn = world.arn("ecs", &format!("service/{}/{name}", cluster.name));
    let mut asked = known.clone();
    if let Some(members) = asked.as_object_mut() {
        members.remove("clientToken");
    }
    match world.ecs.service(&arn) {
        Some(there) if there.status == "DRAINING" => {
            return Err(validate::parameter(
                "Unable to Start a service that is still Draining.",
            ));
        }
        Some(there) if there.status == "ACTIVE" => {
            if there.created_from == asked {
                return Ok(json!({"service": view::service(world, &world.ecs, there, false)}));
            }
            return Err(validate::parameter(
                "Creation of service was not idempotent.",
            ));
        }
        _ => {}
    }
    let definition = task_definitions::find(world, text(&known, "taskDefinition").unwrap_or(""))?;
    let config: Map<String, Value> = members(&known)
        .filter(|(name, value)| !APART.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    validate::service(world, &config, &definition, true)?;
    let service = Service {
        created_by: sts::account_caller(world),
        name,
        arn: arn.clone(),
        cluster: cluster.name,
        status: "ACTIVE",
        desired: known["desiredCount"].as_u64().unwrap_or(0) as usize,
        config,
        created_from: asked,
        task_definition: definition.arn,
        created_at: world.now,
        deployments: Vec::new(),
        service_deployments: Vec::new(),
        revisions: Vec::new(),
        events: std::collections::VecDeque::new(),
        tags: list_of(&known, "tags"),
        stable: None,
    };
    world.ecs.services.retain(|there| there.arn != arn);
    world.ecs.services.push(service);
    begin::start(world, &arn);
    answer(world, &arn)
}

pub(crate) fn update(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let arn = service_of(world, &cluster, text(body, "service").unwrap_or(""))?;
    let known = shapes::known("UpdateServiceRequest", body)?;
    let Some(service) = world.ecs.service(&arn).cloned() else {
        return Err(validate::service_not_found());
    };
    if service.status != "ACTIVE" {
        return Err(ApiError::new(
            "ServiceNotActiveException",
            "Service was not ACTIVE.",
        ));
    }
    let force = known["forceNewDeployment"] == true;
    validate::controller(&service, &known, force)?;
    let definition = match text(&known, "taskDefinition") {
        Some(named) => {
            let definition = task_definitions::find(world, named)?;
            if !definition.active {
                return Err(ApiError::new(
                    "ClientException",
                    "TaskDefinition is inactive",
                ));
            }
            definition
        }
        None => world
            .ecs
            .task_definition(&service.task_definition)
            .cloned()
            .ok_or_else(task_definitions::not_found)?,
    };
    let mut config = service.config.clone();
    let mut deploys = force || definition.arn != service.task_definition;
    for (name, value) in members(&known) {
        if APART.contains(&name.as_str()) {
            continue;
        }
        let merged = merged(config.get(name), name, value);
        if name == "capacityProviderStrategy" && config.get(name) != Some(&merged) && !force {
            return Err(validate::parameter(
                "When switching from launch type to capacity provider strategy on an existing service, \
                 or making a change to a capacity provider strategy on a service that is already \
                 using one, you must force a new deployment.",
            ));
        }
        if DEPLOYING.contains(&name.as_str()) && config.get(name) != Some(&merged) {
            deploys |= !is_empty(&merged) || config.contains_key(name);
        }
        // An empty list removes the attribute.
        if is_empty(&merged) {
            config.remove(name)
        } else {
            config.insert(name.clone(), merged)
        };
        if name == "capacityProviderStrategy" {
            config.remove("launchType");
        }
    }
    validate::service(world, &config, &definition, false)?;
    let desired = known["desiredCount"].as_u64().map(|count| count as usize);
    if let Some(service) = world.ecs.service_mut(&arn) {
        service.config = config;
        service.task_definition = definition.arn;
        if let Some(desired) = desired
            && deploys
        {
            service.desired = desired;
        }
    }
    if deploys {
        begin::start(world, &arn);
    } else if let Some(desired) = desired
        && desired != service.desired
    {
        deploy::scale(world, &arn, desired);
    }
    answer(world, &arn)
}

/// If only some members of an object are declared, the others keep their values.
fn merged(present: Option<&Value>, name: &str, value: &Value) -> Value {
    match (name, present, value) {
        ("deploymentConfiguration", Some(Value::Object(present)), Value::Object(value)) => {
            let mut merged = present.clone();
            merged.extend(value.clone());
            Value::Object(merged)
        }
        _ => value.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

pub(crate) fn delete(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let arn = service_of(world, &cluster, text(body, "service").unwrap_or(""))?;
    let force = body["force"] == true;
    let now = world.now;
    let Some(service) = world.ecs.service_mut(&arn) else {
        return Err(validate::service_not_found());
    };
    if service.status == "INACTIVE" {
        return Err(validate::service_not_found());
    }
    if service.desired > 0 && !force {
        return Err(validate::parameter(
            "The service cannot be stopped while it is scaled above 0.",
        ));
    }
    service.status = "DRAINING";
    service.desired = 0;
    let numbers: Vec<u64> = service.deployments.iter().map(|d| d.number).collect();
    for deployment in &mut service.deployments {
        deployment.desired = 0;
    }
    for number in numbers {
        world.ecs.unplan(&Subject::Deployment {
            service: arn.clone(),
            number,
        });
    }
    let subject = Subject::Service(arn.clone());
    world
        .ecs
        .plan(now + Duration::from_millis(500), subject, Change::Retire);
    answer(world, &arn)
}

fn answer(world: &World, arn: &str) -> Result<Value, ApiError> {
    let service = world
        .ecs
        .service(arn)
        .ok_or_else(validate::service_not_found)?;
    Ok(json!({"service": view::service(world, &world.ecs, service, false)}))
}

pub(crate) fn describe(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let names = strings(body, "services");
    if names.is_empty() {
        return Err(validate::parameter("Services cannot be empty."));
    }
    if names.len() > 10 {
        return Err(validate::parameter(
            "At most 10 services can be described in one call.",
        ));
    }
    let with_tags = strings(body, "include").contains(&"TAGS");
    let past = super::history::seen(world);
    let world = &*world;
    let state = past.as_deref().unwrap_or(&world.ecs);
    let mut services = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else {
            world.arn("ecs", &format!("service/{}/{name}", cluster.name))
        };
        match state.service(&arn) {
            Some(service) if service.cluster == cluster.name => {
                let mut seen = view::service(world, state, service, true);
                if with_tags && !service.tags.is_empty() {
                    seen["tags"] = json!(service.tags);
                }
                services.push(seen);
            }
            _ => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({"services": services, "failures": failures}))
}

pub(crate) fn list_services(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let arns: Vec<Value> = world
        .ecs
        .services
        .iter()
        .filter(|service| service.cluster == cluster.name && service.status != "INACTIVE")
        .map(|service| json!(service.arn))
        .collect();
    page(body, arns, "serviceArns", 10, 100)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list_of(value: &Value, name: &str) -> Vec<Value> {
    value
        .as_object()
        .map(|members| list(members, name).to_vec())
        .unwrap_or_default()
}
