//! What can be checked before anything changes, and how it is said: a table of what is right, what
//! is wrong, and who has to mend it.

use pipeline_io::plain_line;
use serde::Serialize;
use serde_json::Value;

use super::declaration::ServiceDeclaration;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    Good,
    Wrong,
    /// It could not be looked at.
    Unknown,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub found: Found,
    pub what: String,
    pub said: String,
    /// Who has to mend it, where it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mender: Option<&'static str>,
}

pub const INFRASTRUCTURE: &str = "the infrastructure";
pub const IMAGES: &str = "ecr-push";
pub const TASK_DEFINITION: &str = "the task definition";
pub const SERVICE_DEFINITION: &str = "the service definition";

impl Check {
    pub fn good(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self {
            found: Found::Good,
            what: what.into(),
            said: said.into(),
            mender: None,
        }
    }

    pub fn wrong(what: impl Into<String>, said: impl Into<String>, mender: &'static str) -> Self {
        Self {
            found: Found::Wrong,
            mender: Some(mender),
            ..Self::good(what, said)
        }
    }

    pub fn unknown(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self {
            found: Found::Unknown,
            ..Self::good(what, said)
        }
    }
}

/// The containers of a task definition.
pub fn containers(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["containerDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
}

/// Log groups that containers write to and that must be there before.
pub fn log_groups(definition: &Value) -> Vec<(String, Option<String>)> {
    let mut groups = Vec::new();
    for container in containers(definition) {
        let log = &container["logConfiguration"];
        let options = &log["options"];
        let makes_it = options["awslogs-create-group"] == "true";
        if let Some(group) = options["awslogs-group"].as_str()
            && log["logDriver"] == "awslogs"
            && !makes_it
        {
            let region = options["awslogs-region"].as_str().map(str::to_owned);
            let group = (group.to_owned(), region);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}

/// What the two documents say of each other: each load balancer's container and port must be there,
/// and tasks with addresses of their own need subnets.
pub fn documents(definition: &Value, service: &ServiceDeclaration) -> Vec<Check> {
    let mut checks = Vec::new();
    for balancer in balancers(service) {
        let name = balancer["containerName"].as_str().unwrap_or_default();
        let port = &balancer["containerPort"];
        let what = format!("container {name}:{port}");
        let ports = containers(definition)
            .find(|c| c["name"] == name)
            .map(|c| &c["portMappings"]);
        let has_port = |p: &Value| {
            p.as_array()
                .is_some_and(|p| p.iter().any(|p| p["containerPort"] == *port))
        };
        checks.push(match ports {
            None => Check::wrong(
                what,
                "the task definition has no such container",
                SERVICE_DEFINITION,
            ),
            Some(ports) if !has_port(ports) => Check::wrong(
                what,
                "the container does not map this port",
                TASK_DEFINITION,
            ),
            Some(_) => Check::good(what, "is in the task definition"),
        });
    }
    let network = service.definition.get("networkConfiguration");
    let subnets = network.and_then(|n| n["awsvpcConfiguration"]["subnets"].as_array());
    if definition["networkMode"] == "awsvpc" && !service.definition.is_empty() {
        checks.push(match subnets.map(Vec::len) {
            None | Some(0) => Check::wrong("subnets", "awsvpc tasks need some", SERVICE_DEFINITION),
            Some(n) => Check::good("subnets", format!("{n} are declared")),
        });
    }
    checks
}

/// A target group that a service declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    pub arn: &'a str,
    /// The one that the next deployment between blue and green takes: ECS puts it on the listener.
    pub is_alternate: bool,
}

/// The declared target groups.
pub fn groups(service: &ServiceDeclaration) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    for balancer in balancers(service) {
        let alternate = &balancer["advancedConfiguration"]["alternateTargetGroupArn"];
        for (arn, is_alternate) in [(&balancer["targetGroupArn"], false), (alternate, true)] {
            groups.extend(arn.as_str().map(|arn| Group { arn, is_alternate }));
        }
    }
    groups
}

/// The declared load balancers with a target group.
fn balancers(service: &ServiceDeclaration) -> impl Iterator<Item = &Value> {
    let declared = service
        .definition
        .get("loadBalancers")
        .and_then(Value::as_array);
    declared
        .into_iter()
        .flatten()
        .filter(|b| b["targetGroupArn"].is_string())
}

/// The capacity providers that a service declares and its cluster does not have.
pub fn missing_providers(service: &ServiceDeclaration, cluster: &Value) -> Vec<String> {
    let declared = service
        .definition
        .get("capacityProviderStrategy")
        .and_then(Value::as_array);
    let there = cluster["capacityProviders"].as_array();
    declared
        .into_iter()
        .flatten()
        .filter_map(|item| item["capacityProvider"].as_str())
        .filter(|name| !there.is_some_and(|there| there.iter().any(|t| t == name)))
        .map(str::to_owned)
        .collect()
}

/// The table.
pub fn table(checks: &[Check]) -> String {
    let width = checks
        .iter()
        .map(|c| c.what.chars().count())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let mark = match check.found {
            Found::Good => "ok",
            Found::Wrong => "WRONG",
            Found::Unknown => "?",
        };
        let mender = check
            .mender
            .map(|m| format!(" (mend: {m})"))
            .unwrap_or_default();
        let said = plain_line(&format!("{}{mender}", check.said));
        text.push_str(&format!(
            "{mark:<6} {:<width$}  {said}\n",
            plain_line(&check.what)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Found, documents, log_groups, missing_providers};
    use crate::plan::declaration::ServiceDeclaration;

    fn declared(definition: Value) -> ServiceDeclaration {
        ServiceDeclaration {
            cluster: "c".into(),
            service: "s".into(),
            definition: definition.as_object().cloned().expect("an object"),
        }
    }

    #[test]
    fn the_documents_must_name_the_same_container_and_port() {
        let definition = json!({"networkMode": "awsvpc", "containerDefinitions": [
            {"name": "app", "portMappings": [{"containerPort": 80}]}]});
        let found = |name: &str, port: u16, subnets: Value| {
            let service = declared(json!({
                "loadBalancers": [{"targetGroupArn": "g", "containerName": name, "containerPort": port}],
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}));
            documents(&definition, &service)
                .iter()
                .map(|c| c.found)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("app", 80, json!(["a"])), [Found::Good, Found::Good]);
        assert_eq!(found("web", 80, json!(["a"])), [Found::Wrong, Found::Good]);
        assert_eq!(found("app", 81, json!([])), [Found::Wrong, Found::Wrong]);
    }

    #[test]
    fn a_log_group_that_the_container_makes_need_not_be_there() {
        let log = |create: &str| {
            json!({"logConfiguration": {"logDriver": "awslogs",
            "options": {"awslogs-group": "/g", "awslogs-create-group": create}}})
        };
        assert_eq!(
            log_groups(&json!({"containerDefinitions": [log("true")]})),
            []
        );
        let twice = json!({"containerDefinitions": [log("false"), log("false")]});
        assert_eq!(log_groups(&twice), [("/g".to_owned(), None)]);
    }

    #[test]
    fn a_capacity_provider_must_be_the_clusters() {
        let service = declared(json!({"capacityProviderStrategy": [
            {"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}]}));
        let cluster = json!({"capacityProviders": ["FARGATE"]});
        assert_eq!(missing_providers(&service, &cluster), ["FARGATE_SPOT"]);
    }
}
