//! What ECS rejects, with its own messages.

use serde_json::{Map, Value};

use super::state::{Service, TaskDefinition, list};
use crate::wire::ApiError;
use crate::world::World;
use crate::{elb, sts};

pub(crate) fn parameter(message: &str) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

pub(crate) fn client(message: impl Into<String>) -> ApiError {
    ApiError::new("ClientException", message)
}

pub(crate) fn service_not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", "Service not found.")
}

/// Memory sizes (MiB) that Fargate offers for a number of CPU units; `None` if it has no such CPU size.
fn fargate_memory(cpu: u64) -> Option<Vec<u64>> {
    let by = |first: u64, last: u64, step: u64| {
        (first..=last)
            .step_by(step as usize)
            .map(|gib| gib * 1024)
            .collect()
    };
    Some(match cpu {
        256 => vec![512, 1024, 2048],
        512 => by(1, 4, 1),
        1024 => by(2, 8, 1),
        2048 => by(4, 16, 1),
        4096 => by(8, 30, 1),
        8192 => by(16, 60, 4),
        16384 => by(32, 120, 8),
        _ => return None,
    })
}

/// `0.5 vCPU` → 512, `1 GB` → 1024; plain numbers stay as they are.
pub(crate) fn units(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    for unit in ["vcpu", "gb"] {
        if let Some(number) = lower.strip_suffix(unit) {
            let number: f64 = number.trim().parse().ok()?;
            return Some((number * 1024.0).round() as u64);
        }
    }
    lower.parse().ok()
}

/// The task-level rules of Fargate.
pub(crate) fn fargate(document: &Map<String, Value>) -> Result<(), ApiError> {
    let is_fargate = list(document, "requiresCompatibilities")
        .iter()
        .any(|compatibility| compatibility == "FARGATE");
    if !is_fargate {
        return Ok(());
    }
    if document.get("networkMode") != Some(&Value::from("awsvpc")) {
        return Err(client("Fargate only supports network mode ‘awsvpc’."));
    }
    if !list(document, "placementConstraints").is_empty() {
        return Err(client(
            "Fargate does not support task placement constraints.",
        ));
    }
    let size = |name: &str| document.get(name).and_then(Value::as_str).and_then(units);
    let cpu = size("cpu")
        .ok_or_else(|| client("Fargate requires that 'cpu' be defined at the task level."))?;
    let memory = size("memory")
        .ok_or_else(|| client("Fargate requires that 'memory' be defined at the task level."))?;
    let Some(sizes) = fargate_memory(cpu) else {
        return Err(client(
            "Invalid 'cpu' setting for task. For more information, see the Troubleshooting \
             section of the Amazon ECS Developer Guide.",
        ));
    };
    if !sizes.contains(&memory) {
        return Err(client(format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory"
        )));
    }
    if document.contains_key("executionRoleArn") {
        return Ok(());
    }
    for container in list(document, "containerDefinitions") {
        if container["image"]
            .as_str()
            .is_some_and(|image| image.contains(".dkr.ecr"))
        {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support ECR images.",
            ));
        }
        if container["logConfiguration"]["logDriver"] == "awslogs" {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support log \
                 driver awslogs.",
            ));
        }
    }
    Ok(())
}

/// The containers' rules.
pub(crate) fn containers(document: &Map<String, Value>) -> Result<(), ApiError> {
    let containers = list(document, "containerDefinitions");
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    if containers.len() > 10 {
        return Err(client("Too many containers: at most 10 are supported."));
    }
    let awsvpc = document.get("networkMode") == Some(&Value::from("awsvpc"));
    let mut names: Vec<&str> = Vec::new();
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            return Err(client("Container.name should not be null or empty."));
        }
        if container["image"].as_str().unwrap_or_default().is_empty() {
            return Err(client("Container.image should not be null or empty."));
        }
        if names.contains(&name) {
            return Err(client(format!("Container name '{name}' is not unique")));
        }
        names.push(name);
        for port in container["portMappings"].as_array().into_iter().flatten() {
            let host = &port["hostPort"];
            if awsvpc && !host.is_null() && *host != port["containerPort"] {
                return Err(client(
                    "When networkMode=awsvpc, the host ports and container ports in port mappings \
                     must match.",
                ));
            }
        }
    }
    for container in containers {
        for dependency in container["dependsOn"].as_array().into_iter().flatten() {
            let on = dependency["containerName"].as_str().unwrap_or_default();
            if !names.contains(&on) {
                return Err(client(format!(
                    "Cannot depend on container + '{on}' because it does not exist\n"
                )));
            }
        }
    }
    Ok(())
}

