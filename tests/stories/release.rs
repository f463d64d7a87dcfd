//! What makes a release trustworthy, as far as it is written in files: the job that signs runs no code of
//! dependencies, and what the pages recommend to use is what a release makes.

use ecs_document::{Document, Syntax};
use serde_json::Value;
use stories::programs::repository;

fn read(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

fn workflow(name: &str) -> Value {
    let document = Document::parse(&read(name), name, Syntax::Yaml).unwrap();
    document.into_value()
}

/// Actions that a job with permission to write or sign may use: GitHub's own, pinned by SHA elsewhere.
const TRUSTED: [&str; 3] = [
    "actions/checkout",
    "actions/download-artifact",
    "actions/attest-build-provenance",
];

/// The steps of the jobs that hold a permission to write or to sign, by job.
fn privileged_steps(workflow: &Value) -> Vec<(&str, &Value)> {
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.iter()
        .filter(|(_, job)| {
            let permissions = job["permissions"].as_object().unwrap();
            permissions.values().any(|p| p == "write")
        })
        .flat_map(|(name, job)| {
            let steps = job["steps"].as_array().unwrap();
            steps.iter().map(|step| (name.as_str(), step))
        })
        .collect()
}

#[test]
fn the_job_that_signs_runs_only_the_release_script() {
    let workflow = workflow(".github/workflows/release.yml");
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let steps = privileged_steps(&workflow);
    assert!(steps.iter().all(|(job, _)| *job == "publish"), "{steps:?}");
    let mut ran = Vec::new();
    for (_, step) in steps {
        match (step["uses"].as_str(), step["run"].as_str()) {
            (Some(uses), None) => {
                let action = uses.split('@').next().unwrap_or_default();
                assert!(
                    TRUSTED.contains(&action),
                    "{action} runs with permission to sign"
                );
            }
            (None, Some(run)) => {
                let step = run.strip_prefix(".github/release/publish.sh ");
                ran.push(step.unwrap_or_else(|| panic!("`{run}` runs with permission to sign")));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ran, ["verify", "tag", "release", "move"]);
}

#[test]
fn the_publishing_job_waits_for_the_gate_and_every_build() {
    let workflow = workflow(".github/workflows/release.yml");
    let jobs = &workflow["jobs"];
    assert_eq!(
        jobs["publish"]["needs"],
        serde_json::json!(["build", "describe"])
    );
    assert_eq!(jobs["describe"]["needs"], "build");
    assert_eq!(jobs["build"]["needs"], "gate");
    assert_eq!(jobs["publish"]["environment"], "release");
    let reported = jobs["publish"]["env"]["CHECKSUMS"].as_str().unwrap();
    for job in ["build", "describe"] {
        for output in jobs[job]["outputs"].as_object().unwrap().keys() {
            let output = format!("${{{{ needs.{job}.outputs.{output} }}}}");
            assert!(reported.contains(&output), "{output} is not verified");
        }
    }
}

/// Markdown, workflows and shell below some folders.
fn pages() -> Vec<(String, String)> {
    let mut next = ["docs", "workflows-examples", "actions"]
        .map(|f| repository().join(f))
        .to_vec();
    let mut pages = vec![("README.md".to_owned(), read("README.md"))];
    while let Some(folder) = next.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                pages.push((path.display().to_string(), text));
            }
        }
    }
    pages
}

#[test]
fn every_page_uses_the_tag_that_a_release_moves() {
    let version = env!("CARGO_PKG_VERSION");
    let major = format!("v{}", version.split('.').next().unwrap_or_default());
    assert_ne!(
        major, "v0",
        "version {version} would not move the tag of the examples"
    );
    let mut uses = 0;
    for (page, text) in pages() {
        for (at, _) in text.match_indices("fargate-pipeline/fargate-pipeline") {
            let rest = &text[at + "fargate-pipeline/fargate-pipeline".len()..];
            let token = rest
                .split([' ', '\n', '`', '"', '\'', ')', '<'])
                .next()
                .unwrap_or_default();
            let Some((_, tag)) = token.split_once('@') else {
                continue;
            };
            uses += 1;
            let is_pinned = tag.len() == 40 && tag.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(
                tag == major || tag == format!("v{version}") || is_pinned || tag.starts_with('$'),
                "{page} uses the tag {tag}, a release of {version} moves {major}"
            );
        }
    }
    assert!(uses >= 10, "only {uses} uses found");
}
