//! The actions of the programs, each on its own as a mapped remote. Each uses what the one before
//! it wrote.

use stories::counterparts::not_run;
use stories::programs::repository;

use super::act::{Job, Log, act};
use super::scene::{ROLE, STATE, Scene, copy};

const VERBS: [&str; 6] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
    "deploy-status",
];

const WORKFLOW: &str = "
name: deploy
on: [push, pull_request]
permissions: {}
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      FARGATE_REGION: eu-central-1
      FARGATE_ROLE_TO_ASSUME: THE_ROLE
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
      - id: platform
        uses: fargate-pipeline/fargate-pipeline/actions/tf-outputs@v1
        with: { state: 'THE_STATE' }
      - id: push
        uses: fargate-pipeline/fargate-pipeline/actions/ecr-push@v1
        with:
          source: oci:image
          repository: ${{ steps.platform.outputs.ecr_repository_name }}
          tag: |
            v1
            v1.0
      - id: render
        uses: fargate-pipeline/fargate-pipeline/actions/render-taskdef@v1
        with:
          task-definition: taskdef.json
          outputs: ${{ steps.platform.outputs.file }}
          image: app=${{ steps.push.outputs.image }}
          env: HELLO_GREETING=from the action
      - id: deploy
        uses: fargate-pipeline/fargate-pipeline/actions/ecs-deploy@v1
        with:
          task-definition: ${{ steps.render.outputs.task-definition }}
          service-definition: service.json
          outputs: ${{ steps.platform.outputs.file }}
          cluster: ${{ fromJSON(steps.platform.outputs.all).ecs_cluster_name }}
          service: hello
      - id: wait
        uses: fargate-pipeline/fargate-pipeline/actions/wait-healthy@v1
        with:
          cluster: ${{ steps.deploy.outputs.cluster }}
          service: ${{ steps.deploy.outputs.service }}
          deployment: ${{ steps.deploy.outputs.deployment }}
          timeout: 2m
      - id: status
        if: always()
        uses: fargate-pipeline/fargate-pipeline/actions/deploy-status@v1
";

#[test]
fn the_verbs_work_from_a_local_path_too() {
    if let Err(reason) = act() {
        return not_run("the_verbs_work_from_a_local_path_too", &reason);
    }
    let scene = Scene::new();
    copy(&repository().join("actions"), &scene.repo().join("actions"));
    let local = WORKFLOW
        .replace("fargate-pipeline/fargate-pipeline/actions", "./actions")
        .replace("@v1\n", "\n");
    assert_eq!(local.matches("uses: ./actions/").count(), VERBS.len());
    let log = pipeline(&scene, &local);
    let verdict = log.output(&["wait", "run"], "verdict");
    assert_eq!(verdict.as_deref(), Some("succeeded"));
    assert_eq!(scene.comments().len(), 1);
}

/// Runs the six actions in the order of this workflow.
fn pipeline(scene: &Scene, workflow: &str) -> Log {
    scene.sample(".");
    let workflow = workflow
        .replace("THE_ROLE", ROLE)
        .replace("THE_STATE", STATE);
    scene.file(".github/workflows/deploy.yml", workflow);
    scene.commit();
    Job::pull_request(scene, "x", "x")
        .run(".github/workflows/deploy.yml")
        .expect(true)
}

#[test]
fn the_verbs_form_a_pipeline() {
    if let Err(reason) = act() {
        return not_run("the_verbs_form_a_pipeline", &reason);
    }
    let scene = Scene::new();
    let log = pipeline(&scene, WORKFLOW);
    let registered = scene.registered();
    let container = &registered["containerDefinitions"][0];
    assert_eq!(container["environment"][0]["value"], "from the action");
    assert_eq!(scene.comments().len(), 1);
    assert!(
        scene.comments()[0].contains("hello"),
        "{}",
        scene.comments()[0]
    );

    // The declared outputs of an action are exactly those that its program sets.
    for (verb, id) in VERBS
        .into_iter()
        .zip(["platform", "push", "render", "deploy", "wait", "status"])
    {
        let declared =
            std::fs::read_to_string(repository().join("actions").join(verb).join("action.yml"));
        let declared = declared.unwrap();
        let given: Vec<&str> = log.outputs(&[id, "run"]);
        for name in &given {
            let line = format!("\n  {name}:\n");
            assert!(
                declared.contains(&line),
                "{verb} gives {name}, which its action.yml lacks"
            );
        }
        if verb != "tf-outputs" {
            let outputs = declared
                .split("\noutputs:\n")
                .nth(1)
                .unwrap()
                .split("\nruns:")
                .next()
                .unwrap();
            let names = outputs
                .lines()
                .filter(|l| l.starts_with("  ") && !l.starts_with("   "));
            // A successful deployment has no cause of failure.
            for name in names
                .map(|l| l.trim().trim_end_matches(':'))
                .filter(|n| *n != "cause")
            {
                assert!(
                    given.contains(&name),
                    "{verb} does not set {name}: {given:?}"
                );
            }
        }
    }
}

#[test]
fn an_action_fails_with_its_programs_error_and_one_annotation() {
    if let Err(reason) = act() {
        return not_run(
            "an_action_fails_with_its_programs_error_and_one_annotation",
            &reason,
        );
    }
    for (verb, with, words) in [
        ("tf-outputs", "state: nothing.tfstate", "nothing.tfstate"),
        (
            "ecr-push",
            "source: 'oci:nowhere'\n          repository: hello",
            "nowhere",
        ),
        (
            "render-taskdef",
            "task-definition: nothing.json",
            "nothing.json",
        ),
        (
            "ecs-deploy",
            "cluster: demo\n          service: hello\n          task-definition: ./nothing.json",
            "nothing.json",
        ),
        (
            "wait-healthy",
            "cluster: demo\n          service: nobody",
            "nobody",
        ),
        (
            "wait-healthy",
            "cluster: demo\n          service: hello\n          fail-fast: many",
            "many",
        ),
        ("deploy-status", "name: '::error::x'", "--name"),
    ] {
        let scene = Scene::new();
        let workflow = format!(
            "
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    env: {{ FARGATE_REGION: eu-central-1, FARGATE_ROLE_TO_ASSUME: '{ROLE}' }}
    steps:
      - uses: fargate-pipeline/fargate-pipeline/actions/{verb}@v1
        with:
          {with}
"
        );
        scene.file(".github/workflows/one.yml", workflow);
        scene.commit();
        let log = Job::push(&scene)
            .run(".github/workflows/one.yml")
            .expect(false);
        let errors = log.annotations("error");
        assert_eq!(errors.len(), 1, "{verb}: {errors:?}");
        assert_eq!(errors[0].0, verb);
        assert!(errors[0].1.contains(words), "{verb}: {errors:?}");
    }
}
