//! Results that another run left in the directory, e.g. an earlier build in the workspace of a job.

use serde_json::json;

use crate::scene::{Scene, run, succeeded};

const OLD: &str = "jenkins-web-main-11";
const NEW: &str = "jenkins-web-main-12";

/// The result of a step, written by a run.
fn written_by(scene: Scene, run: Option<&str>, verb: &str, exit: u8) -> Scene {
    let result = json!({
        "schemaVersion": 1, "verb": verb, "version": "1.0.0", "runId": run, "verdict": "succeeded",
        "exitCode": exit, "startedAt": "2026-11-20T10:00:00Z", "seconds": 1.0, "error": null,
        "data": succeeded(),
    });
    scene.file(&format!("{verb}.json"), &result.to_string())
}

/// The report of the run [`NEW`], and what the log contains.
fn reported(scene: &Scene, arguments: &[&str], env: &[(&str, &str)]) -> (String, String) {
    let mut all = vec!["--results", scene.path().to_str().unwrap()];
    all.extend(arguments);
    let env: Vec<(String, String)> = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let output = run(&all, &env);
    assert!(output.status.success(), "{output:?}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// The variables by which each host identifies the run `NEW`.
fn hosts() -> Vec<Vec<(&'static str, &'static str)>> {
    vec![
        vec![("JENKINS_URL", "http://j/"), ("BUILD_TAG", NEW)],
        vec![("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", NEW)],
        vec![("GITLAB_CI", "true"), ("CI_PIPELINE_ID", NEW)],
        vec![("BITBUCKET_BUILD_NUMBER", NEW)],
        vec![("CIRCLECI", "true"), ("CIRCLE_WORKFLOW_WORKSPACE_ID", NEW)],
        vec![("TF_BUILD", "True"), ("BUILD_BUILDID", NEW)],
        vec![("BUILDKITE", "true"), ("BUILDKITE_BUILD_ID", NEW)],
        vec![("CI", "woodpecker"), ("CI_PIPELINE_NUMBER", NEW)],
        vec![("CODEBUILD_BUILD_ID", NEW)],
        vec![("FORGEJO_ACTIONS", "true"), ("GITHUB_RUN_ID", NEW)],
    ]
}

#[test]
fn a_result_of_an_earlier_build_is_ignored_and_named() {
    for host in hosts() {
        let scene = written_by(Scene::new(), Some(OLD), "ecr-push", 5);
        let scene = written_by(scene, Some(NEW), "ecs-deploy", 0);
        let scene = written_by(scene, Some(NEW), "wait-healthy", 0);
        let (report, log) = reported(&scene, &[], &host);
        assert!(!report.contains("ecr-push"), "{host:?}: {report}");
        assert!(report.contains('✅'), "{host:?}: {report}");
        for named in ["ecr-push.json is ignored", OLD, NEW] {
            assert!(log.contains(named), "{host:?}: {log}");
        }
    }
}

#[test]
fn a_success_of_an_earlier_build_is_not_reported_again() {
    let scene = written_by(Scene::new(), Some(OLD), "wait-healthy", 0);
    let (report, _) = reported(&scene, &[], &hosts()[0]);
    assert!(report.contains("did not start"), "{report}");
    let in_folder = Scene::new();
    let old = std::fs::read_to_string(scene.path().join("wait-healthy.json")).unwrap();
    let in_folder = in_folder.file("web/wait-healthy.json", &old);
    let (report, log) = reported(&in_folder, &[], &hosts()[0]);
    assert!(report.contains("did not start"), "{report}");
    assert!(log.contains("web/wait-healthy.json is ignored"), "{log}");
}

#[test]
fn a_result_without_a_run_counts() {
    // E.g. a container without the variables of the CI host, or a terminal.
    let scene = written_by(Scene::new(), None, "wait-healthy", 0);
    assert!(reported(&scene, &[], &hosts()[0]).0.contains('✅'));
    let scene = written_by(Scene::new(), Some(OLD), "wait-healthy", 0);
    assert!(reported(&scene, &[], &[]).0.contains('✅'));
}

#[test]
fn the_results_of_another_run_can_be_requested() {
    let scene = written_by(Scene::new(), Some(OLD), "wait-healthy", 0);
    let (report, log) = reported(&scene, &["--run-id", OLD], &hosts()[0]);
    assert!(report.contains('✅'), "{report}");
    assert!(!log.contains("ignored"), "{log}");
}
