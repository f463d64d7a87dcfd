//! Invalid input and AWS errors: one clear error each, the right exit code, nothing half done.

use std::time::{Duration, Instant};

use fakes::Fault;
use serde_json::json;

use crate::scene::{Ran, Scene};

/// Asserts that there is one error with this exit code, and that nothing was written.
pub fn refused(scene: &Scene, ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    for said in said {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(ran.stdout, "");
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_cluster_that_does_not_exist() {
    let scene = Scene::new();
    let ran = scene.run(&[
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--cluster",
        "nope",
        "--service",
        "web",
    ]);
    refused(
        &scene,
        &ran,
        3,
        &[
            "cluster nope does not exist in eu-central-1",
            "hint: check --cluster",
        ],
    );
}

#[test]
fn a_missing_service_without_a_definition() {
    let scene = Scene::new();
    let ran = scene.run(&[
        "--task-definition",
        "task.json",
        "--cluster",
        "prod",
        "--service",
        "web",
    ]);
    refused(
        &scene,
        &ran,
        3,
        &[
            "service web does not exist in cluster prod",
            "--service-definition",
        ],
    );
}

#[test]
fn access_denied() {
    for operation in ["DescribeServices", "DescribeTaskDefinition"] {
        let scene = Scene::new();
        scene
            .cloud
            .fault(Fault::on("ecs", operation).always().denied());
        let ran = scene.deploy();
        let action = format!("ecs:{operation}");
        refused(
            &scene,
            &ran,
            4,
            &["AccessDeniedException", &action, "hint: allow"],
        );
    }
}

#[test]
fn a_denied_write_reports_what_was_not_changed() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene
        .cloud
        .fault(Fault::on("ecs", "UpdateService").denied());
    let ran = scene.deploy();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    for said in [
        "updating service web failed",
        "web:2 is registered, and a re-run uses it",
        "the service still runs web:1",
        "ecs:UpdateService",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(ran.data()["taskDefinition"]["registered"], json!(true));
    assert_eq!(scene.deploy().action(), "updated");
    assert_eq!(scene.revisions(), 2);
}

#[test]
fn definitions_that_ecs_would_reject_are_refused_before_a_revision_is_registered() {
    let connect = json!({"enabled": true, "services": [{"portName": "http"}]});
    for (member, value, problem) in [
        (
            "/serviceConnectConfiguration",
            connect,
            "port name http: no port mapping of the task definition has this name",
        ),
        (
            "/schedulingStrategy",
            json!("DAEMON"),
            "desiredCount: is not possible with schedulingStrategy DAEMON: remove it",
        ),
        (
            "/capacityProviderStrategy",
            json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]),
            "launchType: excludes capacityProviderStrategy: declare only one of them",
        ),
    ] {
        let scene = Scene::new();
        if member == "/schedulingStrategy" {
            // Fargate would be refused first.
            scene.edit("service.json", "/launchType", json!("EC2"));
        }
        scene.edit("service.json", member, value);
        for more in [&["--dry-run"][..], &[]] {
            let ran = scene.deploy_with(more);
            refused(&scene, &ran, 2, &[problem, "hint: nothing was changed"]);
        }
    }
}

#[test]
fn expired_credentials() {
    let scene = Scene::new();
    scene.cloud.fault(Fault::on("ecs", "*").always().expired());
    refused(
        &scene,
        &scene.deploy(),
        4,
        &["ExpiredTokenException", "hint: "],
    );
}

#[test]
fn no_region() {
    let scene = Scene::new();
    let output = scene
        .command(&[
            "--task-definition",
            "task.json",
            "--cluster",
            "prod",
            "--service",
            "web",
        ])
        .env_remove("AWS_REGION")
        .output()
        .unwrap();
    refused(
        &scene,
        &scene.ran(output),
        2,
        &["no region is set", "hint: set --region"],
    );
}

#[test]
fn no_credentials_fails_in_under_a_second() {
    let scene = Scene::new();
    let begun = Instant::now();
    let output = scene
        .command(&[
            "--task-definition",
            "task.json",
            "--cluster",
            "prod",
            "--service",
            "web",
        ])
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .output()
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    refused(
        &scene,
        &scene.ran(output),
        4,
        &["no AWS credentials", "--role-to-assume"],
    );
}

#[test]
fn a_refused_connection_ends_the_first_call_within_20_seconds() {
    let scene = Scene::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let begun = Instant::now();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ecs-deploy"))
        .env_clear()
        .envs(scene.cloud.env())
        .current_dir(scene.path("."))
        .args(["--task-definition", "task.json", "--cluster", "prod"])
        .args(["--service", "web", "--results", "results"])
        .args(["--endpoint-url", &endpoint])
        .output()
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
    let ran = scene.ran(output);
    refused(
        &scene,
        &ran,
        9,
        &["cannot connect to 127.0.0.1:", "connection refused"],
    );
}

#[test]
fn throttled_to_the_end() {
    let scene = Scene::new();
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().throttle());
    let ran = scene.deploy();
    refused(&scene, &ran, 9, &["ThrottlingException"]);
}
