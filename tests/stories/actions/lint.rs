//! The linters that users' platform and security teams run. None may report a finding.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use stories::counterparts::{Unavailable, find, not_run, tool};
use stories::programs::{command, repository, run};

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![repository().join(folder)];
    while let Some(folder) = next.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} below {folder}");
    found
}

fn actions() -> Vec<PathBuf> {
    let mut all = files("actions", "action.yml");
    all.push(repository().join("action.yml"));
    all
}

fn workflows() -> Vec<PathBuf> {
    [
        files(".github/workflows", ".yml"),
        files("workflows-examples/github", ".yml"),
    ]
    .concat()
}

/// The examples for all other hosts that use YAML, and the schema for each. The file of a host is
/// named like its schema, e.g. `component.gitlab-ci.yml` and `vendor.gitlab-ci`.
fn pipelines() -> BTreeMap<String, Vec<PathBuf>> {
    let mut all = files("workflows-examples", ".yml");
    // The template of a component consists of two documents, which the schema of a pipeline does
    // not describe.
    all.retain(|path| {
        let path = path.to_string_lossy();
        // CodeBuild has no schema, and Forgejo's differs from GitHub's.
        let has_schema = !path.contains("/codebuild/") && !path.contains("/forgejo/");
        has_schema && !path.contains("/github/") && !path.contains("/templates/")
    });
    let mut by_schema: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in all {
        let stem = path.file_stem().unwrap().to_string_lossy();
        let name = stem.rsplit('.').next().unwrap_or_default();
        by_schema
            .entry(format!("vendor.{name}"))
            .or_default()
            .push(path);
    }
    by_schema
}

fn python(name: &'static str) -> Result<Command, Unavailable> {
    let path = tool(&format!("python/bin/{name}"));
    let path = path.ok_or_else(|| Unavailable {
        what: name,
        why: "cargo xtask test installs it into .tools/".to_owned(),
    })?;
    let mut linter = command(path);
    linter.current_dir(repository());
    Ok(linter)
}

#[track_caller]
fn clean(linter: &mut Command) {
    run(linter).expect(0);
}

#[test]
fn zizmor_finds_nothing() {
    let mut zizmor = match python("zizmor") {
        Ok(zizmor) => zizmor,
        Err(reason) => return not_run("zizmor_finds_nothing", &reason),
    };
    zizmor.args([
        "--offline",
        "--persona",
        "pedantic",
        "--config",
        "zizmor.yml",
    ]);
    zizmor.args(actions()).args(workflows());
    clean(zizmor.arg(repository().join(".github/dependabot.yml")));
}

#[test]
fn actionlint_finds_nothing() {
    let mut actionlint = match python("actionlint") {
        Ok(actionlint) => actionlint,
        Err(reason) => return not_run("actionlint_finds_nothing", &reason),
    };
    clean(actionlint.args(workflows()));
}

#[test]
fn every_file_matches_its_schema() {
    let mut by_schema = pipelines();
    assert!(by_schema.contains_key("vendor.gitlab-ci"));
    by_schema.insert("vendor.github-actions".to_owned(), actions());
    by_schema.insert("vendor.github-workflows".to_owned(), workflows());
    let github = |path: &str| vec![repository().join(".github").join(path)];
    let mut forms = files(".github/ISSUE_TEMPLATE", ".yml");
    forms.retain(|path| !path.ends_with("config.yml"));
    by_schema.insert("vendor.github-issue-forms".to_owned(), forms);
    let config = github("ISSUE_TEMPLATE/config.yml");
    by_schema.insert("vendor.github-issue-config".to_owned(), config);
    by_schema.insert("vendor.dependabot".to_owned(), github("dependabot.yml"));
    for (schema, files) in by_schema {
        let mut check = match python("check-jsonschema") {
            Ok(check) => check,
            Err(reason) => return not_run("every_file_matches_its_schema", &reason),
        };
        // The schema of Azure Pipelines contains patterns that the default engine rejects.
        if schema == "vendor.azure-pipelines" {
            check.args(["--regex-variant", "python"]);
        }
        clean(check.args(["--builtin-schema", &schema]).args(files));
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = find("shellcheck") else {
        let why = "install the Debian package shellcheck".to_owned();
        return not_run(
            "shellcheck_finds_nothing",
            &Unavailable {
                what: "shellcheck",
                why,
            },
        );
    };
    let scripts = [
        "actions/launch",
        "actions/begin",
        "actions/build",
        "actions/wait",
        "workflows-examples/deploy.sh",
        ".ci/run",
        ".github/release/gate.sh",
        ".github/release/publish.sh",
        "install.sh",
    ];
    let mut check = command(shellcheck);
    clean(check.current_dir(repository()).args(scripts.map(Path::new)));
}

#[test]
fn no_expression_reaches_a_shell_and_every_foreign_action_is_pinned() {
    for path in actions().into_iter().chain(workflows()) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut script: Option<usize> = None;
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            let indent = line.len() - line.trim_start().len();
            if script.is_some_and(|at| !line.trim().is_empty() && indent <= at) {
                script = None;
            }
            // `defaults: run:` contains settings, not a script.
            let begins = line
                .trim_start()
                .trim_start_matches("- ")
                .strip_prefix("run:");
            if begins.is_some_and(|rest| !rest.trim().is_empty()) {
                script = Some(indent);
            }
            assert!(
                !(script.is_some() && line.contains("${{")),
                "{place}: an expression in a script"
            );
            if let Some((_, used)) = line.split_once("uses: ") {
                let used = used.split_whitespace().next().unwrap();
                let sha = used.split_once('@').map_or("", |(_, r)| r);
                let is_pinned = sha.len() == 40 && sha.bytes().all(|b| b.is_ascii_hexdigit());
                let is_ours = used.starts_with("fargate-pipeline/") || used.starts_with("$/");
                assert!(is_pinned || is_ours, "{place}: {used} is not pinned");
            }
        }
    }
}
