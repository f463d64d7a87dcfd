//! What the wait does with a deployment when it gives up.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use fakes::{Fault, Rollout};
use serde_json::{Value, json};

use crate::scene::{Ran, Scene, crashing};

/// The requests that ECS received for this operation.
fn requests(scene: &Scene, operation: &str) -> Vec<Value> {
    let received = scene.cloud.requests_of("ecs", operation);
    received.iter().map(|request| request.json()).collect()
}

/// A service without a circuit breaker, so its deployments do not end by themselves.
fn without_breaker() -> Scene {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"] = json!({});
    scene.cloud.ecs().running_service(service).unwrap();
    scene
}

#[test]
fn a_timeout_rolls_the_deployment_back_if_set() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let args = [
        "--deployment",
        &id,
        "--timeout",
        "2s",
        "--on-timeout",
        "rollback",
    ];
    let ran = scene.run(&args).expect(6, "rolled-back");
    ran.shows(&[
        "--on-timeout rollback: asked ECS to roll deployment",
        "(because of --on-timeout rollback)",
    ]);
    assert_eq!(ran.data()["decidedBy"], "deadline");
    assert_eq!(ran.data()["rollbackRequestedBy"], "--on-timeout");
    let stops = requests(&scene, "StopServiceDeployment");
    assert_eq!(stops.len(), 1, "{stops:?}");
    assert_eq!(stops[0]["stopType"], "ROLLBACK");
    assert_eq!(
        stops[0]["serviceDeploymentArn"],
        ran.data()["deployment"]["serviceDeploymentArn"]
    );
}

#[test]
fn a_rejected_rollback_does_not_change_the_verdict() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let stop = Fault::on("ecs", "StopServiceDeployment").always();
    scene.cloud.fault(stop.denied());
    let args = [
        "--deployment",
        &id,
        "--timeout",
        "2s",
        "--on-timeout",
        "rollback",
    ];
    let ran = scene.run(&args).expect(8, "timed-out");
    ran.shows(&["warning: --on-timeout rollback", "StopServiceDeployment"]);
    assert_eq!(ran.data()["rollbackRequestedBy"], Value::Null);
}

#[test]
fn fail_fast_rolls_the_deployment_back_if_set() {
    let scene = without_breaker();
    let id = scene.deploy(crashing());
    let args = [
        "--deployment",
        &id,
        "--fail-fast",
        "2",
        "--on-fail-fast",
        "rollback",
        "--until-rolled-back",
    ];
    let ran = scene.run(&args).expect(6, "rolled-back");
    ran.shows(&[
        "was rolled back",
        "decided by --fail-fast 2",
        "fatal: no database",
    ]);
    assert_eq!(ran.data()["decidedBy"], "fail-fast");
    assert_eq!(requests(&scene, "StopServiceDeployment").len(), 1);
}

#[test]
fn a_rollback_at_a_pause_answers_the_hook() {
    let scene = Scene::paused("POST_SCALE_UP");
    let id = scene.deploy(crate::scene::healthy());
    let args = [
        "--deployment",
        &id,
        "--timeout",
        "5s",
        "--on-timeout",
        "rollback",
    ];
    let ran = scene.run(&args).expect(6, "rolled-back");
    // The output shows the pause and how to end it.
    ran.shows(&[
        "warning: the deployment is paused at POST_SCALE_UP",
        "`ecs-deploy continue --cluster prod --service web --deployment arn:",
        "--hook ecs-pause-",
        "ECS rolls it back at",
    ]);
    let answers = requests(&scene, "ContinueServiceDeployment");
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0]["action"], "ROLLBACK");
    assert!(requests(&scene, "StopServiceDeployment").is_empty());
}

#[test]
fn flags_that_require_another_flag_name_it() {
    let scene = Scene::running();
    for (args, needs) in [
        (["--on-fail-fast", "rollback"], "--fail-fast"),
        (["--probe-status", "204"], "--probe"),
        (["--probe-token-file", "token"], "--probe"),
    ] {
        scene.run(&args).expect(2, "invalid").shows(&[needs]);
    }
}

/// Starts the program and sends it a signal once it has read the deployment.
fn interrupted(scene: &Scene, args: &[&str], signal: &str) -> Child {
    let mut command = scene.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while scene
        .cloud
        .requests_of("elb", "DescribeTargetHealth")
        .is_empty()
    {
        assert!(Instant::now() < deadline, "it does not read the targets");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-s", signal, &pid])
        .status();
    assert!(sent.unwrap().success());
    child
}

fn ended(scene: &Scene, child: Child) -> Ran {
    scene
        .ran(child.wait_with_output().unwrap())
        .expect(130, "interrupted")
}

#[test]
fn a_cancelled_job_leaves_the_deployment_and_shows_its_state() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let child = interrupted(&scene, &["--deployment", &id], "TERM");
    let ran = ended(&scene, child);
    let status = ran.data()["state"]["status"].as_str().unwrap();
    ran.shows(&[
        &format!("of web is {status} · 0 of 2 tasks healthy"),
        "it continues",
        "ecs-deploy rollback",
    ]);
    assert!(requests(&scene, "StopServiceDeployment").is_empty());
}

#[test]
fn a_cancelled_job_rolls_the_deployment_back_if_set() {
    for signal in ["INT", "TERM"] {
        let scene = without_breaker();
        let id = scene.deploy(Rollout::stuck());
        let args = ["--deployment", &id, "--on-cancel", "rollback"];
        let child = interrupted(&scene, &args, signal);
        let ran = ended(&scene, child);
        ran.shows(&["ECS was asked to roll it back"]);
        assert_eq!(ran.data()["rollbackRequestedBy"], "--on-cancel");
        assert_eq!(requests(&scene, "StopServiceDeployment").len(), 1);
    }
}

#[test]
fn a_cancelled_job_does_not_wait_for_a_missing_answer() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let late = Fault::on("ecs", "StopServiceDeployment").always();
    scene.cloud.fault(late.delay(Duration::from_secs(3600)));
    let args = ["--deployment", &id, "--on-cancel", "rollback"];
    let child = interrupted(&scene, &args, "INT");
    ended(&scene, child).shows(&["ECS did not answer the request to roll it back"]);
}
