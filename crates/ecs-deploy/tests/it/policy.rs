//! The published policies: every call that the suite records is within them, resource by resource,
//! and nothing in them is unused.

use std::collections::BTreeSet;
use std::time::Duration;

use fakes::{OneOff, Recorded, Rollout};
use serde_json::{Value, json};

use crate::scene::Scene;

const POLICIES: [(&str, &str); 10] = [
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
        "delete",
        include_str!("../../../../docs/policies/ecs-deploy-delete.json"),
    ),
    (
        "prune",
        include_str!("../../../../docs/policies/ecs-deploy-prune.json"),
    ),
];

/// What stands in the policies' places in the scenes.
const PLACES: [(&str, &str); 7] = [
    ("EXECUTION_ROLE", "exec"),
    ("TASK_ROLE", "web-task"),
    ("LOG_GROUP", "/web"),
    ("REPOSITORY", "app"),
    ("ACCOUNT", "123456789012"),
    ("FAMILY", "web"),
    ("REGION", "eu-central-1"),
];

/// A permission that a call needs: action, resource, and the cluster that it names.
struct Need {
    action: String,
    resource: String,
    cluster: String,
}

/// The policies that a command line needs.
pub fn of(args: &[&str]) -> Vec<&'static str> {
    let has = |flag: &str| args.contains(&flag);
    let sub = ["rollback", "continue", "stop", "delete", "init", "verify"];
    let mut needed = match sub.into_iter().find(|sub| has(sub)) {
        Some(sub) => vec![sub],
        None if has("--dry-run") => vec!["dry-run"],
        None => vec!["deploy"],
    };
    if has("--run-before") || has("--run-after") {
        needed.push("tasks");
    }
    if has("--prune") {
        needed.push("prune");
    }
    needed
}

