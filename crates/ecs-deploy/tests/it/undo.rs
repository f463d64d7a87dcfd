//! `rollback`, `continue`, `stop` and `delete`.

use std::time::Duration;

use fakes::Rollout;
use serde_json::{Value, json};

use crate::scene::{Ran, Scene, paused};

const NAMED: [&str; 4] = ["--cluster", "prod", "--service", "web"];

fn command(scene: &Scene, args: &[&str]) -> Ran {
    scene.cloud.forget_requests();
    scene.run(&[args, &NAMED].concat())
}

fn runs(scene: &Scene) -> String {
    let service = scene.service();
    service["taskDefinition"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned()
}

/// Deploys another image with a scripted rollout.
fn deploy(scene: &Scene, image: &str, rollout: Rollout) -> Ran {
    scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
    scene.cloud.ecs().script("web", rollout);
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    ran
}

#[test]
fn a_rollback_goes_to_the_last_success_with_its_configuration() {
    let scene = Scene::deployed();
    // web:2 fails and stays; web:3 succeeds in another subnet.
    scene.edit(
        "service.json",
        "/deploymentConfiguration",
        json!({"deploymentCircuitBreaker": {"enable": true, "rollback": false}}),
    );
    deploy(&scene, "app@sha256:2", Rollout::crashing());
    scene.settle();
    scene.edit(
        "service.json",
        "/networkConfiguration",
        json!({"awsvpcConfiguration": {"subnets": ["subnet-2"]}}),
    );
    deploy(&scene, "app@sha256:3", Rollout::healthy());
    scene.settle();
    let planned = command(&scene, &["rollback", "--dry-run"]);
    assert!(
        planned.stdout.contains("web:3 → web:1"),
        "{}",
        planned.stdout
    );
    assert_eq!(scene.writes(), [""; 0]);
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    assert_eq!(runs(&scene), "web:1");
    let sent = &scene.sent("UpdateService")[0];
    let subnets = &sent["networkConfiguration"]["awsvpcConfiguration"]["subnets"];
    assert_eq!(subnets, &json!(["subnet-0a1b2c3d4e5f67890"]));
    assert_eq!(scene.revisions(), 3, "the revisions stay");
    assert_eq!(
        ran.data()["deployment"]["ecsSvcId"],
        scene.service()["deployments"][0]["id"]
    );
}

#[test]
fn ecs_rolls_back_a_deployment_in_progress() {
    let scene = Scene::deployed();
    let theirs = deploy(
        &scene,
        "app@sha256:2",
        Rollout::healthy().over(Duration::from_secs(100)),
    );
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.action(), "rollback-requested", "{}", ran.stderr);
    let arn = &theirs.data()["deployment"]["serviceDeploymentArn"];
    assert_eq!(
        scene.sent("StopServiceDeployment"),
        [json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"})]
    );
    // A second rollback changes nothing.
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(scene.writes(), [""; 0]);
    scene.settle();
    assert_eq!(runs(&scene), "web:1");
    // The same after ECS has rolled back: the last successful deployment is running.
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert!(ran.stderr.contains("ECS has rolled back"), "{}", ran.stderr);
}

#[test]
fn there_must_be_a_success_to_go_back_to() {
    let scene = Scene::deployed();
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no earlier deployment with another configuration succeeded"),
        "{}",
        ran.stderr
    );
    assert_eq!(scene.writes(), [""; 0]);
    let ran = scene.run(&["rollback", "--cluster", "prod", "--service", "nope"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("service nope does not exist in cluster prod"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_unreadable_revision_is_not_reported_as_missing() {
    let scene = Scene::deployed();
    deploy(&scene, "app@sha256:2", Rollout::healthy());
    scene.settle();
    let denied = fakes::Fault::on("ecs", "DescribeServiceRevisions").always();
    scene.cloud.fault(denied.denied());
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let said = "1 service revisions cannot be read (ecs:DescribeServiceRevisions)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn only_the_last_deployment_is_undone() {
    let scene = Scene::new();
    let first = scene.deploy();
    scene.settle();
    deploy(&scene, "app@sha256:2", Rollout::healthy());
    scene.settle();
    let arn = first.data()["deployment"]["serviceDeploymentArn"]
        .as_str()
        .unwrap()
        .to_owned();
    // The ARN contains the cluster and the service.
    let ran = scene.run(&["rollback", "--deployment", &arn]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("is not the last deployment"),
        "{}",
        ran.stderr
    );
}

fn hook(scene: &Scene) -> Value {
    let arn = json!([last(scene)]);
    let body = json!({"serviceDeploymentArns": arn});
    let answer = scene
        .cloud
        .call("ecs", "DescribeServiceDeployments", body)
        .unwrap();
    answer["serviceDeployments"][0]["lifecycleHookDetails"][0].clone()
}

fn last(scene: &Scene) -> String {
    let body = json!({"cluster": "prod", "service": "web"});
    let answer = scene
        .cloud
        .call("ecs", "ListServiceDeployments", body)
        .unwrap();
    let arn = &answer["serviceDeployments"][0]["serviceDeploymentArn"];
    arn.as_str().unwrap().to_owned()
}

#[test]
fn a_paused_deployment_is_continued_once() {
    let scene = paused();
    let waiting = hook(&scene);
    assert_eq!(waiting["status"], "AWAITING_ACTION");
    let ran = command(&scene, &["continue"]);
    assert_eq!(ran.action(), "continued", "{}", ran.stderr);
    assert_eq!(
        scene.sent("ContinueServiceDeployment"),
        [
            json!({"serviceDeploymentArn": last(&scene), "hookId": waiting["hookId"], "action": "CONTINUE"})
        ]
    );
    let ran = command(&scene, &["continue"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(scene.sent("ContinueServiceDeployment"), [Value::Null; 0]);
}

#[test]
fn a_paused_deployment_is_rolled_back_at_its_hook() {
    let scene = paused();
    std::fs::copy(
        scene.path("results/ecs-deploy.json"),
        scene.path("deployed.json"),
    )
    .unwrap();
    let ran = command(&scene, &["rollback", "--deployment", "deployed.json"]);
    assert_eq!(ran.action(), "rollback-requested", "{}", ran.stderr);
    assert_eq!(
        scene.sent("ContinueServiceDeployment")[0]["action"],
        "ROLLBACK"
    );
}

#[test]
fn a_deployment_is_stopped_in_its_current_state() {
    let scene = Scene::deployed();
    deploy(
        &scene,
        "app@sha256:2",
        Rollout::healthy().over(Duration::from_secs(100)),
    );
    let ran = command(&scene, &["stop", "--dry-run"]);
    assert_eq!((ran.code, scene.writes().len()), (0, 0), "{}", ran.stderr);
    let said = "dry run, nothing was done: deployment arn:";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let ran = command(&scene, &["stop"]);
    assert_eq!(ran.action(), "stop-requested", "{}", ran.stderr);
    assert_eq!(scene.sent("StopServiceDeployment")[0]["stopType"], "ABORT");
    scene.settle();
    let ran = command(&scene, &["stop"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(runs(&scene), "web:2", "no rollback");
}

#[test]
fn a_service_is_emptied_and_deleted() {
    let scene = Scene::deployed();
    let ran = command(&scene, &["delete", "--dry-run"]);
    assert_eq!((ran.code, scene.writes().len()), (0, 0), "{}", ran.stderr);
    scene.cloud.forget_requests();
    let ran = std::thread::scope(|threads| {
        let running = threads.spawn(|| scene.run(&[&["delete"], &NAMED[..]].concat()));
        while !running.is_finished() {
            scene.clock.advance(Duration::from_secs(5));
            std::thread::sleep(Duration::from_millis(50));
        }
        running.join().unwrap()
    });
    assert_eq!(ran.action(), "deleted", "{}", ran.stderr);
    assert_eq!(scene.writes(), ["UpdateService", "DeleteService"]);
    assert_eq!(
        scene.sent("UpdateService"),
        [json!({"cluster": "prod", "service": "web", "desiredCount": 0})]
    );
    assert_eq!(scene.sent("DeleteService")[0]["force"], json!(false));
    assert_eq!(scene.service()["status"], "INACTIVE");
    crate::policy::is_all_used("delete", &crate::policy::used(&scene));
    let ran = command(&scene, &["delete"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
}

#[test]
fn a_service_that_stays_draining_without_tasks_is_reported_as_such() {
    let scene = Scene::new();
    scene.edit("service.json", "/desiredCount", json!(0));
    assert_eq!(scene.deploy().action(), "created");
    scene.settle();
    let body = json!({"cluster": "prod", "service": "web"});
    scene.cloud.call("ecs", "DeleteService", body).unwrap();
    let ran = command(&scene, &["delete", "--timeout", "1s"]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    let said = "service web is still DRAINING, although none of its tasks is left";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(!ran.stderr.contains("autoscaling"), "{}", ran.stderr);
}

#[test]
fn invalid_deployments_are_rejected() {
    let scene = Scene::deployed();
    for (name, said) in [
        ("what", "is not a deployment"),
        (
            "arn:aws:ecs:eu-central-1:1:cluster/prod",
            "is the ARN of a cluster",
        ),
        ("task.json", "does not identify a deployment"),
    ] {
        let ran = command(&scene, &["stop", "--deployment", name]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = command(&scene, &["stop", "--deployment", "ecs-svc/1"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let ran = command(&scene, &["--task-definition", "task.json", "rollback"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("are options of a deployment"),
        "{}",
        ran.stderr
    );
}

/// The error of ECS for a hook that someone else answered between our read and our call.
fn answered() -> fakes::ApiError {
    fakes::ApiError::new(
        "InvalidParameterException",
        "Provided hookId is either completed, unavailable, or not associated with the given \
         Resource ARN",
    )
}

fn conflict() -> fakes::ApiError {
    fakes::ApiError::new(
        "ConflictException",
        "The service deployment is already in a terminal state and cannot be continued.",
    )
}

#[test]
fn a_hook_that_was_answered_meanwhile_does_not_keep_a_rollback_from_ecs() {
    let scene = paused();
    let hook = fakes::Fault::on("ecs", "ContinueServiceDeployment");
    scene.cloud.fault(hook.error(answered()));
    let ran = command(&scene, &["rollback"]);
    assert_eq!(ran.action(), "rollback-requested", "{}", ran.stderr);
    assert_eq!(
        scene.sent("StopServiceDeployment"),
        [json!({"serviceDeploymentArn": last(&scene), "stopType": "ROLLBACK"})]
    );
}

#[test]
fn a_deployment_that_has_ended_meanwhile_needs_no_continuation_and_no_rollback() {
    for (args, operation) in [
        (["continue"], "ContinueServiceDeployment"),
        (["rollback"], "ContinueServiceDeployment"),
    ] {
        let scene = paused();
        let ended = fakes::Fault::on("ecs", operation);
        scene.cloud.fault(ended.error(conflict()));
        let ran = command(&scene, &args);
        assert_eq!(ran.action(), "unchanged", "{args:?}: {}", ran.stderr);
        assert_eq!(scene.writes(), [operation]);
    }
}

#[test]
fn a_hook_that_was_answered_meanwhile_needs_no_continuation() {
    let scene = paused();
    // The response is lost, and the second call finds that the hook was answered.
    let hook = fakes::Fault::on("ecs", "ContinueServiceDeployment");
    scene.cloud.fault(hook.cut_after_work());
    let ran = command(&scene, &["continue"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_ne!(hook_status(&scene), "AWAITING_ACTION");
    // If the hook still waits, there was another reason for the error.
    let scene = paused();
    let hook = fakes::Fault::on("ecs", "ContinueServiceDeployment");
    scene.cloud.fault(hook.error(answered()));
    let ran = command(&scene, &["continue"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(hook_status(&scene), "AWAITING_ACTION");
}

fn hook_status(scene: &Scene) -> String {
    hook(scene)["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
