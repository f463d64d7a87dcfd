//! The output during a wait: lines, warnings, a stream of documents, and the summary.

use std::time::Duration;

use fakes::{Change, Rollout};
use serde_json::Value;

use crate::scene::{Scene, crashing, healthy};

#[test]
fn json_is_a_stream_that_ends_in_the_result() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    let ran = scene
        .run(&["--deployment", &id, "--format", "json"])
        .expect(6, "rolled-back");
    let documents: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (result, changes) = documents.split_last().unwrap();
    assert_eq!(*result, ran.result);
    let of = |kind: &str| changes.iter().find(|d| d["kind"] == kind).cloned().unwrap();
    assert!(
        changes
            .iter()
            .all(|d| d["at"].is_string() && d["seconds"].is_number())
    );
    assert_eq!(of("state")["tasks"]["desired"], 2);
    assert_eq!(of("task-stopped")["containers"][0]["exitCode"], 3);
    assert!(of("event")["message"].as_str().unwrap().contains("web"));
}

#[test]
fn a_crashed_task_is_a_warning_and_not_a_verdict() {
    let scene = Scene::running();
    // The third generation of tasks works.
    let rollout = Rollout::out_of_memory()
        .attempts(1)
        .over(Duration::from_secs(1));
    let id = scene.deploy(rollout);
    let mut command = scene.command(&["--deployment", &id]);
    command.env("GITHUB_ACTIONS", "true");
    let ran = scene.ran(command.output().unwrap()).expect(0, "succeeded");
    ran.shows(&[
        "::warning title=wait-healthy::a task stopped: ",
        "exit code 137, SIGKILL: out of memory",
        "another task stopped for the same reason",
        "SUCCESSFUL · 2 of 2 tasks healthy",
    ]);
    assert!(!ran.stderr.contains("::error"), "{}", ran.stderr);
}

#[test]
fn the_usual_time_is_shown_once() {
    let scene = Scene::running();
    let first = scene.deploy(healthy());
    scene.run(&["--deployment", &first]).expect(0, "succeeded");
    let id = scene.deploy(healthy());
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "20s"])
        .expect(0, "succeeded");
    assert_eq!(
        ran.stderr
            .matches("deployments of web usually take")
            .count(),
        1,
        "{}",
        ran.stderr
    );
}

#[test]
fn the_result_contains_who_decided_and_the_evidence() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    assert_eq!(ran.data()["decidedBy"], "ecs");
    assert_eq!(ran.data()["evidence"], "service-deployment");
    let id = scene.deploy(Rollout::superseded().over(Duration::from_secs(2)));
    scene.cloud.ecs().script("web", healthy());
    let ran = scene.run(&["--deployment", &id]).expect(7, "superseded");
    let by = &ran.data()["supersededBy"];
    assert!(by["revision"].is_string(), "{by}");
    ran.shows(&["Follow it: `wait-healthy --cluster prod --service web --deployment "]);
    let id = scene.deploy(Rollout::stuck());
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "2s"])
        .expect(8, "timed-out");
    assert_eq!(ran.data()["decidedBy"], "deadline");
    ran.shows(&[
        "it continues: IN_PROGRESS · 0 of 2 tasks healthy",
        "ecs-deploy rollback",
    ]);
}

#[test]
fn a_verdict_from_the_service_only_is_a_warning() {
    let scene = Scene::running();
    scene.cloud.ecs().deny_service_deployments();
    let id = scene.deploy(healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    ran.shows(&["warning: service deployments cannot be read"]);
    assert_eq!(ran.data()["evidence"], "service");
}

#[test]
fn a_pause_that_ends_the_wait_shows_how_to_continue() {
    let scene = Scene::paused("POST_SCALE_UP");
    let id = scene.deploy(healthy());
    let ran = scene
        .run(&["--deployment", &id, "--on-pause", "exit"])
        .expect(10, "paused");
    ran.shows(&[
        "is paused at POST_SCALE_UP",
        "`ecs-deploy continue --cluster prod --service web --deployment arn:",
    ]);
    let paused = &ran.data()["paused"];
    assert_eq!(paused["stage"], "POST_SCALE_UP");
    assert_eq!(paused["timeoutAction"], "ROLLBACK");
    let hook = paused["hookId"].as_str().unwrap();
    ran.shows(&[&format!("--hook {hook}")]);
}

#[test]
fn a_reached_stage_claims_nothing_about_tasks() {
    let scene = Scene::paused("POST_SCALE_UP");
    let id = scene.deploy(healthy());
    let ran = scene
        .run(&["--deployment", &id, "--until", "post-scale-up"])
        .expect(0, "POST_SCALE_UP");
    assert!(
        ran.stdout.contains("reached POST_SCALE_UP"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("nothing ran"), "{}", ran.stdout);
}

#[test]
fn a_successful_deployment_with_unhealthy_targets_is_reported() {
    let scene = Scene::running();
    let refused = Change::Target {
        tasks: 0..2,
        state: "unhealthy".into(),
        reason: Some("Target.Timeout".into()),
        description: Some("Request timed out".into()),
    };
    let rollout = healthy().also(Duration::from_millis(900), refused);
    let id = scene.deploy(rollout);
    let ran = scene
        .run(&["--deployment", &id, "--timeout", "5s"])
        .expect(8, "timed-out");
    ran.shows(&[
        "is SUCCESSFUL in ECS, but its tasks were not seen healthy within",
        "0 of 2 tasks healthy",
        "Request timed out",
    ]);
    let targets = ran.data()["cause"]["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2, "{targets:?}");
}

#[test]
fn a_deployment_of_another_service_is_rejected_at_once() {
    let scene = Scene::running();
    let arn = |region: &str, place: &str| {
        format!("arn:aws:ecs:{region}:123456789012:service-deployment/{place}/1")
    };
    let here = scene.cloud.region();
    for (name, words) in [
        (
            arn(&here, "prod/api"),
            "belongs to service api in cluster prod",
        ),
        (
            arn(&here, "test/web"),
            "belongs to service web in cluster test",
        ),
        (arn("us-west-2", "prod/web"), "is in us-west-2"),
    ] {
        scene
            .run(&["--deployment", &name])
            .expect(2, "invalid")
            .shows(&[words]);
    }
    assert!(scene.cloud.requests().is_empty());
}