/// Every recorded call is allowed by the policies of its command line.
pub fn check(requests: &[Recorded], args: &[&str]) {
    let policies = of(args);
    // A policy is made for one service: the one that the command line names.
    let given = |flag: &str, default| {
        let at = args.iter().position(|arg| *arg == flag);
        at.and_then(|at| args.get(at + 1).copied())
            .unwrap_or(default)
    };
    let own = (given("--cluster", "prod"), given("--service", "web"));
    for request in requests {
        for need in needs(request) {
            let is_allowed = policies
                .iter()
                .any(|name| allows(&policy_for(name, own), &need));
            assert!(
                is_allowed,
                "{} on {} is in none of {policies:?}",
                need.action, need.resource
            );
        }
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
        // A place is a whole word between : / and ", so that Sids stay as they are.
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
            named("Action", &need.action) && named("Resource", &need.resource) && is_cluster
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

/// IAM's wildcard.
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

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

/// What a call needs, by AWS's service authorization reference.
fn needs(request: &Recorded) -> Vec<Need> {
    let body = request.json();
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    let cluster = last(&text("cluster")).to_owned();
    let ecs = |rest: String| format!("arn:aws:ecs:eu-central-1:123456789012:{rest}");
    let service = |name: &str| ecs(format!("service/{cluster}/{}", last(name)));
    let all = |member: &str| texts(&body[member]).map(str::to_owned).collect::<Vec<_>>();
    let operation = request.operation.as_str();
    let resources = match (request.service.name(), operation) {
        ("ecs", "DescribeServices") => all("services").iter().map(|n| service(n)).collect(),
        ("ecs", "CreateService") => vec![service(&text("serviceName"))],
        ("ecs", "UpdateService" | "DeleteService" | "ListServiceDeployments") => {
            vec![service(&text("service"))]
        }
        ("ecs", "DescribeServiceRevisions") => all("serviceRevisionArns"),
        ("ecs", "DescribeServiceDeployments") => all("serviceDeploymentArns"),
        ("ecs", "StopServiceDeployment" | "ContinueServiceDeployment") => {
            vec![text("serviceDeploymentArn")]
        }
        ("ecs", "RegisterTaskDefinition") => {
            vec![ecs(format!("task-definition/{}:*", text("family")))]
        }
        ("ecs", "RunTask") => vec![text("taskDefinition")],
        ("ecs", "DescribeTasks") => all("tasks")
            .iter()
            .map(|t| ecs(format!("task/{cluster}/{}", last(t))))
            .collect(),
        ("ecs", "TagResource") => vec![text("resourceArn")],
        (
            "ecs",
            "DescribeTaskDefinition"
            | "ListTaskDefinitions"
            | "DeregisterTaskDefinition"
            | "ListClusters"
            | "ListServices"
            | "ListTasks",
        ) => vec!["*".to_owned()],
        ("ecr", _) => vec![format!(
            "arn:aws:ecr:eu-central-1:123456789012:repository/{}",
            text("repositoryName")
        )],
        ("ecs", "DescribeClusters") => all("clusters")
            .iter()
            .map(|c| ecs(format!("cluster/{}", last(c))))
            .collect(),
        ("elb", _) => vec!["*".to_owned()],
        // A list names no group: what IAM then compares has an empty name.
        ("logs", "DescribeLogGroups") => {
            vec!["arn:aws:logs:eu-central-1:123456789012:log-group::log-stream:".to_owned()]
        }
        ("logs", _) => vec![format!(
            "arn:aws:logs:eu-central-1:123456789012:log-group:{}:log-stream:{}",
            text("logGroupName"),
            text("logStreamName")
        )],
        // A registry that is asked anonymously needs no permission.
        ("registry", _) => return Vec::new(),
        (service, operation) => panic!("{service} {operation}: which resource does it need?"),
    };
    let prefix = match request.service.name() {
        "elb" => "elasticloadbalancing",
        other => other,
    };
    let mut needs: Vec<Need> = Vec::new();
    let mut need = |action: String, resource: &str| {
        needs.push(Need {
            action,
            resource: resource.to_owned(),
            cluster: cluster.clone(),
        })
    };
    for resource in &resources {
        need(format!("{prefix}:{operation}"), resource);
    }
    if body["tags"].as_array().is_some_and(|t| !t.is_empty()) && operation != "TagResource" {
        need("ecs:TagResource".into(), &resources[0]);
    }
    for role in ["executionRoleArn", "taskRoleArn"] {
        if let Some(arn) = body[role].as_str() {
            need("iam:PassRole".into(), arn);
        }
    }
    needs
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements
        .flat_map(|s| texts(&s["Action"]).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn used(scene: &Scene) -> BTreeSet<String> {
    scene
        .cloud
        .requests()
        .iter()
        .flat_map(needs)
        .map(|need| need.action)
        .collect()
}

fn is_all_used(name: &str, used: &BTreeSet<String>) {
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

#[test]
fn nothing_that_a_deployment_may_do_is_unused() {
    let scene = Scene::living();
    scene.cloud.ecr().repository("app");
    scene.cloud.logs().group("/web");
    let image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:latest";
    scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
    scene.edit(
        "task.json",
        "/executionRoleArn",
        json!("arn:aws:iam::123456789012:role/exec"),
    );
    let log = json!({"awslogs-group": "/web", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"});
    scene.edit(
        "task.json",
        "/containerDefinitions/0/logConfiguration",
        json!({"logDriver": "awslogs", "options": log}),
    );
    scene.cloud.ecs().default_script(
        Rollout::healthy()
            .over(Duration::ZERO)
            .draining(Duration::ZERO),
    );
    scene.cloud.ecs().script_task(
        OneOff::exits(0)
            .over(Duration::from_millis(50))
            .log_lines(["x"]),
    );
    let ran = scene.deploy_with(&["--run-before", "migrate"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = scene.deploy_with(&["--resource-tag", "a=b"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let all = used(&scene);
    is_all_used("deploy", &all);
    is_all_used("tasks", &all);
    scene.cloud.forget_requests();
    let ran = scene.deploy_with(&["--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    is_all_used("dry-run", &used(&scene));
}

#[test]
fn nothing_that_a_subcommand_may_do_is_unused() {
    let named = ["--cluster", "prod", "--service", "web"];
    let run = |scene: &Scene, args: &[&str]| {
        let ran = scene.run(&[args, &named].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    let scene = Scene::deployed();
    run(&scene, &["init", "--dir", "files"]);
    is_all_used("init", &used(&scene));
    scene.cloud.forget_requests();
    let ran = scene.deploy_with(&["--prune", "0"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // One revision: nothing to prune, so another two and their successes.
    for image in ["app@sha256:2", "app@sha256:3"] {
        scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
        let ran = scene.deploy();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        scene.settle();
    }
    let ran = scene.deploy_with(&["--prune", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    is_all_used("prune", &used(&scene));
}
