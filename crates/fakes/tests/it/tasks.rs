//! Tasks that were not started by a service, and the list operations.

use std::time::Duration;

use fakes::{OneOff, Rollout};
use serde_json::{Value, json};

use crate::scene::{SUBNET, Scene};

fn run(scene: &Scene, members: &Value) -> Value {
    let mut body = json!({
        "cluster": "demo",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "startedBy": "deploy-1",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
    });
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    scene.ok("ecs", "RunTask", body)["tasks"].clone()
}

fn task(scene: &Scene, arn: &Value) -> Value {
    let body = json!({"cluster": "demo", "tasks": [arn]});
    scene.ok("ecs", "DescribeTasks", body)["tasks"][0].clone()
}

#[test]
fn a_migration_runs_logs_and_ends() {
    let scene = Scene::new();
    let three = OneOff::exits(3)
        .over(Duration::from_secs(10))
        .log_lines(["migrating", "failed"]);
    scene.cloud.ecs().script_task(three);
    let overrides = json!({"containerOverrides": [{"name": "app", "command": ["migrate"]}]});
    let started = run(&scene, &json!({"overrides": overrides}))[0].clone();
    assert_eq!(started["lastStatus"], "PROVISIONING");
    assert_eq!(
        started["overrides"]["containerOverrides"],
        overrides["containerOverrides"]
    );
    let arn = &started["taskArn"];
    scene.pass(4.0);
    assert_eq!(task(&scene, arn)["lastStatus"], "RUNNING");
    scene.pass(6.1);
    let ended = task(&scene, arn);
    assert_eq!(ended["lastStatus"], "STOPPED");
    assert_eq!(ended["containers"][0]["exitCode"], 3);
    let id = arn.as_str().unwrap().rsplit('/').next().unwrap();
    let logs = scene.ok(
        "logs",
        "FilterLogEvents",
        json!({
            "logGroupName": "/ecs/web", "logStreamNames": [format!("web/app/{id}")],
        }),
    );
    assert_eq!(logs["events"][1]["message"], "failed");
    let list = json!({"cluster": "demo", "startedBy": "deploy-1", "desiredStatus": "STOPPED"});
    assert_eq!(scene.ok("ecs", "ListTasks", list)["taskArns"], json!([arn]));
}

#[test]
fn a_stopped_task_is_forgotten_after_an_hour() {
    let scene = Scene::new();
    let arn = run(&scene, &json!({}))[0]["taskArn"].clone();
    scene.pass(3500.0);
    assert_eq!(task(&scene, &arn)["lastStatus"], "STOPPED");
    scene.pass(200.0);
    let body = json!({"cluster": "demo", "tasks": [arn]});
    let answer = scene.ok("ecs", "DescribeTasks", body);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
}

#[test]
fn a_token_makes_running_idempotent() {
    let scene = Scene::new();
    let first = run(&scene, &json!({"clientToken": "once"}));
    let again = run(&scene, &json!({"clientToken": "once"}));
    assert_eq!(first[0]["taskArn"], again[0]["taskArn"]);
    let (code, _) = scene.refused(
        "ecs",
        "RunTask",
        json!({
            "cluster": "demo", "taskDefinition": "web", "clientToken": "once", "count": 2,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
        }),
    );
    assert_eq!(code, "ConflictException");
    assert_ne!(run(&scene, &json!({}))[0]["taskArn"], first[0]["taskArn"]);
}

#[test]
fn a_person_stops_a_task_once() {
    let scene = Scene::new();
    let arn = run(&scene, &json!({}))[0]["taskArn"].clone();
    scene.pass(1.0);
    let stop = json!({"cluster": "demo", "task": arn, "reason": "enough"});
    let stopped = scene.ok("ecs", "StopTask", stop.clone());
    assert_eq!(stopped["task"]["stopCode"], "UserInitiated");
    assert_eq!(stopped["task"]["stoppedReason"], "enough");
    let (_, message) = scene.refused("ecs", "StopTask", stop);
    assert_eq!(message, "The referenced task was already stopped.");
}

#[test]
fn lists_come_in_pages_and_by_service_and_status() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["desiredCount"] = json!(5);
    scene.cloud.ecs().running_service(service).unwrap();
    run(&scene, &json!({}));
    scene
        .cloud
        .ecs()
        .script("web", Rollout::crashing().over(Duration::from_secs(4)));
    let update = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    scene.ok("ecs", "UpdateService", update);
    scene.pass(3.0);
    assert_eq!(scene.tasks("STOPPED").len(), 5);
    let page = |token: &Value| {
        let mut body = json!({"cluster": "demo", "serviceName": "web", "maxResults": 3});
        if !token.is_null() {
            body["nextToken"] = token.clone();
        }
        scene.ok("ecs", "ListTasks", body)
    };
    let first = page(&Value::Null);
    assert_eq!(first["taskArns"].as_array().unwrap().len(), 3);
    let second = page(&first["nextToken"]);
    assert_eq!(second["taskArns"].as_array().unwrap().len(), 2);
    assert!(second.get("nextToken").is_none());
    let (code, _) = scene.refused(
        "ecs",
        "ListTasks",
        json!({
            "cluster": "demo", "serviceName": "web", "startedBy": "x",
        }),
    );
    assert_eq!(code, "InvalidParameterException");
}
