//! What a wait does if it may not read something, cannot reach AWS, or cannot prove everything.

use std::time::{Duration, Instant};

use fakes::{Change, Fault, Rollout};
use serde_json::json;

use crate::scene::{Scene, crashing, healthy};

#[test]
fn a_missing_permission_weakens_the_proof_and_does_not_end_the_wait() {
    for (service, operation, action) in [
        ("ecs", "ListTasks", "ecs:ListTasks"),
        ("ecs", "DescribeTasks", "ecs:DescribeTasks"),
        (
            "elb",
            "DescribeTargetHealth",
            "elasticloadbalancing:DescribeTargetHealth",
        ),
    ] {
        let scene = Scene::running();
        scene
            .cloud
            .fault(Fault::on(service, operation).always().denied());
        let id = scene.deploy(healthy());
        let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
        ran.shows(&[
            &format!("allow {action}"),
            "warning: ",
            "it cannot prove that the tasks are healthy",
        ]);
        assert!(
            ran.stdout.contains("this role may not call"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn an_unreachable_endpoint_ends_the_wait_early() {
    let scene = Scene::running();
    let begun = Instant::now();
    let mut command = scene.command(&[]);
    command.args(["--endpoint-url", "http://127.0.0.1:1"]);
    let mut args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let first = args.iter().position(|arg| arg == "--endpoint-url").unwrap();
    args.drain(first..first + 2);
    let mut only_ours = std::process::Command::new(command.get_program());
    only_ours.args(args).env_clear().envs(scene.cloud.env());
    only_ours.current_dir(command.get_current_dir().unwrap());
    let ran = scene.ran(only_ours.output().unwrap());
    let ran = ran.expect(9, "unreachable");
    ran.shows(&["cannot reach http://127.0.0.1:1", "refused"]);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn an_incomplete_proof_is_no_reason_to_roll_back() {
    let scene = Scene::running();
    let starting = Change::Target {
        tasks: 0..2,
        state: "initial".into(),
        reason: Some("Elb.InitialHealthChecking".into()),
        description: None,
    };
    let id = scene.deploy(healthy().also(Duration::from_millis(900), starting));
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "5s"])
        .expect(8, "timed-out");
    ran.shows(&[
        "is SUCCESSFUL in ECS and no task is reported unhealthy",
        "Do not roll back because of this.",
        "`wait-healthy --cluster prod --service web --deployment arn:",
    ]);
    assert!(
        !ran.stderr.contains("ecs-deploy rollback"),
        "{}",
        ran.stderr
    );
}

#[test]
fn after_a_rollback_the_current_deployment_is_judged_at_once() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    scene
        .run(&["--deployment", &id, "--until-rolled-back"])
        .expect(6, "rolled-back");
    let begun = Instant::now();
    let ran = scene.run(&[]).expect(0, "succeeded");
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    assert!(!ran.stderr.contains("cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_repeated_event_is_one_warning_with_its_cause() {
    let scene = Scene::running();
    let mut rollout = Rollout::stuck();
    for second in 1..=4 {
        let event = format!(
            "was unable to place a task. Reason: Capacity is unavailable at this \
             time. Please try again later or in a different availability zone (request {second}12345)."
        );
        rollout = rollout.also(Duration::from_millis(second * 300), Change::Event(event));
    }
    let id = scene.deploy(rollout);
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "6s"])
        .expect(8, "timed-out");
    ran.shows(&["warning: ECS reports 3 times: was unable to place a task"]);
    assert_eq!(
        ran.stderr.matches("ECS reports").count(),
        1,
        "{}",
        ran.stderr
    );
}

#[test]
fn a_service_that_was_created_again_has_its_own_verdict() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::stuck());
    let deployment = json!({"schemaVersion": 1, "verb": "ecs-deploy", "data": {"deployment": {
        "ecsSvcId": id, "createdAt": "2020-01-01T00:00:00Z"}}});
    scene.write("old.json", &deployment.to_string());
    let ran = scene
        .run(&["--deployment", "old.json", "--timeout", "20s"])
        .expect(5, "stopped");
    ran.shows(&["the service was deleted and created again"]);
}
