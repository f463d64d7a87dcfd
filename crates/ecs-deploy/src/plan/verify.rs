//! Checks before anything changes, and the table of their results: what is right, what is wrong, and
//! where to fix it.

use pipeline_io::plain_line;
use serde::Serialize;
use serde_json::Value;

use super::declaration::ServiceDeclaration;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    Good,
    Wrong,
    /// It could not be checked.
    Unknown,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    pub found: CheckResult,
    pub what: String,
    pub detail: String,
    /// Where to fix it, if it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_in: Option<&'static str>,
}

pub const INFRASTRUCTURE: &str = "the infrastructure";
pub const IMAGES: &str = "ecr-push";
pub const TASK_DEFINITION: &str = "the task definition";
pub const SERVICE_DEFINITION: &str = "the service definition";

impl Check {
    pub fn good(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            found: CheckResult::Good,
            what: what.into(),
            detail: detail.into(),
            fix_in: None,
        }
    }

    pub fn wrong(what: impl Into<String>, detail: impl Into<String>, fix_in: &'static str) -> Self {
        Self {
            found: CheckResult::Wrong,
            fix_in: Some(fix_in),
            ..Self::good(what, detail)
        }
    }

    /// What is wrong and where to fix it, in one line.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.what, self.detail_with_fix())
    }

    fn detail_with_fix(&self) -> String {
        match self.fix_in {
            Some(fix_in) => format!("{} (fix in: {fix_in})", self.detail),
            None => self.detail.clone(),
        }
    }

    pub fn unknown(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            found: CheckResult::Unknown,
            ..Self::good(what, detail)
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

/// The log groups that must exist before the containers start, each with its region if given.
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

/// A declared target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroupRef<'a> {
    pub arn: &'a str,
    /// The target group of the next blue/green deployment, which ECS attaches to the listener
    /// itself.
    pub is_alternate: bool,
}

/// The declared target groups.
pub fn groups(service: &ServiceDeclaration) -> Vec<TargetGroupRef<'_>> {
    let mut groups = Vec::new();
    for balancer in balancers(service) {
        let alternate = &balancer["advancedConfiguration"]["alternateTargetGroupArn"];
        for (arn, is_alternate) in [(&balancer["targetGroupArn"], false), (alternate, true)] {
            groups.extend(arn.as_str().map(|arn| TargetGroupRef { arn, is_alternate }));
        }
    }
    groups
}

/// The declared load balancers with a target group.
pub fn balancers(service: &ServiceDeclaration) -> impl Iterator<Item = &Value> {
    let declared = service
        .definition
        .get("loadBalancers")
        .and_then(Value::as_array);
    declared
        .into_iter()
        .flatten()
        .filter(|b| b["targetGroupArn"].is_string())
}

/// The declared capacity providers that the cluster does not have.
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

/// The table for people.
pub fn table(checks: &[Check]) -> String {
    let width = checks
        .iter()
        .map(|c| c.what.chars().count())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let mark = match check.found {
            CheckResult::Good => "ok",
            CheckResult::Wrong => "WRONG",
            CheckResult::Unknown => "?",
        };
        let detail = plain_line(&check.detail_with_fix());
        text.push_str(&format!(
            "{mark:<6} {:<width$}  {detail}\n",
            plain_line(&check.what)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{log_groups, missing_providers};
    use crate::plan::declaration::ServiceDeclaration;

    fn declared(definition: Value) -> ServiceDeclaration {
        ServiceDeclaration {
            cluster: "c".into(),
            service: "s".into(),
            definition: definition.as_object().cloned().expect("an object"),
        }
    }

    #[test]
    fn a_log_group_that_the_container_creates_need_not_exist() {
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
