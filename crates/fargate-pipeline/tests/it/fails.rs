//! Deployments that fail: nothing is written before everything is valid, the exit code is the one of the
//! step, and the report runs.

use std::time::Duration;

use fakes::{Fault, Rollout};

use crate::scene::Scene;

/// Operations that change something.
const WRITES: [&str; 4] = [
    "PutImage",
    "InitiateLayerUpload",
    "RegisterTaskDefinition",
    "UpdateService",
];

#[track_caller]
fn wrote_nothing(scene: &Scene) {
    for request in scene.cloud.requests() {
        assert!(
            !WRITES.contains(&request.operation.as_str()),
            "{}",
            request.operation
        );
        assert!(
            request.service != "registry" || request.method == "GET" || request.method == "HEAD"
        );
    }
}

#[test]
fn an_invalid_argument_of_a_late_step_ends_the_deployment_before_any_request() {
    for (flag, word) in [
        ("--on-pause=never", "never"),
        ("--timeout=10", "10m"),
        ("--pull-request=abc", "abc"),
        ("--name=stage: eu", "stage: eu"),
        ("--tag=a b", "a b"),
        ("--env==x", "is not the name of a variable"),
        ("--if-in-progress=maybe", "maybe"),
        ("--until=later", "later"),
        ("--image=repo/app:1", "two images are given"),
    ] {
        let scene = Scene::new();
        let ran = scene.deploy(&[flag]).ended(2);
        assert!(ran.stderr.contains(word), "{flag}: {}", ran.stderr);
        assert!(scene.cloud.requests().is_empty(), "{flag}");
    }
}

#[test]
fn without_a_service_the_error_names_the_ways() {
    let scene = Scene::new();
    let ran = scene.run(&["deploy", "--cluster=prod"]).ended(2);
    for word in ["no service is known", "--service", "fargate.yml", "--state"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert!(scene.cloud.requests().is_empty());
}

#[test]
fn results_that_cannot_be_written_end_the_deployment_first() {
    let scene = Scene::new();
    scene.write("results", "a file");
    let ran = scene.deploy(&[]);
    assert_ne!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("results"), "{}", ran.stderr);
    assert!(scene.cloud.requests().is_empty());
}

#[test]
fn a_service_that_does_not_exist_is_reported_before_anything_is_pushed() {
    let scene = Scene::new();
    let args = [
        "deploy",
        "--cluster=prod",
        "--service=wbe",
        "--source=oci:image",
    ];
    let ran = scene.run(&args).ended(3);
    assert!(
        ran.stderr
            .contains("service wbe does not exist in cluster prod"),
        "{}",
        ran.stderr
    );
    wrote_nothing(&scene);
    assert!(scene.result("deploy-status").is_some(), "the report ran");
}

#[test]
fn each_step_ends_with_its_own_exit_code_and_the_report_runs() {
    for (verb, code) in [
        ("ecr-push", 3),
        ("render-taskdef", 2),
        ("ecs-deploy", 4),
        ("wait-healthy", 5),
    ] {
        let scene = Scene::new();
        let mut args = vec![];
        match verb {
            "ecr-push" => args.push("--repository=team/none"),
            "render-taskdef" => args.push("--set=/containerDefinitions/none/cpu=1"),
            "ecs-deploy" => scene
                .cloud
                .fault(Fault::on("ecs", "UpdateService").always().denied()),
            _ => scene.cloud.ecs().script(
                "web",
                Rollout::crashing()
                    .exit_code(3)
                    .over(Duration::from_millis(200)),
            ),
        }
        if verb == "wait-healthy" {
            args.push("--fail-fast=1");
        }
        let ran = scene.deploy(&args);
        let result = scene.result(verb).unwrap_or_default();
        assert_eq!(result["exitCode"], ran.code, "{verb}: {}", ran.stderr);
        assert_eq!(ran.code, code, "{verb}: {}", ran.stderr);
        assert_eq!(
            ran.stderr.matches("error:").count(),
            1,
            "{verb}: {}",
            ran.stderr
        );
        assert!(
            scene.result("deploy-status").is_some(),
            "{verb}: the report ran"
        );
        let report = std::fs::read_to_string(scene.path("results/deployment.md"));
        assert!(!report.unwrap_or_default().is_empty(), "{verb}");
    }
}

#[test]
fn results_of_an_earlier_deployment_are_not_reported() {
    let scene = Scene::new();
    scene.deploy(&[]).ended(0);
    scene.deploy(&["--repository=team/none"]).ended(3);
    assert!(scene.result("wait-healthy").is_none());
}

#[test]
fn a_missing_dockerfile_is_an_error_with_the_alternatives() {
    let scene = Scene::new();
    let ran = scene
        .run(&["deploy", "--cluster=prod", "--service=web"])
        .ended(3);
    assert!(
        ran.stderr.contains("no Dockerfile at ./Dockerfile"),
        "{}",
        ran.stderr
    );
    let status = scene.result("deploy-status").unwrap_or_default();
    assert!(status.to_string().contains("Build the image"), "{status}");
    wrote_nothing(&scene);
}
