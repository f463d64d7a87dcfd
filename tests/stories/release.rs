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

/// The workflow, and the one that it calls for each program.
const WORKFLOWS: [&str; 2] = ["release.yml", "release-build.yml"];

/// Actions that a job with permission to write or sign may use: GitHub's own.
const TRUSTED: [&str; 3] = [
    "actions/checkout",
    "actions/download-artifact",
    "actions/attest-build-provenance",
];

/// The steps of the publishing script in their order. The attestation comes after `pack`.
const STEPS: [&str; 5] = ["verify", "pack", "tag", "release", "move"];

/// What a job with permission to write or sign may consist of. Others would run code from elsewhere, e.g. `container`,
/// or change how scripts run, e.g. `defaults`.
const JOB_KEYS: [&str; 8] = [
    "name",
    "needs",
    "runs-on",
    "timeout-minutes",
    "environment",
    "permissions",
    "env",
    "steps",
];
const STEP_KEYS: [&str; 6] = ["name", "id", "uses", "with", "env", "run"];

/// Variables that make programs run other code.
const TRAPS: [&str; 5] = ["PATH", "BASH_ENV", "ENV", "LD_", "GIT_"];

fn keys(value: &Value) -> Vec<&str> {
    let map = value.as_object();
    map.map_or_else(Vec::new, |map| map.keys().map(String::as_str).collect())
}

/// What would let code of a dependency run with permission to write or to sign.
fn dangers(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if workflow["permissions"] != serde_json::json!({}) {
        found.push("jobs have permissions by default".to_owned());
    }
    if !workflow["defaults"].is_null() || !workflow["env"].is_null() {
        found.push("settings for all jobs".to_owned());
    }
    for (name, job) in workflow["jobs"].as_object().unwrap() {
        let permissions = job["permissions"].as_object();
        let is_read = permissions.is_some_and(|p| p.values().all(|p| p == "read"));
        if is_read {
            continue;
        }
        if name != "publish" {
            found.push(format!("{name} may write or sign"));
        }
        let other = keys(job).into_iter().filter(|key| !JOB_KEYS.contains(key));
        found.extend(other.map(|key| format!("{name} has {key}")));
        let mut ran = Vec::new();
        let steps = job["steps"].as_array().into_iter().flatten();
        let variables = steps.clone().chain([job]).flat_map(|one| keys(&one["env"]));
        let trap = variables.filter(|v| TRAPS.iter().any(|trap| v.starts_with(trap)));
        found.extend(trap.map(|variable| format!("{name} sets {variable}")));
        for step in steps {
            let other = keys(step).into_iter().filter(|k| !STEP_KEYS.contains(k));
            found.extend(other.map(|key| format!("a step of {name} has {key}")));
            if let Some(uses) = step["uses"].as_str() {
                let (action, commit) = uses.split_once('@').unwrap_or((uses, ""));
                let is_pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                if !is_pinned || !TRUSTED.contains(&action) {
                    found.push(format!("{name} uses {uses}"));
                }
                if action.ends_with("attest-build-provenance") {
                    ran.push("attest");
                }
            }
            if let Some(run) = step["run"].as_str() {
                match run.strip_prefix(".github/release/publish.sh ") {
                    Some(step) if STEPS.contains(&step) => ran.push(step),
                    _ => found.push(format!("{name} runs `{run}`")),
                }
            }
        }
        if ran != ["verify", "pack", "attest", "tag", "release", "move"] {
            found.push(format!("{name} runs {ran:?}"));
        }
    }
    found
}

#[test]
fn the_job_that_signs_runs_only_the_release_script() {
    for name in WORKFLOWS {
        let workflow = workflow(&format!(".github/workflows/{name}"));
        assert_eq!(dangers(&workflow), [""; 0], "{name}");
    }
}

#[test]
fn code_of_dependencies_in_the_job_that_signs_is_found() {
    type Change = fn(&mut Value);
    let release = workflow(".github/workflows/release.yml");
    let changes: [(&str, Change); 10] = [
        ("runs `cargo build`", |w| {
            let step = serde_json::json!({"run": "cargo build"});
            let steps = w["jobs"]["publish"]["steps"].as_array_mut().unwrap();
            steps.push(step);
        }),
        ("runs `.github/release/publish.sh verify; make`", |w| {
            w["jobs"]["publish"]["steps"][2]["run"] =
                ".github/release/publish.sh verify; make".into();
        }),
        ("uses actions/checkout@v6", |w| {
            w["jobs"]["publish"]["steps"][0]["uses"] = "actions/checkout@v6".into();
        }),
        ("uses other/action@", |w| {
            w["jobs"]["publish"]["steps"][0]["uses"] =
                format!("other/action@{}", "5c0ffee".repeat(6)).into();
        }),
        ("publish has container", |w| {
            w["jobs"]["publish"]["container"] = "alpine".into();
        }),
        ("a step of publish has shell", |w| {
            w["jobs"]["publish"]["steps"][2]["shell"] = "python".into();
        }),
        ("publish sets BASH_ENV", |w| {
            w["jobs"]["publish"]["env"]["BASH_ENV"] = "files/trap".into();
        }),
        ("describe may write or sign", |w| {
            w["jobs"]["describe"]["permissions"]["id-token"] = "write".into();
        }),
        ("x86_64-linux may write or sign", |w| {
            w["jobs"]["x86_64-linux"]["permissions"] = "write-all".into();
        }),
        ("jobs have permissions by default", |w| {
            w["permissions"]["contents"] = "write".into();
        }),
    ];
    for (wanted, change) in changes {
        let mut changed = release.clone();
        change(&mut changed);
        let found = dangers(&changed);
        assert!(
            found.iter().any(|one| one.contains(wanted)),
            "{wanted}: {found:?}"
        );
    }
}

#[test]
fn the_publishing_job_waits_for_the_gate_and_every_build() {
    let workflow = workflow(".github/workflows/release.yml");
    let jobs = &workflow["jobs"];
    assert_eq!(
        jobs["publish"]["needs"],
        serde_json::json!(["x86_64-linux", "aarch64-linux", "rebuild", "describe"])
    );
    assert_eq!(jobs["publish"]["environment"], "release");
    let variables = &jobs["publish"]["env"];
    for (variable, output) in [
        ("SHA256_X86_64_LINUX", "x86_64-linux.outputs.sha256"),
        ("SHA256_AARCH64_LINUX", "aarch64-linux.outputs.sha256"),
        ("SHA256_REBUILT", "rebuild.outputs.sha256"),
        ("DESCRIPTIONS", "describe.outputs.checksums"),
    ] {
        assert_eq!(variables[variable], format!("${{{{ needs.{output} }}}}"));
    }
    let build = "$/.github/workflows/release-build.yml";
    for job in ["x86_64-linux", "aarch64-linux", "rebuild"] {
        assert_eq!(jobs[job]["needs"], "gate");
        assert_eq!(jobs[job]["uses"], build);
        // The legs of a matrix could set each other's outputs.
        assert!(jobs[job]["strategy"].is_null(), "{job}");
    }
    assert_eq!(jobs["rebuild"]["with"]["upload"], false);
    let folder = &jobs["rebuild"]["with"]["folder"];
    assert!(folder.is_string(), "the second build is in the same place");
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
