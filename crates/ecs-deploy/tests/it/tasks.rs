//! One-off tasks before and after a deployment: running, waiting, and identifying earlier ones.

use std::time::Duration;

use fakes::{Fault, OneOff};
use serde_json::json;

use crate::scene::{Ran, Scene};
use crate::stories::one_offs;

const SOON: Duration = Duration::from_millis(100);

/// A scene in real time whose container logs.
fn scene() -> Scene {
    let scene = Scene::living();
    scene.cloud.logs().group("/web");
    scene.edit(
        "task.json",
        "/executionRoleArn",
        json!("arn:aws:iam::123456789012:role/exec"),
    );
    scene.edit(
        "task.json",
        "/containerDefinitions/0/logConfiguration",
        json!({"logDriver": "awslogs", "options": {"awslogs-group": "/web",
            "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"}}),
    );
    scene
}

fn deploy(scene: &Scene, key: &str) -> Ran {
    scene.deploy_with(&[
        "--pre-deploy-task",
        "bin/migrate --to 'the end'",
        "--task-key",
        key,
    ])
}

#[test]
fn a_migration_runs_on_the_new_revision_before_the_service_is_touched() {
    let scene = scene();
    scene.cloud.ecs().script_task(
        OneOff::exits(0)
            .over(SOON)
            .log_lines(["::error::migrating", "done"]),
    );
    let ran = deploy(&scene, "1");
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(
        scene.writes(),
        ["RegisterTaskDefinition", "RunTask", "CreateService"]
    );
    let sent = &scene.sent("RunTask")[0];
    assert_eq!(sent["taskDefinition"], ran.data()["taskDefinition"]["arn"]);
    assert_eq!(
        sent["networkConfiguration"],
        scene.service_definition()["networkConfiguration"]
    );
    assert_eq!(sent["launchType"], "FARGATE");
    assert_eq!(
        sent["overrides"],
        json!({"containerOverrides": [{"name": "app", "command": ["bin/migrate", "--to", "the end"]}]})
    );
    // Its log lines are shown, and cannot control the CI host.
    assert!(
        ran.stderr.contains("| ::error::migrating\n| done\n"),
        "{}",
        ran.stderr
    );
    let task = &ran.data()["oneOffTasks"][0];
    assert_eq!(
        (&task["outcome"], &task["exitCode"]),
        (&json!("ran"), &json!(0))
    );
    assert_eq!(task["command"], "bin/migrate --to 'the end'");
}

