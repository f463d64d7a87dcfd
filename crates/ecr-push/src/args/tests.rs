//! The command line, as people mistype it.

use clap::Parser as _;
use registry::Compression;

use super::Args;

fn plan(more: &[&str]) -> Result<super::Plan, String> {
    let base = ["ecr-push", "--source", "-", "--repository", "app"];
    Args::try_parse_from(base.iter().chain(more))
        .map_err(|e| e.to_string())?
        .plan()
        .map_err(|e| e.to_string())
}

#[test]
fn flags_come_to_a_plan() {
    let plan = plan(&[
        "--tag",
        "v1",
        "--tag",
        "latest",
        "--tag",
        "v1",
        "--compression",
        "zstd",
        "--fail-on-severity",
        "critical, HIGH",
    ])
    .expect("a plan");
    assert_eq!(plan.tags, ["v1", "latest"]);
    assert_eq!(plan.compression, Compression::Zstd { level: 3 });
    assert_eq!(plan.gate.map(|g| g.severities.len()), Some(2));
    assert!(plan.create.is_none());
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    for (more, words) in [
        (&["--tag", "a b"][..], "\"a b\" is not a tag"),
        (&["--platform", "linux"], "\"linux\" is not a platform"),
        (&["--compression-level", "13"], "gzip has no level 13"),
        (
            &["--compression", "zstd", "--compression-level", "0"],
            "zstd has no level 0",
        ),
        (
            &["--fail-on-severity", "SEVERE"],
            "\"SEVERE\" is not a severity",
        ),
        (
            &["--fail-on-severity", "HIGH", "--scan-timeout", "soon"],
            "--scan-timeout: \"soon\" is not a duration: write 10m, 90s or 1h30m",
        ),
        (&["--registry-id", "12"], "\"12\" is not an account"),
        (&["--immutable-tags"], "--create-repository"),
        (
            &["--create-repository", "--resource-tag", "x"],
            "\"x\" is not KEY=VALUE",
        ),
        (
            &["--mount-from", "UPPER"],
            "\"UPPER\" is not the name of a repository",
        ),
        (&["--cache-from", "a b"], "\"a b\" is not a tag"),
        (&["--jobs", "0"], "--jobs"),
    ] {
        let error = plan(more).expect_err(words);
        assert!(error.contains(words), "{more:?}: {error}");
    }
}