/// iam:PassRole for the roles of a task definition.
pub(crate) fn pass_role(world: &World, document: &Map<String, Value>) -> Result<(), ApiError> {
    for name in ["executionRoleArn", "taskRoleArn"] {
        let Some(role) = document.get(name).and_then(Value::as_str) else {
            continue;
        };
        if world
            .ecs
            .settings
            .unpassable_roles
            .iter()
            .any(|r| r == role)
        {
            return Err(ApiError::new(
                "AccessDeniedException",
                format!(
                    "User: {} is not authorized to perform: iam:PassRole on resource: {role} \
                     because no identity-based policy allows the iam:PassRole action",
                    sts::account_caller(world)
                ),
            ));
        }
    }
    Ok(())
}

/// The rules of CreateService and UpdateService about members that depend on each other.
pub(crate) fn service(
    world: &World,
    config: &Map<String, Value>,
    definition: &TaskDefinition,
    creating: bool,
) -> Result<(), ApiError> {
    if creating && !definition.active {
        return Err(client("TaskDefinition is inactive"));
    }
    let fargate = config.get("launchType") == Some(&Value::from("FARGATE"))
        || list(config, "capacityProviderStrategy").iter().any(|item| {
            item["capacityProvider"]
                .as_str()
                .is_some_and(|p| p.starts_with("FARGATE"))
        });
    let compatible = list(&definition.document, "compatibilities");
    if fargate && !compatible.iter().any(|c| c == "FARGATE") {
        return Err(parameter(
            "Task definition does not support launch_type FARGATE.",
        ));
    }
    if definition.document.get("networkMode") == Some(&Value::from("awsvpc")) {
        let Some(network) = config.get("networkConfiguration") else {
            return Err(parameter(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        };
        if network["awsvpcConfiguration"]["subnets"]
            .as_array()
            .is_none_or(Vec::is_empty)
        {
            return Err(parameter("subnets can not be empty."));
        }
    }
    if config.get("enableExecuteCommand") == Some(&Value::Bool(true))
        && !definition.document.contains_key("taskRoleArn")
    {
        return Err(parameter(
            "The service couldn't be updated because a valid taskRoleArn is not being used. \
             Specify a valid task role in your task definition and try again.",
        ));
    }
    for balancer in list(config, "loadBalancers") {
        load_balancer(world, balancer, definition)?;
    }
    let staged = config
        .get("deploymentConfiguration")
        .and_then(|c| c["strategy"].as_str())
        .is_some_and(|strategy| strategy != "ROLLING");
    let plain = list(config, "loadBalancers")
        .iter()
        .any(|balancer| balancer["advancedConfiguration"].is_null());
    if staged && plain {
        return Err(parameter(
            "advancedConfiguration field is required for all loadBalancers when using a \
             non-ROLLING deployment strategy",
        ));
    }
    Ok(())
}

fn load_balancer(
    world: &World,
    balancer: &Value,
    definition: &TaskDefinition,
) -> Result<(), ApiError> {
    let name = balancer["containerName"].as_str().unwrap_or_default();
    let port = &balancer["containerPort"];
    let container = definition
        .containers()
        .iter()
        .find(|container| container["name"] == name)
        .ok_or_else(|| {
            parameter(&format!(
                "The container {name} does not exist in the task definition."
            ))
        })?;
    let mapped = container["portMappings"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|mapping| mapping["containerPort"] == *port);
    if !mapped {
        return Err(parameter(&format!(
            "The container {name} did not have a container port {port} defined."
        )));
    }
    let group = balancer["targetGroupArn"].as_str().unwrap_or_default();
    if !elb::on_listener(world, group) {
        return Err(parameter(&format!(
            "The target group with targetGroupArn {group} does not have an associated load \
             balancer."
        )));
    }
    Ok(())
}

/// What UpdateService rejects for a service that CodeDeploy controls.
pub(crate) fn controller(service: &Service, body: &Value, force: bool) -> Result<(), ApiError> {
    let code_deploy = service
        .config
        .get("deploymentController")
        .is_some_and(|controller| controller["type"] == "CODE_DEPLOY");
    if !code_deploy {
        return Ok(());
    }
    if !body["taskDefinition"].is_null() {
        return Err(parameter(
            "Unable to update task definition on services with a CODE_DEPLOY deployment \
             controller. Please use Code Deploy to trigger a new deployment.",
        ));
    }
    if force {
        return Err(parameter(
            "Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. \
             Use AWS CodeDeploy to trigger a new deployment.",
        ));
    }
    Ok(())
}
