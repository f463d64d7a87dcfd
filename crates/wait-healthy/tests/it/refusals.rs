//! Invalid input and failures of AWS: each has one clear error and its exit code.

use std::time::{Duration, Instant};

use fakes::Fault;

use crate::scene::{Scene, healthy};

#[test]
fn a_missing_cluster_or_service_is_named() {
    let scene = Scene::running();
    let no_cluster = scene
        .bare(&["--cluster", "prdo", "--service", "web"])
        .output()
        .unwrap();
    let ran = scene.ran(no_cluster).expect(3, "not-found");
    ran.shows(&[
        "error: cluster prdo does not exist in eu-central-1",
        "check --cluster and --region",
    ]);
    let no_service = scene
        .bare(&["--cluster", "prod", "--service", "wbe"])
        .output()
        .unwrap();
    scene
        .ran(no_service)
        .expect(3, "not-found")
        .shows(&["service wbe does not exist in cluster prod"]);
}

#[test]
fn a_denial_names_the_permission() {
    let scene = Scene::running();
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().denied());
    scene
        .run(&[])
        .expect(4, "denied")
        .shows(&["allow ecs:DescribeServices"]);
}

#[test]
fn expired_credentials_are_reported() {
    let scene = Scene::running();
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().expired());
    scene.run(&[]).expect(4, "denied").shows(&["expired"]);
}

#[test]
fn without_a_region_or_credentials_it_fails_at_once() {
    let scene = Scene::running();
    let mut command = scene.command(&[]);
    command.env_remove("AWS_REGION");
    scene
        .ran(command.output().unwrap())
        .expect(2, "invalid")
        .shows(&["no region is set"]);
    let mut command = scene.command(&[]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let before = Instant::now();
    let ran = scene.ran(command.output().unwrap()).expect(4, "denied");
    ran.shows(&["no AWS credentials", "--role-to-assume"]);
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn throttling_and_cuts_do_not_end_the_wait() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").times(7).throttle());
    scene.cloud.fault(
        Fault::on("ecs", "DescribeServiceDeployments")
            .times(1)
            .status(503),
    );
    scene
        .cloud
        .fault(Fault::on("ecs", "ListTasks").times(1).cut_before_answer());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    ran.shows(&["ThrottlingException", "retrying in"]);
}

#[test]
fn throttling_until_the_timeout_is_not_a_verdict() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().throttle());
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "2s"])
        .expect(9, "unreachable");
    ran.shows(&["the deployment of web continues"]);
}

#[test]
fn files_and_names_that_are_not_a_deployment() {
    let scene = Scene::running();
    scene.write("empty.json", "");
    scene.write("garbage.json", "{");
    scene.write("other.json", r#"{"verb": "ecr-push", "data": {}}"#);
    for (name, code, verdict, words) in [
        ("missing.json", 3, "not-found", "does not exist"),
        ("empty.json", 2, "invalid", "is empty"),
        ("garbage.json", 2, "invalid", "is not JSON"),
        ("other.json", 2, "invalid", "does not contain a deployment"),
        (
            "arn:aws:ecs:eu-central-1:123456789012:task/prod/1",
            2,
            "invalid",
            "task",
        ),
    ] {
        scene
            .run(&["--deployment", name])
            .expect(code, verdict)
            .shows(&[words]);
    }
    assert!(
        scene
            .cloud
            .requests()
            .iter()
            .all(|r| r.operation != "DescribeServiceDeployments")
    );
}

#[test]
fn a_bare_number_is_not_a_deployment() {
    Scene::running()
        .run(&["--deployment", "12345"])
        .expect(2, "invalid")
        .shows(&[
            "--deployment \"12345\" is not an ARN, ecs-svc/ID or a file",
            "did you mean ecs-svc/12345?",
        ]);
}

#[test]
fn empty_names_are_rejected() {
    let scene = Scene::running();
    for (cluster, service, message) in [
        ("", "web", "--cluster is empty"),
        ("prod", " ", "--service is empty"),
    ] {
        let args = ["--cluster", cluster, "--service", service];
        let output = scene.bare(&args).output().unwrap();
        let ran = scene.ran(output);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        ran.shows(&[message]);
    }
}

#[test]
fn invalid_durations_and_stages() {
    let scene = Scene::running();
    scene
        .run(&["--timeout", "soon"])
        .expect(2, "invalid")
        .shows(&["10m"]);
    scene
        .run(&["--until", "done"])
        .expect(2, "invalid")
        .shows(&["running, healthy, completed"]);
}
