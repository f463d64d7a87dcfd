//! One-off tasks in runs that are repeated or concurrent.

use std::time::Duration;

use fakes::{Clock, OneOff, Rollout};
use serde_json::json;

use crate::scene::Scene;

const SOON: Duration = Duration::from_millis(100);

/// A scene in real time whose deployments succeed at once.
fn quick() -> Scene {
    let scene = Scene::living();
    scene.cloud.ecs().default_script(
        Rollout::healthy()
            .over(Duration::ZERO)
            .draining(Duration::ZERO),
    );
    scene
}

#[test]
fn a_failed_task_after_the_deployment_runs_again_without_a_deployment() {
    let scene = quick();
    let args = ["--post-deploy-task", "smoke", "--task-key", "1"];
    scene.cloud.ecs().script_task(OneOff::exits(1).over(SOON));
    let ran = scene.deploy_with(&args);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    scene.cloud.forget_requests();
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    let ran = scene.deploy_with(&args);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(scene.writes(), ["RunTask"]);
    assert_eq!(ran.data()["oneOffTasks"][0]["outcome"], "ran");
    let ran = scene.deploy_with(&args);
    assert_eq!(ran.data()["oneOffTasks"][0]["outcome"], "already-succeeded");
    // Another run that finds nothing to deploy does not run a task.
    let ran = scene.deploy_with(&["--post-deploy-task", "smoke", "--task-key", "2"]);
    assert_eq!(ran.action(), "unchanged");
    let said = "no deployment is needed, so no one-off task runs";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert_eq!(scene.sent("RunTask").len(), 1);
}

#[test]
fn a_change_that_deploys_nothing_runs_no_task() {
    let scene = quick();
    assert_eq!(scene.deploy().action(), "created");
    scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(90));
    let ran = scene.deploy_with(&[
        "--pre-deploy-task",
        "migrate",
        "--post-deploy-task",
        "smoke",
    ]);
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    assert_eq!(scene.sent("RunTask").len(), 0);
}

#[test]
fn a_deployment_that_began_during_a_migration_is_not_overlooked() {
    let scene = quick();
    assert_eq!(scene.deploy().action(), "created");
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.cloud.ecs().script_task(OneOff::exits(0).over(SOON));
    let slow = Rollout::healthy().over(Duration::from_secs(600));
    scene.cloud.ecs().script("web", slow);
    let ran = std::thread::scope(|threads| {
        let args = &["--pre-deploy-task", "migrate", "--if-in-progress", "fail"];
        let running = threads.spawn(|| scene.deploy_with(args));
        while scene.cloud.requests_of("ecs", "RunTask").is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let theirs = json!({"cluster": "prod", "service": "web", "forceNewDeployment": true});
        scene.cloud.call("ecs", "UpdateService", theirs).unwrap();
        running.join().unwrap()
    });
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("is in progress"), "{}", ran.stderr);
    assert_eq!(scene.sent("UpdateService").len(), 0);
}

#[test]
fn after_the_hour_that_ecs_remembers_an_earlier_task_is_unknown() {
    let long_ago = jiff::Timestamp::now() - Duration::from_secs(2 * 60 * 60);
    for (clock, is_said) in [
        (Clock::manual_at(long_ago), true),
        (Clock::manual_at(jiff::Timestamp::now()), false),
    ] {
        let scene = Scene::on(clock);
        assert_eq!(scene.deploy().action(), "created");
        let task = OneOff::exits(0).over(Duration::ZERO);
        scene.cloud.ecs().script_task(task);
        let args = ["--pre-deploy-task", "migrate", "--force-new-deployment"];
        let ran = scene.deploy_with(&args);
        assert_eq!(ran.action(), "forced", "{}", ran.stderr);
        let said = "so an earlier run of migrate on this revision is unknown";
        assert_eq!(ran.stderr.contains(said), is_said, "{}", ran.stderr);
    }
}
