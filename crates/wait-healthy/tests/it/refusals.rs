//! Bad input and bad days: each has one clear error and its exit code.

use std::time::{Duration, Instant};

use fakes::Fault;

use crate::scene::{Scene, healthy};

#[test]
fn what_is_not_there_is_named() {
    let scene = Scene::running();
    let no_cluster = scene
        .bare(&["--cluster", "prdo", "--service", "web"])
        .output()
        .unwrap();
    let ran = scene.ran(no_cluster).expect(3, "not-found");
    ran.says(&["ClusterNotFoundException"]);
    let no_service = scene
        .bare(&["--cluster", "prod", "--service", "wbe"])
        .output()
        .unwrap();
    scene
        .ran(no_service)
        .expect(3, "not-found")
        .says(&["cluster prod has no service wbe"]);
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
        .says(&["allow ecs:DescribeServices"]);
}

#[test]
fn expired_credentials_are_said() {
    let scene = Scene::running();
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().expired());
    scene.run(&[]).expect(4, "denied").says(&["expired"]);
}

#[test]
fn without_a_region_or_credentials_it_fails_at_once() {
    let scene = Scene::running();
    let mut command = scene.command(&[]);
    command.env_remove("AWS_REGION");
    scene
        .ran(command.output().unwrap())
        .expect(2, "invalid")
        .says(&["no region is set"]);
    let mut command = scene.command(&[]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let before = Instant::now();
    let ran = scene.ran(command.output().unwrap()).expect(4, "denied");
    ran.says(&["no AWS credentials", "--role-to-assume"]);
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
        .fault(Fault::on("ecs", "DescribeServices").times(1).throttle());
    scene.cloud.fault(
        Fault::on("ecs", "DescribeServiceDeployments")
            .times(1)
            .status(503),
    );
    scene
        .cloud
        .fault(Fault::on("ecs", "ListTasks").times(1).cut_before_answer());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    ran.says(&["ThrottlingException", "asking again in"]);
}

#[test]
fn throttled_to_the_end_says_nothing_about_the_deployment() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    scene
        .cloud
        .fault(Fault::on("ecs", "DescribeServices").always().throttle());
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "2s"])
        .expect(9, "unreachable");
    ran.says(&["the deployment of web goes on"]);
}

#[test]
fn files_and_words_that_name_no_deployment() {
    let scene = Scene::running();
    scene.write("empty.json", "");
    scene.write("garbage.json", "{");
    scene.write("other.json", r#"{"verb": "ecr-push", "data": {}}"#);
    for (name, code, verdict, words) in [
        ("missing.json", 3, "not-found", "does not exist"),
        ("empty.json", 2, "invalid", "is empty"),
        ("garbage.json", 2, "invalid", "is not JSON"),
        ("other.json", 2, "invalid", "names no deployment"),
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
            .says(&[words]);
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
fn times_and_stages_that_are_none() {
    let scene = Scene::running();
    scene
        .run(&["--timeout", "soon"])
        .expect(2, "invalid")
        .says(&["10m"]);
    scene
        .run(&["--until", "done"])
        .expect(2, "invalid")
        .says(&["running, healthy, completed"]);
}
