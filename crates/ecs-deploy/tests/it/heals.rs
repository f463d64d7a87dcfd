//! Re-runs: the last deployment decides.

use std::time::Duration;

use fakes::{ApiError, Fault, Rollout};
use serde_json::json;

use crate::scene::Scene;

#[test]
fn a_running_deployment_of_the_same_is_joined() {
    let scene = Scene::new();
    let first = scene.deploy();
    scene.cloud.forget_requests();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "joined");
    assert_eq!(scene.writes(), [""; 0]);
    assert_eq!(
        ran.data()["deployment"]["serviceDeploymentArn"],
        first.data()["deployment"]["serviceDeploymentArn"]
    );
}

#[test]
fn a_failed_deployment_is_tried_again_on_the_same_revision() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.cloud.ecs().script("web", Rollout::crashing());
    assert_eq!(scene.deploy().action(), "updated");
    scene.settle();
    // The circuit breaker has rolled back: the service runs web:1 again, but web:2 is declared.
    assert!(
        scene.service()["taskDefinition"]
            .as_str()
            .unwrap()
            .ends_with("web:1")
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated");
    assert_eq!(scene.writes(), ["UpdateService"], "no third revision");
    assert_eq!(scene.revisions(), 2);
}

#[test]
fn returning_to_the_revision_of_a_rollback_registers_nothing_and_deploys() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.cloud.ecs().script("web", Rollout::crashing());
    assert_eq!(scene.deploy().action(), "updated");
    scene.settle();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:1"),
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "forced");
    assert!(
        ran.stderr.contains("(ROLLBACK_SUCCESSFUL)"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        scene.sent("UpdateService"),
        [json!({"cluster": "prod", "service": "web", "forceNewDeployment": true})]
    );
    assert_eq!(scene.revisions(), 2);
}

#[test]
fn a_failed_first_deployment_is_forced() {
    let scene = Scene::new();
    scene.cloud.ecs().script("web", Rollout::crashing());
    assert_eq!(scene.deploy().action(), "created");
    scene.settle();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "forced");
    assert!(
        ran.stderr.contains("did not succeed (ROLLBACK_FAILED)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_creation_waits_until_the_name_of_a_deleted_service_is_free() {
    let scene = Scene::new();
    let refused = ApiError::new(
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    );
    let fault = Fault::on("ecs", "CreateService").times(3);
    scene.cloud.fault(fault.error(refused));
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(scene.sent("CreateService").len(), 4);
    assert_eq!(scene.revisions(), 1);
}

#[test]
fn if_service_deployments_are_denied_the_rollout_state_decides() {
    let scene = Scene::deployed();
    scene.cloud.ecs().deny_service_deployments();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged");
    assert!(
        ran.stderr.contains("service deployments cannot be listed"),
        "{}",
        ran.stderr
    );
    scene.edit("task.json", "/cpu", json!("512"));
    scene.edit("task.json", "/memory", json!("1024"));
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated");
    let said = ran.stderr.matches("cannot be listed").count();
    let asked = scene.sent("ListServiceDeployments").len();
    assert_eq!((said, asked), (1, 2), "once a run");
    // Without an ARN, the classic ID identifies the deployment.
    assert!(ran.stdout.starts_with("ecs-svc/"), "{}", ran.stdout);
    assert_eq!(scene.deploy().action(), "joined");
}

#[test]
fn an_endpoint_without_service_deployments_is_not_an_error() {
    let unknown = ApiError::new(
        "InvalidAction",
        "The action ListServiceDeployments is not valid for this endpoint.",
    );
    let on = || Fault::on("ecs", "ListServiceDeployments").always();
    for fault in [on().error(unknown), on().bare(501)] {
        let scene = Scene::deployed();
        scene.cloud.fault(fault);
        let ran = scene.deploy();
        assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
        let said = ran.stderr.matches("cannot be listed").count();
        assert_eq!(said, 1, "{}", ran.stderr);
    }
}

#[test]
fn another_deployment_in_progress_is_named_and_replaced_refused_or_waited_for() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene
        .cloud
        .ecs()
        .script("web", Rollout::healthy().over(Duration::from_secs(60)));
    let theirs = scene.deploy();
    scene.clock.advance(Duration::from_secs(10));
    scene.cloud.forget_requests();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:3"),
    );

    let ran = scene.deploy_with(&["--if-in-progress", "fail"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let name = theirs.data()["deployment"]["serviceDeploymentArn"]
        .as_str()
        .unwrap();
    assert!(
        ran.stderr.contains(name) && ran.stderr.contains("of web:2, since "),
        "{}",
        ran.stderr
    );
    assert_eq!(
        scene.writes(),
        [""; 0],
        "refused before anything is registered"
    );

    let ran = scene.deploy_with(&["--if-in-progress", "wait", "--in-progress-timeout", "1s"]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert_eq!(scene.writes(), [""; 0]);

    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated");
    assert!(
        ran.stderr.contains("replacing the deployment in progress"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_deployment_that_ends_is_waited_for_and_then_followed() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene
        .cloud
        .ecs()
        .script("web", Rollout::healthy().over(Duration::from_secs(60)));
    scene.deploy();
    scene.clock.advance(Duration::from_secs(10));
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:3"),
    );
    scene.cloud.forget_requests();
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| scene.deploy_with(&["--if-in-progress", "wait"]));
        while scene
            .cloud
            .requests_of("ecs", "DescribeServices")
            .is_empty()
        {
            std::thread::yield_now();
        }
        scene.clock.advance(Duration::from_secs(600));
        assert_eq!(waiting.join().unwrap().action(), "updated");
    });
    assert_eq!(scene.writes(), ["RegisterTaskDefinition", "UpdateService"]);
}

