//! The root action and the reusable workflow: a complete deployment in one step.

use std::time::Duration;

use fakes::Rollout;
use stories::counterparts::not_run;

use super::act::{Job, act};
use super::scene::{ROLE, STATE, Scene, script};

/// A workflow with one job that uses the root action and prints its outputs.
fn workflow(with: &str) -> String {
    format!(
        "
name: deploy
on: [push, pull_request]
permissions: {{}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
      - id: deployment
        uses: fargate-pipeline/fargate-pipeline@v1
        with:
          state: {STATE}
          role-to-assume: {ROLE}
          region: eu-central-1
{with}
      - name: outputs
        if: always()
        shell: sh
        env:
          OUTPUTS: ${{{{ toJSON(steps.deployment.outputs) }}}}
        run: printf 'outputs %s\\n' \"$(printf '%s' \"$OUTPUTS\" | tr -d '\\n')\"
"
    )
}

/// A repository that uses the root action with these additional inputs.
pub fn scene(with: &str) -> Option<Scene> {
    if let Err(reason) = act() {
        not_run("the actions in act", &reason);
        return None;
    }
    let scene = Scene::new();
    scene.sample(".");
    scene.file(".github/workflows/deploy.yml", workflow(with));
    scene.commit();
    Some(scene)
}

/// The path of its workflow.
pub const WORKFLOW: &str = ".github/workflows/deploy.yml";

#[test]
fn a_push_deploys_and_reports_it() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    let log = Job::push(&scene).run(WORKFLOW).expect(true);
    let output = |step: &str, name: &str| log.output(&["deployment", step], name).unwrap();
    assert_eq!(output("wait", "verdict"), "succeeded");
    assert!(output("push", "image").contains("/hello@sha256:"));
    assert_eq!(output("deploy", "action"), "created");
    let printed = log.text();
    assert!(
        printed.contains(r#"\"verdict\": \"succeeded\""#),
        "the action's own outputs: {}",
        log.readable()
    );
    assert!(log.summary().contains("hello"), "{}", log.summary());
    assert!(
        log.annotations("error").is_empty(),
        "{:?}",
        log.annotations("error")
    );
    assert!(scene.comments().is_empty(), "a push has no pull request");
    // The running image is the pushed one, by digest.
    let registered = scene.registered();
    assert_eq!(
        registered["containerDefinitions"][0]["image"],
        output("push", "image")
    );
}

#[test]
fn a_job_variable_sets_an_option_that_is_not_an_input() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    let job = "    runs-on: ubuntu-latest\n";
    let variable = "    env:\n      FARGATE_PRE_DEPLOY_TASK: bin/migrate --all\n";
    let workflow = workflow("          source: oci:image").replace(job, &[job, variable].concat());
    scene.file(WORKFLOW, workflow);
    Job::push(&scene).run(WORKFLOW).expect(true);
    let task = scene.cloud.requests_of("ecs", "RunTask")[0].json();
    let command = &task["overrides"]["containerOverrides"][0]["command"];
    assert_eq!(*command, serde_json::json!(["bin/migrate", "--all"]));
}

#[test]
fn a_release_uses_its_own_program() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    let log = Job::push(&scene).released().run(WORKFLOW).expect(true);
    let verdict = log.output(&["deployment", "wait"], "verdict");
    assert_eq!(verdict.as_deref(), Some("succeeded"));
}

#[test]
fn a_crash_fails_the_job_and_the_comment_names_the_cause() {
    let Some(scene) = scene("          source: oci:image\n          comment-logs: true") else {
        return;
    };
    Job::push(&scene).run(WORKFLOW).expect(true);
    let broken = std::fs::read_to_string(scene.repo().join("taskdef.json")).unwrap();
    scene.file(
        "taskdef.json",
        broken.replace("hello from Fargate", "another greeting"),
    );
    scene.crashes("hello");
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(false);
    let output = |name: &str| log.output(&["deployment", "wait"], name).unwrap();
    assert_eq!(output("verdict"), "rolled-back");
    assert!(!output("cause").is_empty());
    let errors = log.annotations("error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].0, "wait-healthy");
    let comments = scene.comments();
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].contains("DATABASE_URL is not set"),
        "{}",
        comments[0]
    );
    assert!(
        log.output(&["deployment", "status"], "comment-url")
            .unwrap()
            .contains("/pull/7")
    );

    // The same comment is updated instead of adding another one.
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(true);
    assert!(log.annotations("error").is_empty());
    let comments = scene.comments();
    assert_eq!(comments.len(), 1);
    assert!(!comments[0].contains("DATABASE_URL"), "{}", comments[0]);
}

