//! Text that strangers control (branch names, titles, inputs) is never executed or interpreted.

use stories::counterparts::not_run;
use stories::programs::repository;

use super::act::{Job, act};
use super::scene::{ROLE, STATE, Scene};

/// If a shell interpreted one of these, it would create a file `canary` in the workspace.
const HOSTILE: [&str; 6] = [
    "$(touch canary)",
    "`touch canary`",
    "\"; touch canary; \"",
    "'; touch canary; '",
    "x\n::add-mask::succeeded\n::error::forged\ntouch canary",
    "${{ github.token }} %0A::set-output name=verdict::forged",
];

#[test]
fn hostile_text_is_only_text() {
    if let Err(reason) = act() {
        return not_run("hostile_text_is_only_text", &reason);
    }
    for texts in HOSTILE.chunks_exact(2) {
        let scene = Scene::new();
        scene.sample(".");
        scene.file(
            ".github/workflows/deploy.yml",
            format!(
                "
on: pull_request
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
          source: oci:image
          env: |
            HELLO_GREETING=${{{{ github.event.pull_request.title }}}}
            HELLO_BRANCH=${{{{ github.head_ref }}}}
      - run: |
          test ! -e canary
"
            ),
        );
        scene.commit();
        // Branch names and titles cannot contain line breaks.
        let one_line = |text: &'static str| text.lines().next().unwrap();
        let (branch, title) = (one_line(texts[0]), one_line(texts[1]));
        let log = Job::pull_request(&scene, branch, title)
            .run(".github/workflows/deploy.yml")
            .expect(true);
        let registered = scene.registered();
        let variables = registered["containerDefinitions"][0]["environment"]
            .as_array()
            .unwrap();
        let value = |name: &str| {
            variables
                .iter()
                .find(|v| v["name"] == name)
                .and_then(|v| v["value"].as_str())
                .unwrap()
        };
        assert_eq!(value("HELLO_GREETING"), title);
        assert_eq!(value("HELLO_BRANCH"), branch);
        assert!(
            log.annotations("error").is_empty(),
            "{:?}",
            log.annotations("error")
        );
        assert_eq!(
            log.output(&["deployment", "wait"], "verdict").as_deref(),
            Some("succeeded")
        );
    }
}

/// Every input, and what else it needs so that its value is used.
const INPUTS: [&str; 22] = [
    "state",
    "role-to-assume",
    "region",
    "working-directory",
    "source",
    "context",
    "dockerfile",
    "build-args",
    "tag",
    "repository",
    "task-definition",
    "container",
    "image",
    "env",
    "service-definition",
    "cluster",
    "service",
    "timeout",
    "on-pause",
    "pull-request",
    "name",
    "comment-logs",
];

/// All attacks in one text: quotes, substitutions, and lines that a runner or a shell would
/// execute.
const ALL: &str = "x$(touch canary)`touch canary`\"; touch canary; \"'; touch canary; '\n::add-mask::succeeded\n::error::forged\nverdict=forged\n::set-output name=verdict::forged\ntouch canary";

#[test]
fn every_input_is_rejected_or_used_literally() {
    if let Err(reason) = act() {
        return not_run("every_input_is_rejected_or_used_literally", &reason);
    }
    let action = std::fs::read_to_string(repository().join("action.yml")).unwrap();
    let (_, inputs) = action.split_once("\ninputs:\n").unwrap();
    let (inputs, _) = inputs.split_once("\noutputs:\n").unwrap();
    let names = inputs
        .lines()
        .filter_map(|l| l.strip_prefix("  ")?.strip_suffix(':'));
    let names: Vec<&str> = names.filter(|name| *name != "github-token").collect();
    assert_eq!(names, INPUTS, "an input that is not tried here");

    let scene = Scene::new();
    scene.sample(".");
    scene.file("Dockerfile", "FROM scratch\n");
    // No builder is available. The story of `actions/build` covers what reaches a builder.
    for input in INPUTS {
        let mut with = vec![
            ("state", STATE),
            ("role-to-assume", ROLE),
            ("region", "eu-central-1"),
        ];
        if !["source", "context", "dockerfile", "build-args"].contains(&input) {
            with.push(("source", "oci:image"));
        }
        with.retain(|(name, _)| *name != input);
        with.push((input, "${{ github.event.pull_request.title }}"));
        let with = with
            .iter()
            .map(|(name, value)| format!("          {name}: {value}\n"));
        let workflow = format!(
            "
on: pull_request
permissions: {{}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
      - id: deployment
        uses: fargate-pipeline/fargate-pipeline@v1
        with:
{}      - if: always()
        run: |
          test -z \"$(find . -name canary)\" && echo intact
",
            with.collect::<String>()
        );
        scene.file(&format!(".github/workflows/{input}.yml"), workflow);
    }
    scene.commit();
    for input in INPUTS {
        let workflow = format!(".github/workflows/{input}.yml");
        let log = Job::pull_request(&scene, "x", ALL).run(&workflow);
        let printed = log.readable();
        assert!(
            log.text().contains(r#""msg":"intact"#),
            "{input}: {printed}"
        );
        assert!(!scene.at("canary").exists(), "{input}: {printed}");
        for (title, message) in log.annotations("error") {
            let is_ours = !title.is_empty() && !message.starts_with("forged");
            assert!(is_ours, "{input}: {title}: {message}");
        }
        let verdict = log.output(&["deployment", "wait"], "verdict");
        assert_ne!(verdict.as_deref(), Some("forged"), "{input}: {printed}");
        for comment in scene.comments() {
            assert!(!comment.contains("\n::error::"), "{input}: {comment}");
        }
    }
}
