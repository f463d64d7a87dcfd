//! Each way in which a deployment can end, with its verdict and exit code.

use std::time::Duration;

use fakes::Rollout;
use serde_json::json;

use crate::scene::{Scene, crashing, healthy};

#[test]
fn succeeded() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    assert!(
        ran.stdout
            .contains("2 of 2 tasks healthy in the load balancer"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.data()["deployment"]["ecsSvcId"], id);
    assert_eq!(ran.data()["tasks"]["healthy"], 2);
    assert_eq!(ran.result["error"], json!(null));
}

#[test]
fn the_first_deployment_of_a_service_succeeds() {
    let scene = Scene::new();
    let id = scene.create(scene.service(), healthy());
    scene.run(&["--deployment", &id]).expect(0, "succeeded");
}

#[test]
fn a_desired_count_of_zero_proves_nothing() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["desiredCount"] = json!(0);
    let id = scene.create(service, healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    assert!(
        ran.stdout.contains("nothing ran and nothing was proved"),
        "{}",
        ran.stdout
    );
}

#[test]
fn rolled_back_with_its_cause_and_the_last_log_lines() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    let ran = scene.run(&["--deployment", &id]).expect(6, "rolled-back");
    ran.shows(&[
        "warning: a task stopped",
        "exit code 3",
        "last log lines of app",
        "fatal: no database",
        "rolled back: container app exited with code 3 (4 of 4 tasks); the previous \
         deployment keeps running (deployment ecs-svc/",
    ]);
    assert_eq!(ran.stdout, "");
    let group = &ran.data()["cause"]["groups"][0];
    assert_eq!(group["stopCode"], "EssentialContainerExited");
    assert_eq!(group["containers"][0]["exitCode"], 3);
    assert_eq!(
        group["logs"][0]["lines"],
        json!(["starting", "fatal: no database"])
    );
    assert!(
        ran.result["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("log lines")
    );
}

#[test]
fn until_rolled_back_waits_for_the_end_of_the_rollback() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    let ran = scene
        .run(&["--deployment", &id, "--until-rolled-back"])
        .expect(6, "rolled-back");
    assert!(ran.stderr.contains("was rolled back"), "{}", ran.stderr);
}

#[test]
fn failed_without_a_rollback() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] = json!(false);
    scene.cloud.ecs().running_service(service).unwrap();
    let id = scene.deploy(crashing());
    scene
        .run(&["--deployment", &id])
        .expect(5, "failed")
        .shows(&["circuit breaker"]);
}

#[test]
fn a_failed_first_deployment_cannot_be_rolled_back() {
    let scene = Scene::new();
    let id = scene.create(scene.service(), crashing());
    scene
        .run(&["--deployment", &id])
        .expect(5, "failed")
        .shows(&["fatal: no database"]);
}

#[test]
fn superseded_by_another_deployment() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::superseded().over(Duration::from_secs(2)));
    scene.cloud.ecs().script("web", healthy());
    let ran = scene.run(&["--deployment", &id]).expect(7, "superseded");
    assert!(ran.stderr.contains("superseded by"), "{}", ran.stderr);
}

#[test]
fn timed_out_while_it_continues() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::stuck());
    scene
        .run(&["--deployment", &id, "--timeout", "3s"])
        .expect(8, "timed-out")
        .shows(&["it continues"]);
}

#[test]
fn an_image_that_cannot_be_pulled_has_a_remedy() {
    let scene = Scene::running();
    let rollout = Rollout::cannot_pull("app:2").over(Duration::from_millis(700));
    let id = scene.deploy(rollout);
    let ran = scene.run(&["--deployment", &id]).expect(6, "rolled-back");
    ran.shows(&[
        "CannotPullContainerError",
        "back: the image `",
        "does not exist (",
        "hint: Push the image before you deploy it",
    ]);
    assert_eq!(ran.data()["cause"]["code"], "image-missing");
}

#[test]
fn unhealthy_targets_are_shown_with_the_load_balancers_reason() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::never_healthy_targets().over(Duration::from_secs(2)));
    let ran = scene.run(&["--deployment", &id]).expect(6, "rolled-back");
    ran.shows(&["Health checks failed with these codes: [404]"]);
}

#[test]
fn fail_fast_can_decide_before_ecs() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"] = json!({});
    scene.cloud.ecs().running_service(service).unwrap();
    let id = scene.deploy(crashing());
    let ran = scene
        .run(&["--deployment", &id, "--fail-fast", "2"])
        .expect(5, "failed");
    ran.shows(&["decided by --fail-fast 2, not by ECS"]);
}

#[test]
fn earlier_stages_have_their_own_verdicts() {
    for until in ["running", "healthy"] {
        let scene = Scene::running();
        let id = scene.deploy(Rollout::healthy().over(Duration::from_secs(3)));
        scene
            .run(&["--deployment", &id, "--until", until])
            .expect(0, until);
    }
}
