//! A call of the reusable workflow: its inputs, its outputs for later jobs, and its report.

use super::act::Job;
use super::scene::{ROLE, STATE};
use super::whole::{WORKFLOW, scene};

#[test]
fn the_reusable_workflow_serves_a_pull_request() {
    let Some(scene) = scene("") else {
        return;
    };
    let caller = format!(
        "
name: deploy
on: pull_request
permissions: {{}}
jobs:
  deploy:
    uses: fargate-pipeline/fargate-pipeline/.github/workflows/deploy.yml@v1
    permissions: {{ contents: read, id-token: write, pull-requests: write }}
    with:
      state: {STATE}
      role-to-assume: {ROLE}
      region: eu-central-1
      source: oci:image
      env: HELLO_GREETING=from the caller
      name: review
  after:
    needs: deploy
    runs-on: ubuntu-latest
    steps:
      - shell: sh
        env:
          VERDICT: ${{{{ needs.deploy.outputs.verdict }}}}
          CAUSE: ${{{{ needs.deploy.outputs.cause }}}}
        run: echo \"verdict $VERDICT, $CAUSE.\"
"
    );
    scene.file(WORKFLOW, caller);
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(true);
    assert!(
        log.text().contains("verdict succeeded, ."),
        "{}",
        log.readable()
    );
    assert!(
        log.summary().contains("### ✅ review · `hello:"),
        "{}",
        log.summary()
    );
    let comments = scene.comments();
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].contains("### ✅ review · `hello:"),
        "{}",
        comments[0]
    );

    let container = scene.registered()["containerDefinitions"][0].clone();
    assert_eq!(container["environment"][0]["value"], "from the caller");

    let definition = std::fs::read_to_string(scene.repo().join("taskdef.json")).unwrap();
    let other = definition.replace(r#""memory": "512""#, r#""memory": "1024""#);
    scene.file("taskdef.json", other);
    scene.crashes("hello");
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(false);
    let errors = log.annotations("error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    let comments = scene.comments();
    assert_eq!(comments.len(), 1, "rewritten");
    assert!(comments[0].contains("### ↩️ "), "{}", comments[0]);
    assert!(
        !comments[0].contains("DATABASE_URL"),
        "log lines were not requested: {}",
        comments[0]
    );
}
