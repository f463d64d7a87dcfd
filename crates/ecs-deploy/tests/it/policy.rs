//! The published policies: they allow every recorded call, resource by resource, and contain
//! nothing unused.

mod needs;

use std::collections::BTreeSet;

use fakes::Recorded;
use serde_json::Value;

use crate::scene::Scene;
use needs::{Need, needs};

const POLICIES: [(&str, &str); 11] = [
    (
        "verify",
        include_str!("../../../../docs/policies/ecs-deploy-verify.json"),
    ),
    (
        "init",
        include_str!("../../../../docs/policies/ecs-deploy-init.json"),
    ),
    (
        "dry-run",
        include_str!("../../../../docs/policies/ecs-deploy-dry-run.json"),
    ),
    (
        "deploy",
        include_str!("../../../../docs/policies/ecs-deploy.json"),
    ),
    (
        "tasks",
        include_str!("../../../../docs/policies/ecs-deploy-tasks.json"),
    ),
    (
        "rollback",
        include_str!("../../../../docs/policies/ecs-deploy-rollback.json"),
    ),
    (
        "continue",
        include_str!("../../../../docs/policies/ecs-deploy-continue.json"),
    ),
    (
        "stop",
        include_str!("../../../../docs/policies/ecs-deploy-stop.json"),
    ),
    (
        "wait",
        include_str!("../../../../docs/policies/wait-healthy.json"),
    ),
    (
        "delete",
        include_str!("../../../../docs/policies/ecs-deploy-delete.json"),
    ),
    (
        "prune",
        include_str!("../../../../docs/policies/ecs-deploy-prune.json"),
    ),
];

/// The values of the policies' variables in the scenes.
const PLACES: [(&str, &str); 8] = [
    ("INFRASTRUCTURE_ROLE", "ecs-infrastructure"),
    ("EXECUTION_ROLE", "exec"),
    ("TASK_ROLE", "web-task"),
    ("LOG_GROUP", "/web"),
    ("REPOSITORY", "app"),
    ("ACCOUNT", "123456789012"),
    ("FAMILY", "web"),
    ("REGION", "eu-central-1"),
];

/// The policies that a command line needs.
pub fn of(args: &[&str]) -> Vec<&'static str> {
    let has = |flag: &str| args.contains(&flag);
    let sub = ["rollback", "continue", "stop", "delete", "init", "verify"];
    let mut needed = match sub.into_iter().find(|sub| has(sub)) {
        // A deployment checks whether this role can also wait for it.
        Some("rollback") => vec!["rollback", "wait"],
        Some(sub) => vec![sub],
        None if has("--dry-run") => vec!["dry-run"],
        None => vec!["deploy", "wait"],
    };
    if has("--pre-deploy-task") || has("--post-deploy-task") {
        needed.push("tasks");
    }
    if has("--keep-revisions") {
        needed.push("prune");
    }
    needed
}

/// Asserts that the policies of the command line allow every recorded call.
pub fn check(requests: &[Recorded], args: &[&str]) {
    let policies = of(args);
    // A policy is for one service: the one on the command line.
    let given = |flag: &str, default| {
        let at = args.iter().position(|arg| *arg == flag);
        at.and_then(|at| args.get(at + 1).copied())
            .unwrap_or(default)
    };
    let own = (given("--cluster", "prod"), given("--service", "web"));
    let allowed: Vec<Value> = policies.iter().map(|name| policy_for(name, own)).collect();
    for need in requests.iter().flat_map(|r| needs(r, requests)) {
        assert!(
            allowed.iter().any(|policy| allows(policy, &need)),
            "{} on {} is in none of {policies:?}",
            need.action,
            need.resource
        );
    }
}

fn policy(name: &str) -> Value {
    policy_for(name, ("prod", "web"))
}

fn policy_for(name: &str, (cluster, service): (&str, &str)) -> Value {
    let (_, text) = POLICIES.iter().find(|(n, _)| *n == name).unwrap();
    let mut text = (*text).to_owned();
    let own = [("CLUSTER", cluster), ("SERVICE", service)];
    for (place, value) in PLACES.into_iter().chain(own) {
        // A variable is a whole word, e.g. between `:` and `/`, so that Sids do not change.
        for (before, after) in [(":", ":"), ("/", "\""), ("/", "/"), ("/", ":"), (":", "\"")] {
            let from = format!("{before}{place}{after}");
            text = text.replace(&from, &format!("{before}{value}{after}"));
        }
    }
    serde_json::from_str(&text).unwrap()
}

fn allows(policy: &Value, need: &Need) -> bool {
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .any(|statement| {
            let is_cluster = match &statement["Condition"]["ArnEquals"]["ecs:cluster"] {
                Value::String(cluster) => cluster.ends_with(&format!("/{}", need.cluster)),
                _ => true,
            };
            let named =
                |member: &str, wanted: &str| texts(&statement[member]).any(|p| fits(p, wanted));
            let is_passed = match &statement["Condition"]["StringEquals"]["iam:PassedToService"] {
                Value::String(service) => service == need.passed_to,
                _ => true,
            };
            named("Action", &need.action)
                && named("Resource", &need.resource)
                && is_cluster
                && is_passed
        })
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let one = value.as_str().into_iter();
    one.chain(
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str),
    )
}

/// Matches like IAM's wildcard.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| fits(tail, &rest[at..]))
        }),
    }
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements
        .flat_map(|s| texts(&s["Action"]).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The actions that the calls of a scene needed.
pub fn used(scene: &Scene) -> BTreeSet<String> {
    let requests = scene.cloud.requests();
    let needs = requests.iter().flat_map(|r| needs(r, &requests));
    needs.map(|need| need.action).collect()
}

pub fn is_all_used(name: &str, used: &BTreeSet<String>) {
    let unused: Vec<_> = actions(&policy(name)).difference(used).cloned().collect();
    assert!(
        unused.is_empty(),
        "{name} allows what nothing needs: {unused:?}"
    );
}

#[test]
fn the_check_can_fail() {
    let need = |action: &str, resource: &str, cluster: &str| Need {
        action: action.into(),
        resource: resource.into(),
        cluster: cluster.into(),
        passed_to: "ecs-tasks.amazonaws.com",
    };
    let arn = |rest: &str| format!("arn:aws:ecs:eu-central-1:123456789012:{rest}");
    let deploy = policy("deploy");
    assert!(allows(
        &deploy,
        &need("ecs:UpdateService", &arn("service/prod/web"), "prod")
    ));
    assert!(!allows(
        &deploy,
        &need("ecs:UpdateService", &arn("service/prod/api"), "prod")
    ));
    assert!(!allows(
        &deploy,
        &need("ecs:DeleteService", &arn("service/prod/web"), "prod")
    ));
    assert!(!allows(
        &deploy,
        &need("iam:PassRole", "arn:aws:iam::123456789012:role/admin", "")
    ));
    let role = "arn:aws:iam::123456789012:role/ecs-infrastructure";
    assert!(
        !allows(&deploy, &need("iam:PassRole", role, "")),
        "it is ECS's and not the tasks'"
    );
    let run = |cluster| {
        need(
            "ecs:RunTask",
            "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1",
            cluster,
        )
    };
    assert!(allows(&policy("tasks"), &run("prod")) && !allows(&policy("tasks"), &run("other")));
    let writes = actions(&policy("dry-run"));
    let read_only = |a: &String| {
        [":Describe", ":List", ":BatchGet"]
            .iter()
            .any(|verb| a.contains(verb))
    };
    assert!(
        writes.iter().all(read_only),
        "a dry run needs read permissions only"
    );
}
