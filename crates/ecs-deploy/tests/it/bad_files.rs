//! Files that cannot be used: the error names the file and the place, and nothing is written.

use serde_json::json;

use crate::refuses::refused;
use crate::scene::Scene;

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
