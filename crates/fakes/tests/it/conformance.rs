//! Compares every response of a set of scenarios with AWS's service models: no unknown members, the
//! right types, required members present, enum values and error codes that exist in the model.

use std::collections::BTreeSet;

use fakes::{OneOff, Recorded, Rollout, Service};
use serde_json::{Value, json};

use crate::model::Model;
use crate::scene::{SUBNET, Scene, task_definition};

/// Compares every recorded response of a JSON API with its model. Returns the operations.
pub fn hold(model: &Model, answers: &[Recorded]) -> BTreeSet<String> {
    assert!(!answers.is_empty());
    let mut faults = Vec::new();
    for answer in answers {
        let (operation, body) = (answer.operation.as_str(), answer.answer_json());
        if answer.status == Some(200) {
            let shape = model.output(operation);
            let found = model.faults(shape, &body);
            faults.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{operation}: {fault}")),
            );
        } else {
            let code = body["__type"].as_str().unwrap_or("none").to_owned();
            if !model.errors(operation).contains(&code) {
                faults.push(format!("{operation}: error {code} is not modeled"));
            }
            if body["message"].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{operation}: error {code} has no message"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    answers
        .iter()
        .map(|answer| answer.operation.clone())
        .collect()
}

/// Reads everything during a rollout.
fn watch(scene: &Scene, seconds: f64, steps: u32) {
    for _ in 0..steps {
        scene.pass(seconds / f64::from(steps));
        scene.web();
        let newest = scene.newest();
        let mut revisions = vec![newest["targetServiceRevision"]["arn"].clone()];
        for source in newest["sourceServiceRevisions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            revisions.push(source["arn"].clone());
        }
        let body = json!({"serviceRevisionArns": revisions});
        scene.ok("ecs", "DescribeServiceRevisions", body);
        scene.tasks("RUNNING");
        scene.tasks("STOPPED");
        scene.targets(&scene.group.arn);
    }
}

fn update(scene: &Scene, body: Value) {
    let mut all = json!({"cluster": "demo", "service": "web"});
    for (name, value) in body.as_object().unwrap() {
        all[name] = value.clone();
    }
    scene.ok("ecs", "UpdateService", all);
}

#[test]
fn ecs_answers_fit_the_service_model() {
    let scene = Scene::new();
    scene.ok(
        "ecs",
        "DescribeClusters",
        json!({"clusters": ["demo", "none"]}),
    );
    scene.ok("ecs", "CreateService", scene.service());
    watch(&scene, 6.0, 12);
    let rollouts = [
        Rollout::crashing().log_lines(["cannot reach the database"]),
        Rollout::out_of_memory(),
        Rollout::cannot_pull("web:2"),
        Rollout::never_healthy_targets(),
        Rollout::unhealthy_container(),
        Rollout::stuck(),
        Rollout::unplaceable("Capacity is unavailable at this time"),
        Rollout::alarm("errors"),
        Rollout::superseded(),
        Rollout::crashing().attempts(1),
    ];
    for rollout in rollouts {
        scene.cloud.ecs().script("web", rollout);
        update(&scene, json!({"forceNewDeployment": true}));
        watch(&scene, 20.0, 8);
    }
    update(&scene, json!({"desiredCount": 4}));
    watch(&scene, 1.0, 2);
    update(
        &scene,
        json!({"forceNewDeployment": true, "deploymentConfiguration": {
            "alarms": {"alarmNames": ["errors"], "enable": true, "rollback": true},
        }}),
    );
    scene.pass(1.0);
    let arn = scene.newest()["serviceDeploymentArn"].clone();
    scene.ok(
        "ecs",
        "StopServiceDeployment",
        json!({"serviceDeploymentArn": arn}),
    );
    watch(&scene, 3.0, 6);
    the_rest_of_ecs(&scene);
    let covered = hold(&Model::of("ecs"), &scene.answers(Service::Ecs));
    for operation in [
        "ContinueServiceDeployment",
        "CreateService",
        "DeleteService",
        "DeregisterTaskDefinition",
        "DescribeClusters",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
        "DescribeServices",
        "DescribeTaskDefinition",
        "DescribeTasks",
        "ListClusters",
        "ListServiceDeployments",
        "ListServices",
        "ListTagsForResource",
        "ListTaskDefinitions",
        "ListTasks",
        "RegisterTaskDefinition",
        "RunTask",
        "StopServiceDeployment",
        "StopTask",
        "TagResource",
        "UntagResource",
        "UpdateService",
    ] {
        assert!(
            covered.contains(operation),
            "no scenario asks for {operation}"
        );
    }
}

fn the_rest_of_ecs(scene: &Scene) {
    let mut other = task_definition("other");
    other["taskRoleArn"] = json!("arn:aws:iam::123456789012:role/web");
    other["tags"] = json!([{"key": "team", "value": "web"}]);
    other["containerDefinitions"][0]["healthCheck"] = json!({"command": ["CMD", "/healthy"]});
    let registered = scene.ok("ecs", "RegisterTaskDefinition", other);
    let arn = &registered["taskDefinition"]["taskDefinitionArn"];
    scene.ok(
        "ecs",
        "DescribeTaskDefinition",
        json!({"taskDefinition": "other", "include": ["TAGS"]}),
    );
    scene.ok(
        "ecs",
        "ListTaskDefinitions",
        json!({"maxResults": 1, "sort": "DESC"}),
    );
    scene.ok("ecs", "ListClusters", json!({}));
    scene.ok("ecs", "ListServices", json!({"cluster": "demo"}));
    let tags = json!([{"key": "stage", "value": "prod"}]);
    scene.ok(
        "ecs",
        "TagResource",
        json!({"resourceArn": arn, "tags": tags}),
    );
    scene.ok(
        "ecs",
        "UntagResource",
        json!({"resourceArn": arn, "tagKeys": ["stage"]}),
    );
    scene.ok("ecs", "ListTagsForResource", json!({"resourceArn": arn}));
    scene
        .cloud
        .ecs()
        .script_task(OneOff::exits(3).log_lines(["migrating"]));
    let run = json!({
        "cluster": "demo",
        "taskDefinition": "other",
        "launchType": "FARGATE",
        "startedBy": "run-1",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
        "overrides": {"containerOverrides": [{"name": "app", "command": ["migrate"]}]},
    });
    let first = scene.ok("ecs", "RunTask", run.clone())["tasks"][0]["taskArn"].clone();
    let second = scene.ok("ecs", "RunTask", run)["tasks"][0]["taskArn"].clone();
    scene.ok(
        "ecs",
        "StopTask",
        json!({"cluster": "demo", "task": second, "reason": "enough"}),
    );
    for _ in 0..4 {
        scene.pass(0.6);
        scene.ok(
            "ecs",
            "DescribeTasks",
            json!({
                "cluster": "demo", "tasks": [first, "0123"], "include": ["TAGS"],
            }),
        );
    }
    refusals(scene);
    scene.ok(
        "ecs",
        "DeregisterTaskDefinition",
        json!({"taskDefinition": arn}),
    );
    scene.ok(
        "ecs",
        "DeleteService",
        json!({"cluster": "demo", "service": "web", "force": true}),
    );
    scene.web();
    scene.pass(2.0);
    scene.web();
}

fn refusals(scene: &Scene) {
    let nowhere = json!({"cluster": "none", "service": "web", "services": ["web"]});
    for operation in [
        "UpdateService",
        "DescribeServices",
        "ListServiceDeployments",
        "ListTasks",
    ] {
        scene.refused("ecs", operation, nowhere.clone());
    }
    let missing = json!({"cluster": "demo", "service": "none"});
    for operation in ["UpdateService", "DeleteService", "ListServiceDeployments"] {
        scene.refused("ecs", operation, missing.clone());
    }
    scene.refused(
        "ecs",
        "CreateService",
        json!({"cluster": "demo", "serviceName": "x"}),
    );
    scene.refused("ecs", "RegisterTaskDefinition", json!({"family": "x"}));
    scene.refused(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "x", "containerDefinitions": {}}),
    );
    scene.refused(
        "ecs",
        "DescribeTaskDefinition",
        json!({"taskDefinition": "none"}),
    );
    scene.refused("ecs", "DescribeTasks", json!({"cluster": "demo"}));
    scene.refused(
        "ecs",
        "RunTask",
        json!({"cluster": "demo", "taskDefinition": "none"}),
    );
    scene.refused(
        "ecs",
        "StopTask",
        json!({"cluster": "demo", "task": "none"}),
    );
    scene.refused("ecs", "DescribeServiceDeployments", json!({}));
    let arn = scene.newest()["serviceDeploymentArn"].clone();
    scene.refused(
        "ecs",
        "StopServiceDeployment",
        json!({"serviceDeploymentArn": arn}),
    );
    scene.refused(
        "ecs",
        "StopServiceDeployment",
        json!({"serviceDeploymentArn": "none"}),
    );
    scene.refused(
        "ecs",
        "ContinueServiceDeployment",
        json!({"serviceDeploymentArn": arn, "hookId": "ecs-pause-1"}),
    );
    scene.ok(
        "ecs",
        "DescribeServiceDeployments",
        json!({"serviceDeploymentArns": ["arn:aws:ecs:eu-central-1:123456789012:service-deployment/demo/web/none"]}),
    );
}

