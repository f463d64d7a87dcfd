//! Text that strangers write (branch names, titles, inputs) does nothing but be text.

use stories::counterparts::not_run;

use super::act::{Job, act};
use super::scene::{ROLE, STATE, Scene};

/// Each would leave a file `canary` in the workspace if any shell read it.
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
    for text in HOSTILE {
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
        let one_line = text.lines().next().unwrap();
        let log = Job::pull_request(&scene, one_line, one_line)
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
        assert_eq!(value("HELLO_GREETING"), one_line);
        assert_eq!(value("HELLO_BRANCH"), one_line);
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

#[test]
fn every_input_that_a_stranger_could_reach_is_refused_or_taken_as_it_is() {
    if let Err(reason) = act() {
        return not_run(
            "every_input_that_a_stranger_could_reach_is_refused_or_taken_as_it_is",
            &reason,
        );
    }
    // All inputs at once, each hostile: the deployment fails somewhere, and nothing is run or forged.
    for text in HOSTILE {
        let scene = Scene::new();
        scene.file("Dockerfile", "FROM scratch\n");
        let inputs = [
            "state",
            "region",
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
        for input in inputs {
            let with: String = [
                ("state", "nothing.tfstate"),
                (input, "${{ github.event.pull_request.title }}"),
            ]
            .into_iter()
            .rev()
            .fold(Vec::new(), |mut all: Vec<(&str, &str)>, pair| {
                if all.iter().all(|known| known.0 != pair.0) {
                    all.push(pair);
                }
                all
            })
            .iter()
            .map(|(name, value)| format!("          {name}: {value}\n"))
            .collect();
            // Only the inputs that reach a script of ours need the whole run; the rest stop at the state.
            let workflow = format!(
                "
on: pull_request
permissions: {{}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - id: deployment
        uses: fargate-pipeline/fargate-pipeline@v1
        with:
{with}      - if: always()
        run: |
          test ! -e canary && echo intact
"
            );
            scene.file(&format!(".github/workflows/{input}.yml"), workflow);
        }
        scene.commit();
        for input in [
            "state",
            "context",
            "dockerfile",
            "build-args",
            "service-definition",
            "name",
            "pull-request",
        ] {
            let workflow = format!(".github/workflows/{input}.yml");
            let log = Job::pull_request(&scene, "x", text)
                .run(&workflow)
                .expect(false);
            assert!(
                log.text().contains(r#""msg":"intact"#),
                "{input} {text:?}: {}",
                log.readable()
            );
            for (title, message) in log.annotations("error") {
                assert!(
                    !title.is_empty() && !message.starts_with("forged"),
                    "{title}: {message}"
                );
            }
            assert_ne!(
                log.output(&["deployment", "wait"], "verdict").as_deref(),
                Some("forged")
            );
        }
    }
}