#[test]
fn what_is_built_here_is_what_runs() {
    let Some(scene) =
        scene("          build-args: |\n            VERSION=1 $(touch canary)\n            NAME=x")
    else {
        return;
    };
    // A builder that records its arguments: the command line of buildah, without its requirements.
    let image = scene.repo().join("image");
    let builder = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >{0}/arguments\nfor a; do case $a in oci-archive:*) exec tar -C {1} -cf \"${{a#oci-archive:}}\" .;; esac; done\nexit 1\n",
        scene.folder.path().display(),
        image.display(),
    );
    script(&scene.at("bin/buildah"), &builder);
    script(&scene.at("bin/docker"), "#!/bin/sh\nexit 1\n");
    scene.file("Dockerfile", "FROM scratch\n");
    let log = Job::push(&scene)
        .programs(&scene.at("bin"))
        .run(WORKFLOW)
        .expect(true);
    let arguments = std::fs::read_to_string(scene.at("arguments")).unwrap();
    let arguments: Vec<&str> = arguments.lines().collect();
    assert_eq!(arguments[0], "build");
    assert!(
        arguments
            .windows(2)
            .any(|w| w == ["--build-arg", "VERSION=1 $(touch canary)"]),
        "{arguments:?}"
    );
    assert!(
        arguments.windows(2).any(|w| w == ["--build-arg", "NAME=x"]),
        "{arguments:?}"
    );
    assert_eq!(arguments.last(), Some(&"."));
    assert!(
        log.output(&["deployment", "push"], "digest")
            .unwrap()
            .starts_with("sha256:")
    );
}

#[test]
fn a_missing_dockerfile_is_reported() {
    let Some(scene) = scene("          dockerfile: Containerfile") else {
        return;
    };
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(false);
    let errors = log.annotations("error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].1.contains("no Dockerfile at ./Containerfile"),
        "{errors:?}"
    );
    let comments = scene.comments();
    assert_eq!(comments.len(), 1, "the status comment exists anyway");
    assert!(
        comments[0].contains("failed in Build the image"),
        "{}",
        comments[0]
    );
    assert!(
        scene
            .cloud
            .requests_of("ecr", "GetAuthorizationToken")
            .is_empty()
    );
}

#[test]
fn two_services_in_one_job_do_not_mix() {
    let Some(scene) = scene(
        "          source: oci:image\n          service: one\n          name: one\n          service-definition: plain.json",
    ) else {
        return;
    };
    let text = std::fs::read_to_string(scene.repo().join("service.json")).unwrap();
    let mut plain: serde_json::Value = serde_json::from_str(&text).unwrap();
    plain.as_object_mut().unwrap().remove("loadBalancers");
    plain
        .as_object_mut()
        .unwrap()
        .remove("healthCheckGracePeriodSeconds");
    scene.file("plain.json", plain.to_string());
    let one = workflow(
        "          source: oci:image\n          service: one\n          name: one\n          service-definition: plain.json",
    );
    let (head, step) = one.split_once("      - id: deployment").unwrap();
    let (step, tail) = step.split_once("      - name: outputs").unwrap();
    let two = step
        .replace("service: one", "service: two")
        .replace("name: one", "name: two")
        .replace(
            "region: eu-central-1",
            "region: eu-central-1\n          tag: two",
        );
    let both = format!(
        "{head}      - id: deployment{step}\n      - id: second{two}\n      - name: outputs{tail}"
    );
    scene.file(WORKFLOW, both);
    scene
        .cloud
        .ecs()
        .script("two", Rollout::healthy().over(Duration::from_millis(100)));
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(true);
    let results = |step: &str| log.output(&[step, "begin"], "results").unwrap();
    assert_ne!(results("deployment"), results("second"));
    let comments = scene.comments();
    assert_eq!(comments.len(), 2, "a comment each, by their names");
    assert!(
        comments[0].contains(" one · ") && !comments[0].contains(" two · "),
        "{}",
        comments[0]
    );
}