#[test]
fn staged_deployments_fit_the_service_model() {
    for strategy in ["BLUE_GREEN", "LINEAR", "CANARY"] {
        let scene = crate::staged::staged(strategy);
        watch(&scene, 12.0, 24);
        let hook = scene.newest()["lifecycleHookDetails"][0]["hookId"].clone();
        assert!(
            hook.is_string(),
            "{strategy} was to pause: {}",
            scene.newest()
        );
        let arn = scene.newest()["serviceDeploymentArn"].clone();
        scene.ok(
            "ecs",
            "ContinueServiceDeployment",
            json!({"serviceDeploymentArn": arn, "hookId": hook}),
        );
        watch(&scene, 12.0, 24);
        assert_eq!(scene.newest()["status"], "SUCCESSFUL", "{strategy}");
        hold(&Model::of("ecs"), &scene.answers(Service::Ecs));
    }
}

#[test]
fn a_wrong_answer_is_found() {
    let model = Model::of("ecs");
    let good =
        json!({"services": [{"status": "ACTIVE", "desiredCount": 1, "launchType": "FARGATE"}]});
    assert_eq!(
        model.faults("DescribeServicesResponse", &good),
        Vec::<String>::new()
    );
    for (member, wrong) in [
        ("desiredCount", json!("1")),
        ("launchType", json!("CLOUD")),
        ("color", json!("red")),
        ("createdAt", json!("2026-03-02T09:00:00Z")),
        (
            "deploymentConfiguration",
            json!({"deploymentCircuitBreaker": {"enable": true}}),
        ),
    ] {
        let mut bad = good.clone();
        bad["services"][0][member] = wrong;
        let faults = model.faults("DescribeServicesResponse", &bad);
        assert_eq!(faults.len(), 1, "{member}: {faults:?}");
    }
}

#[test]
fn the_table_of_known_members_is_the_models() {
    let model = Model::of("ecs");
    let table = include_str!("../../src/ecs/shapes.txt");
    let lines: Vec<&str> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(lines.len() > 70);
    for line in lines {
        let (shape, members) = line.split_once(':').unwrap();
        let known = &model.shape(shape)["members"];
        for member in members.split_whitespace() {
            let (name, kind) = member.split_once('=').unwrap();
            let inner = known[name]["shape"].as_str();
            let inner = inner.unwrap_or_else(|| panic!("{shape} has no member {name}"));
            let is = model.shape(inner)["type"].as_str().unwrap();
            let written = match kind.as_bytes()[0] {
                b'[' => "list",
                b'{' => "map",
                b'A'..=b'Z' => "structure",
                _ => kind,
            };
            assert_eq!(written, is, "{shape}.{name}");
        }
    }
}
