//! The outcome of a deployment, derived from the results.

use deploy_status::{DeploymentReport, DeploymentState, read};
use serde_json::Value;

use crate::scene::{Scene, succeeded, waited};

fn state(scene: &Scene) -> DeploymentState {
    DeploymentReport::of(read(&[scene.path().to_owned()], None).unwrap()).state()
}

#[test]
fn each_exit_code_has_its_outcome() {
    for (exit_code, expected) in [
        (0, DeploymentState::Succeeded),
        (1, DeploymentState::Failed),
        (4, DeploymentState::Failed),
        (5, DeploymentState::Failed),
        (6, DeploymentState::RolledBack),
        (7, DeploymentState::Superseded),
        (8, DeploymentState::TimedOut),
        (9, DeploymentState::Failed),
        (10, DeploymentState::Paused),
        (130, DeploymentState::Interrupted),
        (99, DeploymentState::Failed),
    ] {
        let verdict = if exit_code == 0 { "succeeded" } else { "other" };
        let scene = Scene::new().deploy().wait(verdict, exit_code, succeeded());
        assert_eq!(state(&scene), expected, "{exit_code}");
    }
}

#[test]
fn an_earlier_stage_is_not_a_success() {
    let scene = Scene::new()
        .deploy()
        .wait("running", 0, waited(serde_json::json!({})));
    assert_eq!(state(&scene), DeploymentState::Reached);
}

#[test]
fn a_failed_step_decides_over_later_ones() {
    // E.g. with continue-on-error: the last step waited for another deployment.
    let scene = Scene::success().step("ecr-push", "denied", 4, 1.0, Value::Null);
    assert_eq!(state(&scene), DeploymentState::Failed);
}

#[test]
fn missing_results_are_not_invented() {
    assert_eq!(state(&Scene::new()), DeploymentState::NothingRan);
    assert_eq!(state(&Scene::new().deploy()), DeploymentState::Unproven);
    let absent = Scene::new().path().join("absent");
    assert_eq!(
        DeploymentReport::of(read(&[absent], None).unwrap()).state(),
        DeploymentState::NothingRan
    );
}

#[test]
fn other_files_are_not_results() {
    let scene = Scene::success()
        .file("deploy-status.json", "{}")
        .file("notes.json", "not JSON")
        .file("logs/app.json", "{}");
    assert_eq!(state(&scene), DeploymentState::Succeeded);
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
    for message in [
        "`prod` · `web` failed",
        "it failed.",
        "**Cause:** because\n",
    ] {
        assert!(comment.contains(message), "{message}: {comment}");
    }
}
