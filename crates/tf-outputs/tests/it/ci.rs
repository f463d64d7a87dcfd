//! GitHub's output files: values cannot end their heredoc, masks come first, and limits are checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Ran, file, run_with, state};

struct Job {
    directory: tempfile::TempDir,
}

impl Job {
    fn new() -> Self {
        Job {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn run(&self, outputs: Value, args: &[&str]) -> Ran {
        let state = file(self.directory.path(), "s.tfstate", state(outputs));
        let mut all = vec!["--state", &state];
        all.extend(args);
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        run_with(
            &all,
            &[
                ("GITHUB_ACTIONS", "true".to_owned()),
                ("GITHUB_OUTPUT", path("output")),
                ("GITHUB_ENV", path("env")),
            ],
        )
    }

    fn read(&self, name: &str) -> BTreeMap<String, String> {
        heredocs(&self.directory.path().join(name))
    }
}

/// Reads a file like the runner does: `NAME<<END`, lines, `END`.
fn heredocs(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut pairs = BTreeMap::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, end) = line.split_once("<<").expect(line);
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        pairs.insert(name.to_owned(), value.join("\n"));
    }
    pairs
}

#[test]
fn every_output_becomes_an_output_of_the_step() {
    let job = Job::new();
    let ran = job.run(json!({"with-hyphen": "x", "n": 1.5, "ids": ["a", "b"], "multi": "1\n2\n", "nothing": null}), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = [
        ("ids", "[\"a\",\"b\"]"),
        ("multi", "1\n2\n"),
        ("n", "1.5"),
        ("with-hyphen", "x"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(job.read("output"), BTreeMap::from(expected));
    assert!(
        !job.directory.path().join("env").exists(),
        "only with --github-env"
    );
}

#[test]
fn a_value_cannot_end_its_heredoc() {
    let job = Job::new();
    let hostile = "x\nEOF\nend-\n::set-output name=a::b\nadmin<<E\ntrue\nE\n";
    job.run(json!({"a": hostile, "b": "end"}), &["--github-env"]);
    for name in ["output", "env"] {
        let pairs = job.read(name);
        assert_eq!(pairs.len(), 2, "{pairs:?}");
        assert_eq!(pairs["a"], hostile);
    }
}

#[test]
fn environment_variables_have_valid_names() {
    let job = Job::new();
    let ran = job.run(
        json!({"with-hyphen": "x", "n": 1}),
        &["--github-env", "--map", "cluster=n"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let names: Vec<String> = job.read("env").into_keys().collect();
    assert_eq!(names, ["cluster", "with_hyphen"]);
    for name in ["PATH", "NODE_OPTIONS", "GITHUB_TOKEN", "BASH_ENV"] {
        let job = Job::new();
        let ran = job.run(json!({name: "x"}), &["--github-env"]);
        assert_eq!(ran.code, 2, "{name}");
        assert!(
            ran.stderr
                .contains("is reserved for the shell or the CI system"),
            "{}",
            ran.stderr
        );
        assert!(
            !job.directory.path().join("output").exists(),
            "nothing half done"
        );
    }
}

#[test]
fn secrets_are_masked_before_anything_is_written() {
    let job = Job::new();
    let secret = json!({"!s": "line one\nit's \"two\" 100%", "!o": {"user": "u-1", "pins": [4711, true]}, "plain": "p"});
    let ran = job.run(secret, &["--include-sensitive", "--format", "shell"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let masks: Vec<&str> = ran
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("::add-mask::"))
        .collect();
    for wanted in [
        "line one",
        "it's \"two\" 100%25",
        "line one\\nit's \\\"two\\\" 100%25",
        "u-1",
        "4711",
        "{\"user\":\"u-1\",\"pins\":[4711,true]}",
        "it'\\''s \"two\" 100%25'",
    ] {
        assert!(masks.contains(&wanted), "{wanted} is not among {masks:?}");
    }
    assert!(
        !masks.contains(&"true") && !masks.contains(&"p"),
        "{masks:?}"
    );
    let first_other = ran
        .stderr
        .lines()
        .position(|line| !line.starts_with("::add-mask::"));
    let last_mask = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("::add-mask::"))
        .count();
    assert_eq!(
        first_other,
        Some(last_mask),
        "masks come first: {}",
        ran.stderr
    );
    assert_eq!(job.read("output")["s"], "line one\nit's \"two\" 100%");
}

#[test]
fn omitted_outputs_are_neither_masked_nor_written() {
    let job = Job::new();
    let ran = job.run(json!({"!s": "hunter2", "a": "x"}), &[]);
    assert!(
        !ran.stderr.contains("add-mask") && !ran.stderr.contains("hunter2"),
        "{}",
        ran.stderr
    );
    assert_eq!(job.read("output").into_keys().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn more_than_githubs_limit_is_rejected() {
    let job = Job::new();
    let ran = job.run(json!({"big": "x".repeat(512 * 1024), "a": "1"}), &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("GitHub counts them (UTF-16)"),
        "{}",
        ran.stderr
    );
    assert!(!job.directory.path().join("output").exists());
    let ran = job.run(
        json!({"big": "x".repeat(512 * 1024), "a": "1"}),
        &["--only", "a"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn an_error_is_one_annotation_without_values() {
    let job = Job::new();
    let ran = job.run(
        json!({"a": "hunter2", "!b": "hunter3"}),
        &["--require", "c"],
    );
    assert_eq!(ran.code, 3);
    let annotations: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("::"))
        .collect();
    assert_eq!(annotations.len(), 1, "{}", ran.stderr);
    assert!(
        annotations[0].starts_with("::error title=tf-outputs::"),
        "{}",
        annotations[0]
    );
    assert!(!ran.stderr.contains("hunter"), "{}", ran.stderr);
}
