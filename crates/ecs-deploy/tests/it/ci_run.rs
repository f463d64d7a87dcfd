//! The ID of the CI run identifies the one-off tasks and the session of the role.

use fakes::{OneOff, Trust};
use serde_json::json;

use crate::scene::Scene;

const ISSUER: &str = "https://ci.example";
const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
const DEPLOY: [&str; 10] = [
    "--task-definition",
    "task.json",
    "--service-definition",
    "service.json",
    "--cluster",
    "prod",
    "--service",
    "web",
    "--pre-deploy-task",
    "bin/migrate",
];

/// Returns `startedBy` of the task and the form that requested the role.
fn run(variables: &[(&str, &str)], more: &[&str]) -> (String, String) {
    let scene = Scene::living();
    let sts = scene.cloud.sts();
    sts.trust(Trust::issuer(ISSUER).audience("sts").subject("deployer"));
    let token = sts.web_identity_token(json!({"iss": ISSUER, "aud": "sts", "sub": "deployer"}));
    scene.cloud.ecs().script_task(OneOff::exits(0));
    let output = scene
        .command(&DEPLOY)
        .args(["--role-to-assume", ROLE])
        .args(more)
        .env("FARGATE_WEB_IDENTITY_TOKEN", token)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let ran = scene.ran(output);
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    let sent = scene.sent("RunTask");
    let asked = scene
        .cloud
        .requests_of("sts", "AssumeRoleWithWebIdentity")
        .remove(0);
    (
        sent[0]["startedBy"].as_str().unwrap().to_owned(),
        String::from_utf8(asked.body.to_vec()).unwrap(),
    )
}

#[test]
fn one_id_names_the_tasks_of_a_run_and_its_session() {
    let (by_key, _) = run(&[], &["--task-key", "4711"]);
    for variables in [
        [("GITHUB_RUN_ID", "4711"), ("GITHUB_RUN_ATTEMPT", "1")],
        [("GITHUB_RUN_ID", "4711"), ("GITHUB_RUN_ATTEMPT", "2")],
        [("CI_PIPELINE_ID", "4711"), ("CI_JOB_ID", "1")],
        // The job was retried, so it is another job of the same pipeline.
        [("CI_PIPELINE_ID", "4711"), ("CI_JOB_ID", "2")],
        [("BUILD_TAG", "4711"), ("BUILD_ID", "1")],
    ] {
        let (task, form) = run(&variables, &[]);
        assert_eq!(task, by_key, "{variables:?}");
        assert!(
            form.contains("RoleSessionName=fargate-pipeline-4711&"),
            "{variables:?}: {form}"
        );
    }
}

#[test]
fn a_task_is_a_section_of_gitlabs_log() {
    let scene = Scene::living();
    scene.cloud.ecs().script_task(OneOff::exits(0));
    let mut command = scene.command(&DEPLOY);
    let ran = scene.ran(command.env("GITLAB_CI", "true").output().unwrap());
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    let lines: Vec<&str> = ran.stderr.split('\n').collect();
    let marker = |which: &str| {
        let start = format!("\u{1b}[0K{which}:");
        let mut found = lines.iter().filter_map(|line| line.strip_prefix(&start));
        let (Some(rest), None) = (found.next(), found.next()) else {
            panic!("not one {which}: {}", ran.stderr)
        };
        let (seconds, rest) = rest.split_once(':').unwrap();
        assert!(seconds.parse::<u64>().is_ok(), "{seconds}");
        rest.to_owned()
    };
    let (start, end) = (marker("section_start"), marker("section_end"));
    let (name, title) = start.split_once("[collapsed=true]\r\u{1b}[0K").unwrap();
    assert_eq!(title, "--pre-deploy-task: bin/migrate");
    assert_eq!(end, format!("{name}\r\u{1b}[0K"));
}
