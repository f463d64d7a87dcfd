//! `verify` finds what is wrong before anything changes, and shows where to fix it.

use serde_json::{Value, json};

use crate::scene::{Ran, Scene};

const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app";

/// A scene in which every check succeeds, and the digest of the image.
pub fn scene() -> (Scene, String) {
    let scene = Scene::new();
    scene.cloud.ecr().repository("app");
    scene.cloud.logs().group("/web");
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "layers": []}).to_string();
    let put = scene.cloud.registry();
    let digest = put.put_manifest("app", Some("v1"), kind, manifest.into_bytes());
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!(format!("{IMAGE}@{digest}")),
    );
    let log = json!({"awslogs-group": "/web", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"});
    scene.edit(
        "task.json",
        "/containerDefinitions/0/logConfiguration",
        json!({"logDriver": "awslogs", "options": log}),
    );
    (scene, digest)
}

fn verify(scene: &Scene) -> Ran {
    scene.run(&[
        "verify",
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--cluster",
        "prod",
        "--service",
        "web",
    ])
}

#[test]
fn all_is_well() {
    let (scene, _) = scene();
    let ran = verify(&scene);
    assert_eq!(ran.action(), "verified", "{}", ran.stdout);
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        6,
        "{}",
        ran.stdout
    );
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn each_problem_is_shown_with_where_to_fix_it() {
    let absent = format!("{IMAGE}@sha256:{}", "0".repeat(64));
    let other = json!(
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/nope/0123456789abcdef"
    );
    for (file, pointer, value, said) in [
        (
            "task.json",
            "/containerDefinitions/0/image",
            json!(absent),
            "does not exist in its registry (fix in: ecr-push)",
        ),
        (
            "task.json",
            "/containerDefinitions/0/logConfiguration/options/awslogs-group",
            json!("/nope"),
            "does not exist: tasks would not start (fix in: the infrastructure)",
        ),
        (
            "service.json",
            "/loadBalancers/0/targetGroupArn",
            other,
            "does not exist (fix in: the infrastructure)",
        ),
        (
            "service.json",
            "/loadBalancers/0/containerPort",
            json!(81),
            "the container does not map this port (fix in: the task definition)",
        ),
        (
            "service.json",
            "/capacityProviderStrategy",
            json!([{"capacityProvider": "NOPE"}]),
            "is not associated with the cluster (fix in: the infrastructure)",
        ),
        (
            "service.json",
            "/capacityProviderStrategy",
            json!([{"capacityProvider": "FARGATE"}]),
            "excludes capacityProviderStrategy: declare only one of them (fix in: the service definition)",
        ),
        (
            "service.json",
            "/serviceConnectConfiguration",
            json!({"enabled": true, "services": [{"portName": "http"}]}),
            "no port mapping of the task definition has this name (fix in: the task definition)",
        ),
        (
            "task.json",
            "/volumes",
            json!([{"name": "data", "configuredAtLaunch": true}]),
            "is configuredAtLaunch, but volumeConfigurations does not contain it (fix in: the service definition)",
        ),
    ] {
        let (scene, _) = scene();
        if said.contains("is not associated with the cluster") {
            scene.edit(file, "/launchType", Value::Null);
        }
        scene.edit(file, pointer, value);
        let ran = verify(&scene);
        assert_eq!(ran.code, 5, "{said}: {}", ran.stdout);
        assert_eq!(ran.result["verdict"], "wrong");
        let wrong: Vec<&str> = ran
            .stdout
            .lines()
            .filter(|l| l.starts_with("WRONG"))
            .collect();
        assert_eq!(wrong.len(), 1, "{}", ran.stdout);
        assert!(wrong[0].contains(said), "{}", wrong[0]);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(scene.writes(), [""; 0]);
    }
}

#[test]
fn target_groups_must_be_of_type_ip_and_on_a_listener() {
    for (kind, said) in [
        ("ip", "is not attached to a listener"),
        (
            "instance",
            "target type is instance, but awsvpc tasks need ip",
        ),
    ] {
        let (scene, _) = scene();
        let group = scene
            .cloud
            .elb()
            .unattached_target_group("lonely", 8080, kind);
        scene.edit(
            "service.json",
            "/loadBalancers/0/targetGroupArn",
            json!(group),
        );
        let ran = verify(&scene);
        assert_eq!(ran.code, 5, "{}", ran.stdout);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
}

#[test]
fn checks_without_permission_are_unknown() {
    let (scene, _) = scene();
    scene
        .cloud
        .fault(fakes::Fault::on("ecr", "*").always().denied());
    scene
        .cloud
        .fault(fakes::Fault::on("logs", "*").always().denied());
    let ran = verify(&scene);
    assert_eq!(ran.action(), "verified", "{}", ran.stdout);
    let unknown = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("? "))
        .count();
    assert_eq!(unknown, 2, "{}", ran.stdout);
    let checks = ran.data()["checks"].as_array().unwrap();
    assert!(checks.iter().any(|c: &Value| c["found"] == "unknown"));
}

#[test]
fn a_cluster_that_is_not_there() {
    let (scene, _) = scene();
    let ran = scene.run(&[
        "verify",
        "--task-definition",
        "task.json",
        "--cluster",
        "nope",
        "--service",
        "web",
    ]);
    assert_eq!(ran.code, 5, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("does not exist in eu-central-1"),
        "{}",
        ran.stdout
    );
}
