//! The error begins with the cause, and the hint with the remedy.

use std::time::Duration;

use fakes::{Change, Rollout, Stop};
use serde_json::json;

use crate::scene::Scene;

/// Registers `web:2`: `app` starts after `init` has succeeded.
fn with_dependency(scene: &Scene) {
    let definition = json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512", "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
        "containerDefinitions": [
            {"name": "init", "image": "init:1", "essential": false},
            {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}],
             "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}]},
        ],
    });
    let call = scene
        .cloud
        .call("ecs", "RegisterTaskDefinition", definition);
    call.unwrap();
}

#[test]
fn a_container_that_waits_for_a_failed_one_is_a_warning_and_the_cause() {
    let scene = Scene::running();
    with_dependency(&scene);
    let exits = Change::ExitContainer(0..2, "init".into(), 1);
    let rollout = Rollout::stuck().also(Duration::from_secs(1), exits);
    let id = scene.update(rollout, json!({"taskDefinition": "web:2"}));
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "5s"])
        .expect(8, "timed-out");
    let clause =
        "container init exited with code 1, and container app waits for it (dependsOn SUCCESS)";
    ran.shows(&[
        &format!("warning: a task is held up: {clause}"),
        &format!("error: web:2 did not become healthy in time: {clause} (2 of 2 tasks)"),
    ]);
    let cause = &ran.data()["cause"];
    assert_eq!(cause["code"], "dependency-failed");
    assert_eq!(cause["waiting"][0]["container"], "init");
    assert_eq!(cause["waiting"][0]["dependent"]["condition"], "SUCCESS");
}

/// A deployment of `web:2` whose tasks stop in this way until the breaker rolls it back.
fn stopped_by(stop: &Stop) -> Rollout {
    let mut rollout = Rollout::time_line([(Duration::ZERO, Change::Begin)]);
    for round in 0..2 {
        let tasks = 2 * round..2 * round + 2;
        let at = |part: u64| Duration::from_millis(600 * round as u64 + 100 * part);
        rollout = rollout
            .also(at(1), Change::Place(2))
            .also(at(2), Change::Pull(tasks.clone()))
            .also(
                at(4),
                Change::Stop {
                    tasks,
                    stop: stop.clone(),
                },
            );
    }
    let reason =
        "Service deployment rolled back because the circuit breaker threshold was exceeded.";
    let back = Change::RollBack {
        reason: reason.into(),
        // Longer than the wait, which ends when the rollback begins.
        over: Duration::from_secs(30),
    };
    rollout.also(Duration::from_millis(1_500), back)
}

#[test]
fn the_revision_that_keeps_running_is_named() {
    let scene = Scene::running();
    with_dependency(&scene);
    let reason = "ResourceInitializationError: failed to download env files: file download command: \
                  non empty error stream: RequestCanceled: request context canceled caused by: \
                  context deadline exceeded";
    let rollout = stopped_by(&Stop::failed_to_start(reason));
    let id = scene.update(rollout, json!({"taskDefinition": "web:2"}));
    scene
        .run(&["--deployment", &id])
        .expect(6, "rolled-back")
        .shows(&[
            "error: web:2 is being rolled back: the tasks cannot reach S3 from their subnets to \
             download the environment file (4 of 4 tasks); web:1 keeps running (deployment ecs-svc/",
            "hint: Add the S3 gateway endpoint to the route tables of the tasks' subnets",
        ]);
}

#[test]
fn who_stopped_the_tasks_is_shown() {
    let scene = Scene::running();
    let stop = Stop {
        code: Some("UserInitiated"),
        reason: "deploy-bot: freeze until Monday".into(),
        exit_code: None,
        container_reason: None,
    };
    let id = scene.deploy(stopped_by(&stop));
    let ran = scene.run(&["--deployment", &id]).expect(6, "rolled-back");
    ran.shows(&[
        "a person or program stopped the tasks (StopTask): deploy-bot: freeze until Monday (4 of 4 \
         tasks)",
    ]);
    assert_eq!(ran.data()["cause"]["code"], "stopped-by-user");
}
