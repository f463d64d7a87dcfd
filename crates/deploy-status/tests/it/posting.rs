//! Runs the program with GitHub: which comment is updated, and what happens if that fails.

use std::path::Path;

use fakes::Fault;

use crate::github::{GitHub, MARKER, REPOSITORY, stderr};
use crate::scene::{Scene, run};

#[test]
fn without_a_target_the_report_is_on_stdout() {
    let scene = Scene::success();
    let output = run(&["--results", scene.path().to_str().unwrap()], &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("### ✅ `prod` · `web:43` is live\n"),
        "{text}"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_first_run_writes_and_the_second_updates() {
    let github = GitHub::new();
    let output = github.run(&["--pull-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let comments = github.comments();
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].body.starts_with(&format!("{MARKER}\n### ✅ ")),
        "{}",
        comments[0].body
    );
    let result = github.result();
    assert_eq!(result["verdict"], "posted");
    assert_eq!(result["data"]["comment"], "created");
    let url = result["data"]["commentUrl"].as_str().unwrap().to_owned();
    assert!(
        url.ends_with(&format!("/pull/7#issuecomment-{}", comments[0].id)),
        "{url}"
    );

    let github = GitHub {
        scene: Scene::new()
            .deploy()
            .wait("failed", 5, crate::scene::crashed()),
        ..github
    };
    let output = github.run(&["--pull-request", "7"]);
    assert!(
        output.status.success(),
        "the report shows the failure without repeating the error: {}",
        stderr(&output)
    );
    let comments = github.comments();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.contains("### ❌ "), "{}", comments[0].body);
    assert_eq!(github.result()["data"]["comment"], "updated");
    assert_eq!(github.result()["data"]["commentUrl"], url);
}

#[test]
fn our_comment_is_found_on_a_later_page() {
    let github = GitHub::new();
    for n in 0..230 {
        github
            .cloud
            .github()
            .comment(REPOSITORY, 7, "octocat", &format!("comment {n}"));
    }
    assert!(github.run(&["--pull-request", "7"]).status.success());
    github.cloud.forget_requests();
    assert!(github.run(&["--pull-request", "7"]).status.success());
    assert_eq!(github.comments().len(), 231);
    assert_eq!(github.cloud.requests_of("github", "ListComments").len(), 3);
    assert_eq!(github.cloud.requests_of("github", "UpdateComment").len(), 1);
}

#[test]
fn comments_of_others_are_not_updated() {
    let github = GitHub::new();
    let fake = format!("{MARKER}\n### ✅ all well");
    for (login, body) in [
        ("mallory", fake.as_str()),
        ("other-app[bot]", &fake),
        ("github-actions[bot]", &format!("> {MARKER}\nquoted")),
        (
            "github-actions[bot]",
            "<!-- fargate-pipeline deploy-status staging -->\nanother deployment's",
        ),
    ] {
        github.cloud.github().comment(REPOSITORY, 7, login, body);
    }
    let output = github.run(&["--pull-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let comments = github.comments();
    assert_eq!(comments.len(), 5, "a new one was written");
    assert_eq!(comments[0].body, fake);
    assert_eq!(comments[1].body, fake);
    assert_eq!(comments[4].login, "github-actions[bot]");

    let output = github.run(&["--pull-request", "7", "--name", "staging"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let comments = github.comments();
    assert_eq!(comments.len(), 5);
    assert!(
        comments[3]
            .body
            .contains("### ✅ staging · `web:43` is live"),
        "{}",
        comments[3].body
    );
}

#[test]
fn a_personal_token_updates_only_comments_of_its_user() {
    let github = GitHub::new();
    github
        .cloud
        .github()
        .comment(REPOSITORY, 7, "github-actions[bot]", MARKER);
    github.cloud.github().personal_token("deployer");
    for _ in 0..2 {
        assert!(github.run(&["--pull-request", "7"]).status.success());
    }
    let comments = github.comments();
    assert_eq!(comments.len(), 2);
    assert_eq!(comments[0].body, MARKER);
    assert_eq!(comments[1].login, "deployer");
}

#[test]
fn a_read_only_token_is_not_an_error_and_the_summary_is_written() {
    let github = GitHub::new();
    github.cloud.github().read_only();
    let summary = github.scene.path().join("summary.md");
    let token = github.cloud.github().token();
    let env = [
        ("GITHUB_TOKEN", token.as_str()),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    let output = github.run_with(&["--pull-request", "7"], &env);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(github.result()["verdict"], "written");
    let message = stderr(&output);
    assert!(
        message.starts_with("::warning ") && message.contains("Resource not accessible"),
        "{message}"
    );
    assert!(message.contains("read-only"), "{message}");
    assert!(
        std::fs::read_to_string(summary)
            .unwrap()
            .starts_with("### ✅ ")
    );
    assert!(!message.contains(&token));

    let output = github.run(&["--pull-request", "7", "--require-comment"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let result = github.result();
    assert_eq!(result["exitCode"], 4);
    assert!(
        result["data"]["notPosted"][0]
            .as_str()
            .unwrap()
            .contains("403"),
        "{result}"
    );
    assert!(output.stdout.is_empty() && github.comments().is_empty());
}

#[test]
fn a_missing_token_is_not_an_error() {
    let github = GitHub::new();
    let output = github.run_with(&["--pull-request", "7"], &[("GITHUB_TOKEN", "")]);
    assert!(output.status.success());
    assert!(
        stderr(&output).contains("no token for"),
        "{}",
        stderr(&output)
    );
    let output = github.run_with(&["--pull-request", "7", "--require-comment"], &[]);
    assert_eq!(output.status.code(), Some(4));
    let output = github.run(&["--require-comment"]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "an unset number is not a posted comment"
    );
}

#[test]
fn a_lost_response_does_not_create_two_comments() {
    let github = GitHub::new();
    github
        .cloud
        .fault(Fault::on("github", "CreateComment").cut_after_work());
    let output = github.run(&["--pull-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(github.comments().len(), 1);
    assert_eq!(github.result()["data"]["comment"], "updated");
}

#[test]
fn a_response_that_ends_early_does_not_create_two_comments() {
    let github = GitHub::new();
    for operation in ["ListComments", "CreateComment"] {
        github
            .cloud
            .fault(Fault::on("github", operation).malformed());
    }
    let output = github.run(&["--pull-request", "7", "--require-comment"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(github.comments().len(), 1);
}

#[test]
fn a_busy_server_is_retried() {
    let github = GitHub::new();
    github
        .cloud
        .fault(Fault::on("github", "ListComments").status(502));
    let output = github.run(&["--pull-request", "7"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(github.comments().len(), 1);
}

#[test]
fn a_missing_pull_request_has_a_hint() {
    let github = GitHub::new();
    let output = github.run(&["--pull-request", "8", "--require-comment"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("check --git-repository and the number"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn status_and_deployment_are_recorded_on_request() {
    let github = GitHub::new();
    let commit = "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d";
    let output = github.run(&[
        "--commit-status",
        commit,
        "--github-deployment",
        "staging",
        "--environment-url",
        "https://staging.example.com",
        "--name",
        "staging",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let statuses = github.cloud.github().statuses(REPOSITORY);
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0]["state"], "success");
    assert_eq!(statuses[0]["context"], "fargate-pipeline/staging");
    assert_eq!(
        statuses[0]["description"],
        "web:43 is live: 2 of 2 tasks running"
    );
    let deployments = github.cloud.github().deployments(REPOSITORY);
    assert_eq!(deployments.len(), 1);
    assert_eq!(deployments[0]["deployment"]["environment"], "staging");
    let status = &deployments[0]["statuses"][0];
    assert_eq!(status["state"], "success");
    assert_eq!(status["environment_url"], "https://staging.example.com");
    let report = String::from_utf8_lossy(&output.stdout);
    let headline = "### ✅ staging · `web:43` is live — [open](<https://staging.example.com>)\n";
    assert!(report.starts_with(headline), "{report}");
    assert!(github.comments().is_empty(), "no comment was requested");
}

#[test]
fn a_token_can_come_from_a_file() {
    let github = GitHub::new();
    let file = github.scene.path().join("token");
    std::fs::write(&file, format!("{}\n", github.cloud.github().token())).unwrap();
    let output = github.run_with(&["--pull-request", "7", "--token-file", path(&file)], &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(github.comments().len(), 1);
}

#[test]
fn invalid_arguments_are_named() {
    let scene = Scene::success();
    for (args, message) in [
        (
            &["--git-repository", "web", "--pull-request", "7"][..],
            "\"web\" is not OWNER/NAME",
        ),
        (
            &["--git-repository", "a/../b", "--pull-request", "7"],
            "is not OWNER/NAME",
        ),
        (&["--pull-request", "7"], "no repository given"),
        (
            &["--git-repository", "a/b", "--commit-status", "main"],
            "\"main\" is not the SHA of a commit",
        ),
        (
            &["--environment-url", "javascript:alert(1)"],
            "is not an http:// or https:// URL",
        ),
        (&["--name", "a\nb"], "--name"),
        (
            &[
                "--git-repository",
                "a/b",
                "--pull-request",
                "7",
                "--api-url",
                "x",
            ],
            "--api-url",
        ),
    ] {
        let mut all = vec!["--results", scene.path().to_str().unwrap()];
        all.extend(args);
        let output = run(&all, &[]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(message),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn requests_are_shown_without_the_token() {
    let github = GitHub::new();
    let output = github.run(&["--pull-request", "7", "-vv"]);
    let shown = stderr(&output);
    let host = github.cloud.endpoint_url().replace("http://", "");
    let line = format!("debug: POST {host}/repos/acme/web/issues/7/comments: HTTP 201 in ");
    assert!(shown.contains(&line), "{shown}");
    assert!(!shown.contains('?'), "{shown}");
    assert!(!shown.contains(&github.cloud.github().token()), "{shown}");
}
