//! The command line, including common typing mistakes.

use clap::Parser as _;
use registry::Compression;

use super::Args;

fn request(more: &[&str]) -> Result<super::PushRequest, String> {
    let base = ["ecr-push", "--source", "-", "--repository", "app"];
    Args::try_parse_from(base.iter().chain(more))
        .map_err(|e| e.to_string())?
        .request()
        .map_err(|e| e.to_string())
}

#[test]
fn flags_become_a_request() {
    let request = request(&[
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
    .expect("a request");
    assert_eq!(request.tags, ["v1", "latest"]);
    assert_eq!(request.compression, Compression::Zstd { level: 3 });
    assert_eq!(request.gate.map(|g| g.severities.len()), Some(2));
    assert!(request.create.is_none());
}

#[test]
fn invalid_values_are_rejected_with_the_flag() {
    for (more, words) in [
        (&["--tag", "a b"][..], "\"a b\" is not a tag"),
        (&["--platform", "linux"], "\"linux\" is not a platform"),
        (
            &["--compression-level", "13"],
            "--compression-level 13 is not a level of gzip",
        ),
        (
            &["--compression", "zstd", "--compression-level", "0"],
            "--compression-level 0 is not a level of zstd",
        ),
        (
            &["--fail-on-severity", "SEVERE"],
            "\"SEVERE\" is not a severity",
        ),
        (
            &["--fail-on-severity", "HIGH", "--scan-timeout", "soon"],
            "--scan-timeout: \"soon\" is not a duration: write 10m, 90s or 1h30m",
        ),
        (
            &["--registry-id", "12"],
            "--registry-id \"12\" is not an AWS account ID",
        ),
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
        let error = request(more).expect_err(words);
        assert!(error.contains(words), "{more:?}: {error}");
    }
}