/// A manifest without layers; the annotation makes it unique.
fn manifest(name: &str) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": format!("sha256:{}", "0".repeat(64)), "size": 2},
        "layers": [], "annotations": {"name": name}})
    .to_string()
    .into_bytes()
}

#[test]
fn an_image_named_by_tag_is_unchanged_only_while_the_tag_names_what_runs() {
    let ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:latest".to_owned();
    for (image, is_known) in [
        (Some(ecr), true),
        // Another registry: the one of the fake cloud, without credentials.
        (None, true),
    ] {
        let scene = Scene::new();
        scene.cloud.ecr().repository("app");
        scene.cloud.registry().plain();
        let push = |name: &str| {
            let kind = "application/vnd.oci.image.manifest.v1+json";
            scene
                .cloud
                .registry()
                .put_manifest("app", Some("latest"), kind, manifest(name));
        };
        push("one");
        let image = image.unwrap_or_else(|| format!("{}/app:latest", scene.cloud.host()));
        scene.edit(
            "task.json",
            "/executionRoleArn",
            json!("arn:aws:iam::123456789012:role/exec"),
        );
        scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
        assert_eq!(scene.deploy().action(), "created");
        scene.settle();
        assert_eq!(scene.deploy().action(), "unchanged", "{image} {is_known}");
        push("two");
        let ran = scene.deploy();
        assert_eq!(ran.action(), "forced", "{image}");
        assert!(ran.stderr.contains(&image), "{}", ran.stderr);
        assert_eq!(scene.revisions(), 1);
        scene.settle();
        assert_eq!(scene.deploy().action(), "unchanged", "{image}");
    }
}

#[test]
fn an_image_whose_tag_cannot_be_looked_up_is_deployed_again() {
    let scene = Scene::new();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("127.0.0.1:1/app:v1"),
    );
    assert_eq!(scene.deploy().action(), "created");
    scene.settle();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "forced");
    assert!(
        ran.stderr
            .contains("may name another image than the running one: 127.0.0.1:1/app:v1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn reads_that_lag_behind_register_and_deploy_nothing_twice() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.cloud.ecs().stale_reads(Duration::from_secs(3));
    assert_eq!(scene.deploy().code, 0);
    // The rollout takes four seconds, and reads may be stale for three more.
    scene.clock.advance(Duration::from_secs(10));
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(scene.revisions(), 2);
    assert_eq!(scene.sent("UpdateService").len(), 1);
}

#[test]
fn an_emulator_without_service_deployments_is_enough() {
    let scene = Scene::deployed();
    let html = |operation| Fault::on("ecs", operation).always().html(500);
    scene.cloud.fault(html("ListServiceDeployments"));
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    // The error of a gateway is different: it may be temporary, and it is reported.
    scene.cloud.clear_faults();
    let gateway = Fault::on("ecs", "ListServiceDeployments").always();
    scene.cloud.fault(gateway.html(502));
    assert_eq!(scene.deploy().code, 9);
}
