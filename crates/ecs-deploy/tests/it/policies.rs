//! The published policies contain nothing unused: a call of the subcommand needs each action.

use std::time::Duration;

use fakes::{OneOff, Rollout};
use serde_json::json;

use crate::policy::{is_all_used, used};
use crate::scene::{Scene, paused};

#[test]
fn the_policy_of_a_deployment_allows_nothing_unused() {
    let scene = Scene::living();
    scene.cloud.ecr().repository("app");
    scene.cloud.logs().group("/web");
    scene.put_volume(1);
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
    let ran = scene.deploy_with(&["--pre-deploy-task", "migrate"]);
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

/// Runs a subcommand on the service; it must succeed.
fn run(scene: &Scene, args: &[&str]) {
    let ran = scene.run(&[args, &["--cluster", "prod", "--service", "web"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

fn deploy(scene: &Scene, image: &str) {
    scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
    let ran = scene.deploy();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn the_policies_of_init_and_pruning_allow_nothing_unused() {
    let scene = Scene::deployed();
    run(&scene, &["init", "--dir", "files"]);
    is_all_used("init", &used(&scene));
    scene.cloud.forget_requests();
    for image in ["app@sha256:2", "app@sha256:3"] {
        deploy(&scene, image);
        scene.settle();
    }
    let ran = scene.deploy_with(&["--keep-revisions", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    is_all_used("prune", &used(&scene));
}

#[test]
fn the_policies_of_continue_stop_and_rollback_allow_nothing_unused() {
    let scene = paused();
    scene.cloud.forget_requests();
    run(&scene, &["continue"]);
    is_all_used("continue", &used(&scene));
    scene.cloud.forget_requests();
    run(&scene, &["stop"]);
    is_all_used("stop", &used(&scene));

    // Rollbacks at a hook, in progress, and after the end with an infrastructure role.
    let scene = paused();
    scene.cloud.forget_requests();
    run(&scene, &["rollback"]);
    let mut all = used(&scene);
    let scene = Scene::new();
    let volume = scene.put_volume(1);
    deploy(&scene, "app@sha256:1");
    scene.settle();
    scene.edit(
        "service.json",
        "/volumeConfigurations/0/managedEBSVolume/sizeInGiB",
        json!(2),
    );
    deploy(&scene, "app@sha256:2");
    scene.settle();
    run(&scene, &["rollback"]);
    assert_eq!(
        scene.sent("UpdateService")[0]["volumeConfigurations"],
        volume
    );
    all.extend(used(&scene));
    scene.cloud.forget_requests();
    run(&scene, &["rollback"]);
    all.extend(used(&scene));

    // A rollback to a deregistered revision registers a copy of it.
    let scene = Scene::new();
    for image in ["app@sha256:1", "app@sha256:2"] {
        deploy(&scene, image);
        scene.settle();
    }
    let first = json!({"taskDefinition": "web:1"});
    scene
        .cloud
        .call("ecs", "DeregisterTaskDefinition", first)
        .unwrap();
    scene.cloud.forget_requests();
    run(&scene, &["rollback"]);
    all.extend(used(&scene));
    is_all_used("rollback", &all);
}

#[test]
fn the_policy_of_verify_allows_nothing_unused() {
    let (scene, _) = crate::verifies::scene();
    run(
        &scene,
        &[
            "verify",
            "--task-definition",
            "task.json",
            "--service-definition",
            "service.json",
        ],
    );
    let mut all = used(&scene);
    scene.edit(
        "task.json",
        "/executionRoleArn",
        json!("arn:aws:iam::123456789012:role/exec"),
    );
    let ran = scene.deploy();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    scene.cloud.forget_requests();
    run(&scene, &["verify", "--task-definition", "web:1"]);
    all.extend(used(&scene));
    is_all_used("verify", &all);
}
