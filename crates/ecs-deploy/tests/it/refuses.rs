//! Invalid input and AWS errors: one clear error each, the right exit code, nothing half done.

use std::time::{Duration, Instant};

use fakes::Fault;
use serde_json::json;

use crate::scene::{Ran, Scene};

/// Asserts that there is one error with this exit code, and that nothing was written.
fn refused(scene: &Scene, ran: &Ran, code: i32, said: &[&str]) {
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

#[test]
fn files_that_cannot_be_used() {
    let scene = Scene::new();
    let run =
        |args: &[&str]| scene.run(&[args, &["--cluster", "prod", "--service", "web"]].concat());
    let deploy = |task: &str, service: &str| {
        run(&["--task-definition", task, "--service-definition", service])
    };
    std::fs::write(scene.path("broken.json"), "{\n  \"family\": \"web\",,\n}").unwrap();
    std::fs::write(scene.path("empty.json"), "").unwrap();
    scene.write("no-family.json", &json!({"containerDefinitions": []}));
    scene.write(
        "placeholder.json",
        &json!({"family": "web", "containerDefinitions": [{"image": "${image.app}"}]}),
    );
    scene.write(
        "described.json",
        &json!({"services": [{"serviceName": "web"}]}),
    );
    scene.write("other.json", &json!({"serviceName": "api"}));
    std::fs::write(
        scene.path("wants.json"),
        "{\n  \"networkConfiguration\": \"${tf.ecs_subnets}\"\n}",
    )
    .unwrap();
    scene.write("outputs.json", &json!({"ecs_subnet_ids": ["a"]}));
    scene.write(
        "terraform.json",
        &json!({"a": {"value": 1, "type": "number"}}),
    );
    for (ran, code, said) in [
        (
            deploy("nope.json", "service.json"),
            3,
            "task definition nope.json does not exist",
        ),
        (
            deploy("empty.json", "service.json"),
            2,
            "task definition empty.json is empty",
        ),
        (deploy("broken.json", "service.json"), 2, "broken.json:2:19"),
        (
            deploy("no-family.json", "service.json"),
            2,
            "the task definition has no family",
        ),
        (
            deploy("placeholder.json", "service.json"),
            2,
            "the image ${image.app} contains a placeholder",
        ),
        (
            deploy("nope", "service.json"),
            3,
            "task definition nope does not exist, or is not active",
        ),
        (
            deploy("what:ever", "service.json"),
            2,
            "is not a file, FAMILY:REVISION, FAMILY or ARN",
        ),
        (
            deploy("task.json", "described.json"),
            2,
            "a response of DescribeServices",
        ),
        (
            deploy("task.json", "other.json"),
            2,
            "--service is web, but the service definition contains api",
        ),
        (
            deploy("task.json", "wants.json"),
            2,
            "needs the outputs of Terraform",
        ),
        (
            run(&[
                "--task-definition",
                "task.json",
                "--service-definition",
                "wants.json",
                "--outputs",
                "outputs.json",
            ]),
            2,
            "${tf.ecs_subnets} is not an output of Terraform; did you mean ecs_subnet_ids",
        ),
        (
            run(&[
                "--task-definition",
                "task.json",
                "--outputs",
                "terraform.json",
            ]),
            2,
            "tf-outputs --state -",
        ),
        (
            run(&[
                "--task-definition",
                "task.json",
                "--target-container",
                "app",
            ]),
            2,
            "expected NAME:PORT",
        ),
    ] {
        refused(&scene, &ran, code, &[said]);
    }
    let ran = deploy("task.json", "wants.json");
    assert!(ran.stderr.contains("wants.json:2:28"), "{}", ran.stderr);
}

#[test]
fn members_that_ecs_would_ignore_stop_the_deployment() {
    let scene = Scene::new();
    let service = r#"{
 "launchType": "FARGATE",
 "desiredcount": 4,
 "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a"], "asignPublicIp": "ENABLED"}},
 "healthCheckGracePeriod": 120,
 "serviceArn": "arn:x",
 "events": []
}"#;
    std::fs::write(scene.path("typo.json"), service).unwrap();
    let args = [
        "--task-definition",
        "task.json",
        "--service-definition",
        "typo.json",
        "--cluster",
        "prod",
        "--service",
        "web",
    ];
    for command in [&[][..], &["--dry-run"]] {
        let all: Vec<&str> = args.iter().chain(command).copied().collect();
        let ran = scene.run(&all);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        for message in [
            "error: unknown member desiredcount; did you mean desiredCount?\n  at typo.json:3:2\n",
            "error: typo.json:4:77: unknown member networkConfiguration.awsvpcConfiguration.asignPublicIp; did you mean assignPublicIp? [misspelled-member]\n",
            "warning: typo.json:5:2: unknown member healthCheckGracePeriod; did you mean healthCheckGracePeriodSeconds? [unknown-member]\n",
            "or use --ignore misspelled-member)\n",
        ] {
            assert!(ran.stderr.contains(message), "{message}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("serviceArn"), "{}", ran.stderr);
        assert_eq!(scene.writes(), [""; 0]);
    }
    scene.write("typo.json", &json!({"desiredCount": "two"}));
    refused(
        &scene,
        &scene.run(&args),
        2,
        &["desiredCount is a string; ECS expects a whole number\n  at typo.json:1:17"],
    );
}

#[test]
fn a_real_unknown_member_can_be_ignored() {
    let scene = Scene::new();
    scene.edit("service.json", "/desiredCounts", json!(1));
    let args = [
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--cluster",
        "prod",
        "--service",
        "web",
        "--ignore",
        "unknown-member,misspelled-member",
    ];
    let ran = scene.run(&args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("desiredCounts"), "{}", ran.stderr);
}
