//! Creates definitions from a running service, as a person would have written them. Values that are
//! Terraform outputs become placeholders.

use ecs_model::short_name;
use serde_json::{Map, Value};

use super::compare::holds;
use super::live::LiveService;
use super::members::{UpdatePath, Visibility, creatable, update_path, visibility};
use super::revision::{RegisteredRevision, user_tags, without_empty_lists};

/// Members with names that other files and flags repeat, so they never become placeholders.
const NAMES: [&str; 2] = ["name", "containerName"];

/// The task definition of a described revision, in a form that can be registered again.
pub fn task_definition(described: &Value, outputs: &Map<String, Value>) -> Value {
    let document = RegisteredRevision(described).document();
    with_placeholders(&document, "", outputs)
}

/// The service definition of a live service: the members that CreateService takes and that are not
/// defaults.
pub fn service(live: LiveService<'_>, outputs: &Map<String, Value>) -> Value {
    let primary = live.service["deployments"].as_array();
    let primary = primary.and_then(|d| d.iter().find(|d| d["status"] == "PRIMARY"));
    let mut definition = Map::new();
    let cluster = live.text("clusterArn").map(short_name);
    let names = [
        ("cluster", cluster),
        ("serviceName", live.text("serviceName")),
    ];
    for (member, name) in names {
        definition.extend(name.map(|name| (member.to_owned(), name.into())));
    }
    let is_daemon = live.text("schedulingStrategy") == Some("DAEMON");
    for member in creatable() {
        // ECS shows the count of a daemon service, but rejects it in a definition.
        if is_daemon && member == "desiredCount" {
            continue;
        }
        let seen = match visibility(member) {
            Visibility::Service => live.service.get(member),
            Visibility::Deployment => primary.and_then(|p| p.get(member)),
            Visibility::Revision => live.revision.and_then(|r| r.get(member)),
        };
        // The task definition has a file of its own.
        let is_own = matches!(
            update_path(member),
            Some(UpdatePath::Name | UpdatePath::Tags)
        ) || member == "taskDefinition";
        if let Some(value) = seen.filter(|v| !is_own && !holds(member, v, None)) {
            definition.insert(member.to_owned(), without_empty_lists(value));
        }
    }
    if let Some(tags) = user_tags(&live.service["tags"]) {
        definition.insert("tags".to_owned(), tags);
    }
    with_placeholders(&Value::Object(definition), "", outputs)
}

fn with_placeholders(value: &Value, member: &str, outputs: &Map<String, Value>) -> Value {
    if let Some(output) = output_of(value, member, outputs) {
        return Value::String(format!("${{tf.{output}}}"));
    }
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, v)| (name.clone(), with_placeholders(v, name, outputs)))
            .collect(),
        Value::Array(elements) => elements
            .iter()
            .map(|v| with_placeholders(v, member, outputs))
            .collect(),
        // Text that looks like a placeholder is escaped, so that it stays as it is.
        Value::String(text) => Value::String(text.replace("${", "$${")),
        other => other.clone(),
    }
}

/// The output with this value. If several have it, the one whose name is most similar to the
/// member's. A number, a boolean or a short word may be equal by coincidence, so it never becomes a
/// placeholder.
fn output_of<'o>(value: &Value, member: &str, outputs: &'o Map<String, Value>) -> Option<&'o str> {
    let is_telling = match value {
        Value::String(text) => text.chars().count() >= 4 && !NAMES.contains(&member),
        Value::Array(elements) => !elements.is_empty() && elements.iter().all(Value::is_string),
        _ => false,
    };
    let folded = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let member = folded(member);
    outputs
        .iter()
        .filter(|(_, output)| is_telling && same(value, output))
        .map(|(name, _)| name.as_str())
        .max_by_key(|name| {
            let name = folded(name);
            // `max_by_key` returns the last maximum; reversed names make it the first.
            (
                name == member,
                name.contains(&member) || member.contains(&name),
                std::cmp::Reverse(name),
            )
        })
}

/// Whether the values are equal; the order of lists does not matter.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let sorted = |list: &[Value]| {
                let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
                list.sort_unstable();
                list
            };
            sorted(one) == sorted(other)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{LiveService, service, task_definition};

    fn outputs() -> Map<String, Value> {
        let outputs = json!({"a_role": "arn:aws:iam::1:role/x", "execution_role_arn": "arn:aws:iam::1:role/x",
            "ecs_cluster_name": "prod", "ecs_subnet_ids": ["b", "a"], "container_port": 8080,
            "container_name": "application"});
        outputs.as_object().cloned().expect("an object")
    }

    #[test]
    fn a_revision_becomes_the_file_it_was_registered_from() {
        let described = json!({"tags": [{"key": "fargate-pipeline:digest", "value": "sha256:1"},
                {"key": "aws:x", "value": "1"}, {"key": "team", "value": "shop"}],
            "taskDefinition": {"family": "web", "taskDefinitionArn": "arn", "revision": 4, "status": "ACTIVE",
                "executionRoleArn": "arn:aws:iam::1:role/x", "volumes": [], "memberOfTomorrow": {"a": []},
                "containerDefinitions": [{"name": "application", "image": "app:1", "environment": [],
                    "command": ["sh", "-c", "echo ${HOME} ${tf.x}"], "portMappings": [{"containerPort": 8080}]}]}});
        assert_eq!(
            task_definition(&described, &outputs()),
            json!({"family": "web", "executionRoleArn": "${tf.execution_role_arn}", "memberOfTomorrow": {},
                "containerDefinitions": [{"name": "application", "image": "app:1",
                    "command": ["sh", "-c", "echo $${HOME} $${tf.x}"], "portMappings": [{"containerPort": 8080}]}],
                "tags": [{"key": "team", "value": "shop"}]})
        );
    }

    #[test]
    fn a_service_becomes_a_definition_as_a_person_would_write_it() {
        let live = json!({"serviceName": "web", "clusterArn": "arn:aws:ecs:r:1:cluster/prod", "status": "ACTIVE",
            "desiredCount": 2, "taskDefinition": "arn", "launchType": "FARGATE", "platformVersion": "LATEST",
            "schedulingStrategy": "REPLICA", "propagateTags": "NONE", "enableExecuteCommand": false,
            "roleArn": "arn:aws:iam::1:role/aws-service-role/x", "loadBalancers": [], "events": [],
            "deploymentController": {"type": "ECS"}, "placementStrategy": [],
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a", "b"], "assignPublicIp": "DISABLED"}},
            "deployments": [{"status": "PRIMARY", "serviceConnectConfiguration": {"enabled": true}}]});
        let live = LiveService {
            service: &live,
            revision: None,
        };
        assert_eq!(
            service(live, &outputs()),
            json!({"cluster": "${tf.ecs_cluster_name}", "serviceName": "web", "desiredCount": 2,
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": "${tf.ecs_subnet_ids}", "assignPublicIp": "DISABLED"}},
                "serviceConnectConfiguration": {"enabled": true}})
        );
    }

    #[test]
    fn the_definition_of_a_daemon_has_no_count() {
        let live =
            json!({"serviceName": "agent", "schedulingStrategy": "DAEMON", "desiredCount": 3});
        let live = LiveService {
            service: &live,
            revision: None,
        };
        assert_eq!(
            service(live, &Map::new()),
            json!({"serviceName": "agent", "schedulingStrategy": "DAEMON"})
        );
    }
}
