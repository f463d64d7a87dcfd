//! Runs the program with GitLab: one note that is kept up to date, and the status of a commit.

use std::process::Output;

use fakes::{Cloud, Fault};
use serde_json::Value;

use crate::scene::{Scene, crashed, run};

const PROJECT: &str = "acme/platform/web";
const COMMIT: &str = "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d";
const MARKER: &str = "<!-- fargate-pipeline deploy-status deployment -->";

struct GitLab {
    cloud: Cloud,
    scene: Scene,
}

impl GitLab {
    fn new() -> Self {
        let cloud = Cloud::start();
        cloud.gitlab().merge_request(PROJECT, 7, COMMIT);
        GitLab {
            cloud,
            scene: Scene::success(),
        }
    }

    /// Runs like in a GitLab job, whose variables contain the project and the API.
    fn run(&self, more: &[&str]) -> Output {
        self.run_as(&self.cloud.gitlab().token(), more)
    }

    fn run_as(&self, token: &str, more: &[&str]) -> Output {
        let mut args = vec!["--results", self.scene.path().to_str().unwrap()];
        args.extend(more);
        let env = [
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_PATH", PROJECT),
            ("CI_API_V4_URL", &self.cloud.gitlab().api()),
            ("CI_JOB_URL", "https://gitlab.example/acme/-/jobs/1"),
            ("GITLAB_TOKEN", token),
            ("NO_PROXY", "127.0.0.1"),
        ];
        run(
            &args,
            &env.map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
    }

    fn notes(&self) -> Vec<fakes::Note> {
        self.cloud.gitlab().notes(PROJECT, 7)
    }

    fn result(&self) -> Value {
        let path = self.scene.path().join("deploy-status.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_first_run_writes_and_the_second_updates() {
    let gitlab = GitLab::new();
    for _ in 0..120 {
        gitlab.cloud.gitlab().note(PROJECT, 7, "octocat", "words");
    }
    gitlab
        .cloud
        .gitlab()
        .note(PROJECT, 7, "mallory", &format!("{MARKER}\nfalse"));
    gitlab.cloud.gitlab().system_note(PROJECT, 7, MARKER);
    for expected in ["created", "updated"] {
        let output = gitlab.run(&["--merge-request", "7"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(gitlab.result()["data"]["comment"], expected);
    }
    let notes = gitlab.notes();
    assert_eq!(notes.len(), 123, "one note is ours");
    let ours = notes.last().unwrap();
    assert!(ours.body.starts_with(&format!("{MARKER}\n### ✅ ")));
    assert!(
        ours.body
            .contains("(<https://gitlab.example/acme/-/jobs/1>)")
    );
    let url = gitlab.result()["data"]["commentUrl"].clone();
    let end = format!("/{PROJECT}/-/merge_requests/7#note_{}", ours.id);
    assert!(url.as_str().unwrap().ends_with(&end), "{url}");
    assert_eq!(notes[120].body, format!("{MARKER}\nfalse"));
}

#[test]
fn the_commit_status_has_a_state_of_gitlab() {
    for (scene, state) in [
        (Scene::success(), "success"),
        (Scene::new().deploy().wait("failed", 5, crashed()), "failed"),
        (Scene::new().deploy(), "running"),
        (
            Scene::new().deploy().wait("superseded", 7, crashed()),
            "canceled",
        ),
    ] {
        let gitlab = GitLab {
            scene,
            ..GitLab::new()
        };
        let output = gitlab.run(&["--commit-status", COMMIT, "--name", "prod"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let statuses = gitlab.cloud.gitlab().statuses(PROJECT);
        assert_eq!(statuses.len(), 1);
        assert_eq!(statuses[0]["status"], state);
        assert_eq!(statuses[0]["name"], "fargate-pipeline/prod");
        assert!(gitlab.notes().is_empty());
    }
}

#[test]
fn a_read_only_token_is_an_error_only_if_required() {
    let gitlab = GitLab::new();
    gitlab.cloud.gitlab().read_only();
    let output = gitlab.run(&["--merge-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(gitlab.result()["verdict"], "written");
    assert!(stderr(&output).contains("403"), "{}", stderr(&output));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .starts_with("### ")
    );
    let output = gitlab.run(&["--merge-request", "7", "--require-comment"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(gitlab.notes().is_empty());

    // The token of the job cannot write notes.
    let job_token = gitlab.cloud.gitlab().job_token();
    let output = gitlab.run_as(&job_token, &["--merge-request", "7", "--require-comment"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(!stderr(&output).contains(&job_token));
}

#[test]
fn a_lost_response_does_not_create_two_notes() {
    let gitlab = GitLab::new();
    gitlab
        .cloud
        .fault(Fault::on("gitlab", "CreateNote").cut_after_work());
    let output = gitlab.run(&["--merge-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(gitlab.notes().len(), 1);
}

#[test]
fn requests_are_shown_without_the_token() {
    let gitlab = GitLab::new();
    let output = gitlab.run(&["--merge-request", "7", "-vv"]);
    let shown = String::from_utf8(output.stderr.clone()).unwrap();
    let notes = "/merge_requests/7/notes: HTTP 201 in ";
    let mut lines = shown
        .lines()
        .filter(|line| line.starts_with("debug: POST "));
    assert!(lines.any(|line| line.contains(notes)), "{shown}");
    assert!(!shown.contains(&gitlab.cloud.gitlab().token()), "{shown}");
}