#[test]
fn a_failure_stops_the_deployment_before_it_touches_the_service_and_is_run_anew() {
    let scene = scene();
    scene
        .cloud
        .ecs()
        .script_task(OneOff::exits(3).over(SOON).log_lines(["no such table"]));
    let ran = deploy(&scene, "1");
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    for said in [
        "exited with 3: Essential container in task exited",
        "| no such table",
        "the service was not changed",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(scene.writes(), ["RegisterTaskDefinition", "RunTask"]);
    assert_eq!(ran.data()["taskDefinition"]["registered"], json!(true));
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    let ran = deploy(&scene, "1");
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(scene.sent("RunTask").len(), 2);
}

#[test]
fn what_succeeded_is_not_run_again_for_the_same_key_and_is_for_another() {
    let scene = scene();
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    scene
        .cloud
        .fault(Fault::on("ecs", "CreateService").denied());
    let ran = deploy(&scene, "1");
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let ran = deploy(&scene, "1");
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(scene.sent("RunTask").len(), 1);
    assert_eq!(ran.data()["oneOffTasks"][0]["outcome"], "already-succeeded");
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    let ran = scene.deploy_with(&[
        "--pre-deploy-task",
        "bin/migrate --to 'the end'",
        "--task-key",
        "2",
        "--force-new-deployment",
    ]);
    assert_eq!(ran.action(), "forced", "{}", ran.stderr);
    assert_eq!(scene.sent("RunTask").len(), 2);
}

#[test]
fn a_task_that_still_runs_is_joined_after_a_kill() {
    let scene = scene();
    scene
        .cloud
        .ecs()
        .script_task(OneOff::exits(0).over(Duration::from_secs(3)));
    let args = [
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--cluster",
        "prod",
        "--service",
        "web",
        "--pre-deploy-task",
        "migrate",
        "--task-key",
        "1",
    ];
    let mut child = scene
        .command(&args)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while scene
        .cloud
        .requests_of("ecs", "RunTask")
        .first()
        .is_none_or(|r| r.status.is_none())
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = scene.run(&args);
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(ran.data()["oneOffTasks"][0]["outcome"], "joined");
    assert_eq!(scene.sent("RunTask").len(), 1);
    assert_eq!(scene.revisions(), 1);
}

#[test]
fn a_lost_answer_starts_no_second_task() {
    for fault in [
        Fault::on("ecs", "RunTask").cut_after_work(),
        Fault::on("ecs", "RunTask").malformed(),
        Fault::on("ecs", "RunTask").status(503),
    ] {
        let scene = scene();
        scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
        scene.cloud.fault(fault);
        let ran = deploy(&scene, "1");
        assert_eq!(ran.action(), "created", "{}", ran.stderr);
        assert_eq!(one_offs(&scene), 1);
    }
}

#[test]
fn a_task_that_cannot_start_reports_the_reason() {
    let scene = scene();
    scene
        .cloud
        .ecs()
        .script_task(OneOff::fails_to_start("CannotPullContainerError: not found").over(SOON));
    let ran = deploy(&scene, "1");
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("did not start: CannotPullContainerError: not found"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_task_that_takes_too_long_continues_and_is_joined() {
    let scene = scene();
    scene
        .cloud
        .ecs()
        .script_task(OneOff::exits(0).over(Duration::from_secs(4)));
    let ran = scene.deploy_with(&[
        "--pre-deploy-task",
        "migrate",
        "--task-key",
        "1",
        "--task-timeout",
        "1s",
    ]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert!(ran.stderr.contains("a re-run joins it"), "{}", ran.stderr);
    let ran = scene.deploy_with(&["--pre-deploy-task", "migrate", "--task-key", "1"]);
    assert_eq!(
        ran.data()["oneOffTasks"][0]["outcome"],
        "joined",
        "{}",
        ran.stderr
    );
}

#[test]
fn a_task_after_runs_when_the_service_was_written() {
    let scene = scene();
    scene.write(
        "smoke.json",
        &json!({"overrides": {"containerOverrides": [{"name": "app", "command": ["smoke"]}]}}),
    );
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    let ran = scene.deploy_with(&["--post-deploy-task", "smoke.json", "--task-key", "1"]);
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(
        scene.writes(),
        ["RegisterTaskDefinition", "CreateService", "RunTask"]
    );
    assert_eq!(ran.data()["oneOffTasks"][0]["command"], "smoke");
    scene.cloud.ecs().script_task(OneOff::exits(1).over(SOON));
    let ran = scene.deploy_with(&[
        "--post-deploy-task",
        "[\"smoke\", \"--all\"]",
        "--task-key",
        "2",
        "--force-new-deployment",
    ]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("its deployment continues"),
        "{}",
        ran.stderr
    );
    assert!(ran.data()["deployment"]["ecsSvcId"].is_string());
}

#[test]
fn without_a_deployment_nothing_is_run() {
    let scene = Scene::deployed();
    let ran = scene.deploy_with(&[
        "--pre-deploy-task",
        "migrate",
        "--post-deploy-task",
        "smoke",
    ]);
    assert_eq!(ran.action(), "unchanged");
    assert_eq!(scene.writes(), [""; 0]);
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let ran = scene.deploy_with(&["--dry-run", "--pre-deploy-task", "migrate"]);
    assert!(
        ran.stdout
            .contains("  run       migrate, before the service is changed\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn invalid_commands_are_rejected() {
    let scene = Scene::new();
    for (text, said) in [
        ("it's", "it's has an unclosed quote"),
        ("migrate \\", "ends with a single backslash"),
        (" ", "--pre-deploy-task is empty"),
        ("[1]", "is not a JSON list of words"),
        ("nope.json", "one-off task nope.json does not exist"),
    ] {
        let ran = scene.deploy_with(&["--pre-deploy-task", text]);
        assert!(ran.code == 2 || ran.code == 3, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = scene.deploy_with(&["--pre-deploy-task", "x", "--task-container", "nope"]);
    assert!(
        ran.stderr.contains("has no container nope; it has app"),
        "{}",
        ran.stderr
    );
}
