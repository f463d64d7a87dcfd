//! The service that the Terraform outputs describe if no service definition is given. The names of
//! the outputs are a stable contract (docs/ecs-deploy.md).

use serde_json::{Map, Value, json};

use super::error::DeclareError;
use super::names;

/// Terraform outputs by name.
pub type Outputs = Map<String, Value>;

/// A Fargate service in the private subnets, behind the target group, with a circuit breaker that
/// rolls back. Contains only what the outputs contain; empty without subnets.
pub(super) fn service(outputs: &Outputs) -> Result<Map<String, Value>, DeclareError> {
    let mut definition = Map::new();
    let Some(subnets) = list(outputs, "ecs_subnet_ids")? else {
        return Ok(definition);
    };
    let mut network = json!({"subnets": subnets, "assignPublicIp": "DISABLED"});
    if let Some(group) = text(outputs, "task_security_group_id")? {
        network["securityGroups"] = json!([group]);
    }
    definition.insert("launchType".into(), "FARGATE".into());
    definition.insert(
        "networkConfiguration".into(),
        json!({"awsvpcConfiguration": network}),
    );
    definition.insert(
        "deploymentConfiguration".into(),
        json!({
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true},
        }),
    );
    if let (Some(group), Some((name, port))) =
        (text(outputs, "target_group_arn")?, container(outputs)?)
    {
        definition.insert(
            "loadBalancers".into(),
            json!([{"targetGroupArn": group, "containerName": name, "containerPort": port}]),
        );
        definition.insert("healthCheckGracePeriodSeconds".into(), json!(60));
    }
    Ok(definition)
}

/// The container behind the load balancer, and its port.
pub(super) fn container(outputs: &Outputs) -> Result<Option<(String, Value)>, DeclareError> {
    let port = match outputs.get("container_port") {
        None | Some(Value::Null) => None,
        Some(Value::String(port)) if port.is_empty() => None,
        Some(Value::Number(port)) => Some(Value::Number(port.clone())),
        Some(Value::String(port)) if port.parse::<u16>().is_ok() => {
            port.parse::<u16>().ok().map(Value::from)
        }
        Some(other) => {
            return Err(DeclareError::Output {
                output: "container_port",
                is: names::kind(other),
                wanted: "a port",
            });
        }
    };
    Ok(text(outputs, "container_name")?.zip(port))
}

fn text(outputs: &Outputs, output: &'static str) -> Result<Option<String>, DeclareError> {
    match outputs.get(output) {
        None | Some(Value::Null) => Ok(None),
        // A configuration without this resource often has an empty output.
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(other) => Err(DeclareError::Output {
            output,
            is: names::kind(other),
            wanted: "a string",
        }),
    }
}

fn list(outputs: &Outputs, output: &'static str) -> Result<Option<Vec<Value>>, DeclareError> {
    match outputs.get(output) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list.clone())),
        Some(other) => Err(DeclareError::Output {
            output,
            is: names::kind(other),
            wanted: "a list",
        }),
    }
}
