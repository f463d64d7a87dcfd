//! What the wait does with a deployment that nobody waits for any more.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use fakes::{Fault, Rollout};
use serde_json::{Value, json};

use crate::scene::{Ran, Scene, crashing};

/// What ECS was asked with this operation.
fn asked(scene: &Scene, operation: &str) -> Vec<Value> {
    let requests = scene.cloud.requests_of("ecs", operation);
    requests.iter().map(|request| request.json()).collect()
}

/// A service whose deployments do not end by themselves.
fn without_breaker() -> Scene {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"] = json!({});
    scene.cloud.ecs().running_service(service).unwrap();
    scene
}

#[test]
fn when_time_is_up_the_deployment_is_taken_back_where_that_is_asked_for() {
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
    ran.says(&[
        "--on-timeout rollback: asked ECS to roll deployment",
        "(because of --on-timeout rollback)",
    ]);
    assert_eq!(ran.data()["decidedBy"], "deadline");
    assert_eq!(ran.data()["rollbackRequestedBy"], "--on-timeout");
    let stops = asked(&scene, "StopServiceDeployment");
    assert_eq!(stops.len(), 1, "{stops:?}");
    assert_eq!(stops[0]["stopType"], "ROLLBACK");
    assert_eq!(
        stops[0]["serviceDeploymentArn"],
        ran.data()["deployment"]["serviceDeploymentArn"]
    );
}

#[test]
fn a_rollback_that_ecs_refuses_changes_no_verdict() {
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
    ran.says(&["warning: --on-timeout rollback", "StopServiceDeployment"]);
    assert_eq!(ran.data()["rollbackRequestedBy"], Value::Null);
}

#[test]
fn impatience_can_take_it_back_too() {
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
    ran.says(&[
        "was rolled back",
        "decided by --fail-fast 2",
        "fatal: no database",
    ]);
    assert_eq!(ran.data()["decidedBy"], "fail-fast");
    assert_eq!(asked(&scene, "StopServiceDeployment").len(), 1);
}

#[test]
fn at_a_pause_the_hook_is_answered() {
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
    // The pause is told, and how it is ended.
    ran.says(&[
        "warning: the deployment is paused at POST_SCALE_UP",
        "`ecs-deploy continue --cluster prod --service web --deployment arn:",
        "--hook ecs-pause-",
        "ECS does ROLLBACK",
    ]);
    let answers = asked(&scene, "ContinueServiceDeployment");
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0]["action"], "ROLLBACK");
    assert!(asked(&scene, "StopServiceDeployment").is_empty());
}

#[test]
fn flags_that_need_another_say_so() {
    let scene = Scene::running();
    for (args, needs) in [
        (["--on-fail-fast", "rollback"], "--fail-fast"),
        (["--probe-status", "204"], "--probe"),
        (["--probe-token-file", "token"], "--probe"),
    ] {
        scene.run(&args).expect(2, "invalid").says(&[needs]);
    }
}

/// Starts the program and interrupts it once it has seen the deployment.
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
        assert!(Instant::now() < deadline, "it asks for nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-s", signal, &pid])
        .status();
    assert!(told.unwrap().success());
    child
}

fn ended(scene: &Scene, child: Child) -> Ran {
    scene
        .ran(child.wait_with_output().unwrap())
        .expect(130, "interrupted")
}

#[test]
fn a_cancelled_job_leaves_the_deployment_and_says_what_goes_on() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let child = interrupted(&scene, &["--deployment", &id], "TERM");
    let ran = ended(&scene, child);
    let status = ran.data()["state"]["status"].as_str().unwrap();
    ran.says(&[
        &format!("of web is {status} · 0 of 2 tasks healthy"),
        "it goes on",
        "ecs-deploy rollback",
    ]);
    assert!(asked(&scene, "StopServiceDeployment").is_empty());
}

#[test]
fn a_cancelled_job_takes_it_back_where_that_is_asked_for() {
    for signal in ["INT", "TERM"] {
        let scene = without_breaker();
        let id = scene.deploy(Rollout::stuck());
        let args = ["--deployment", &id, "--on-cancel", "rollback"];
        let child = interrupted(&scene, &args, signal);
        let ran = ended(&scene, child);
        ran.says(&["ECS was asked to roll it back"]);
        assert_eq!(ran.data()["rollbackRequestedBy"], "--on-cancel");
        assert_eq!(asked(&scene, "StopServiceDeployment").len(), 1);
    }
}

#[test]
fn a_cancelled_job_does_not_wait_for_an_answer_that_does_not_come() {
    let scene = without_breaker();
    let id = scene.deploy(Rollout::stuck());
    let late = Fault::on("ecs", "StopServiceDeployment").always();
    scene.cloud.fault(late.delay(Duration::from_secs(3600)));
    let args = ["--deployment", &id, "--on-cancel", "rollback"];
    let child = interrupted(&scene, &args, "INT");
    ended(&scene, child).says(&["ECS did not answer when it was asked to roll it back"]);
}
