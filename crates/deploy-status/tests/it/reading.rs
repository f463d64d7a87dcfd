//! What the results mean together.

use deploy_status::{Report, State, read};
use serde_json::Value;

use crate::scene::{Scene, succeeded, waited};

fn state(scene: &Scene) -> State {
    Report::of(read(&[scene.path().to_owned()]).unwrap()).state()
}

#[test]
fn each_exit_code_has_its_outcome() {
    for (exit_code, expected) in [
        (0, State::Succeeded),
        (1, State::Failed),
        (4, State::Failed),
        (5, State::Failed),
        (6, State::RolledBack),
        (7, State::Superseded),
        (8, State::TimedOut),
        (9, State::Failed),
        (10, State::Paused),
        (130, State::Interrupted),
        (99, State::Failed),
    ] {
        let verdict = if exit_code == 0 { "succeeded" } else { "other" };
        let scene = Scene::new().deploy().wait(verdict, exit_code, succeeded());
        assert_eq!(state(&scene), expected, "{exit_code}");
    }
}

#[test]
fn an_earlier_stage_is_no_success() {
    let scene = Scene::new()
        .deploy()
        .wait("running", 0, waited(serde_json::json!({})));
    assert_eq!(state(&scene), State::Reached);
}

#[test]
fn a_failed_step_decides_over_later_ones() {
    // As with continue-on-error: the wait watched something else.
    let scene = Scene::success().step("ecr-push", "denied", 4, 1.0, Value::Null);
    assert_eq!(state(&scene), State::Failed);
}

#[test]
fn what_is_missing_is_not_made_up() {
    assert_eq!(state(&Scene::new()), State::NothingRan);
    assert_eq!(state(&Scene::new().deploy()), State::Unproven);
    let absent = Scene::new().path().join("absent");
    assert_eq!(
        Report::of(read(&[absent]).unwrap()).state(),
        State::NothingRan
    );
}

#[test]
fn other_files_are_not_results() {
    let scene = Scene::success()
        .file("deploy-status.json", "{}")
        .file("notes.json", "not JSON")
        .file("logs/app.json", "{}");
    assert_eq!(state(&scene), State::Succeeded);
}

#[test]
fn null_members_hide_nothing() {
    let deploy = serde_json::json!({
        "cluster": "prod", "service": "web", "action": null, "taskDefinition": {"arn": null, "registered": null},
        "deployment": null, "previousDeployment": null, "changes": null,
    });
    let data = waited(serde_json::json!({
        "summary": "it failed.", "tasks": null, "deployment": null,
        "cause": {"summary": "because.", "remedy": null, "groups": null, "targets": [], "events": null},
    }));
    let scene = Scene::new()
        .step("ecs-deploy", "updated", 0, 1.0, deploy)
        .wait("failed", 5, data);
    let comment = scene.markdown(&crate::scene::github());
    for said in [
        "Deployment of `web` to `prod` failed",
        "it failed.",
        "**Cause:** because.",
    ] {
        assert!(comment.contains(said), "{said}: {comment}");
    }
}
