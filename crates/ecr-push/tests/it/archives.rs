//! Sources of the wrong kind: each has its own error, with a hint.

use std::fs;

use crate::program::run;
use crate::sample::Image;

fn refuse(source: &str) -> crate::program::Run {
    run(
        &[],
        &[
            "--source",
            source,
            "--registry",
            "http://127.0.0.1:1",
            "--repository",
            "app",
        ],
    )
}

#[test]
fn invalid_sources_are_reported_before_any_request() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("text"), "hello").unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("image.tar.xz"), b"\xfd7zXZ\0 and more").unwrap();
    fs::create_dir(at("bare")).unwrap();
    fs::create_dir(at("half")).unwrap();
    fs::write(at("half/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::create_dir(at("future")).unwrap();
    fs::write(at("future/oci-layout"), r#"{"imageLayoutVersion":"2.0"}"#).unwrap();
    Image::small(1).oci_folder(&folder.path().join("layout"));
    Image::small(1).oci_archive(&folder.path().join("oci.tar"));
    Image::small(1).legacy_archive(&folder.path().join("saved.tar"), "app:v1");
    for (source, code, words) in [
        (
            format!("oci:{}", at("none")),
            3,
            vec!["none does not exist"],
        ),
        (
            format!("oci-archive:{}", at("none")),
            3,
            vec!["none does not exist"],
        ),
        (
            format!("oci:{}", at("bare")),
            2,
            vec!["is not an image: it has no file oci-layout"],
        ),
        (
            format!("oci:{}", at("half")),
            2,
            vec!["it has an oci-layout file but no index.json"],
        ),
        (
            format!("oci:{}", at("future")),
            2,
            vec!["its layout version is \"2.0\""],
        ),
        (
            format!("oci-archive:{}", at("text")),
            2,
            vec!["it is not a tar archive"],
        ),
        (
            format!("docker-archive:{}", at("image.tar.xz")),
            2,
            vec![
                "it is compressed with xz",
                "hint: decompress it, e.g. xz -dc",
            ],
        ),
        (
            format!("docker-archive:{}", at("empty")),
            2,
            vec!["it is not a tar archive, or it is empty"],
        ),
        (
            format!("oci:{}", at("oci.tar")),
            2,
            vec!["it is a file", "hint: write oci-archive:"],
        ),
        (
            format!("oci-archive:{}", at("layout")),
            2,
            vec!["it is a directory", "hint: write oci:"],
        ),
        (
            format!("oci-archive:{}", at("saved.tar")),
            2,
            vec!["no file oci-layout", "use docker-archive:TAR"],
        ),
        (
            format!("docker-archive:{}", at("oci.tar")),
            2,
            vec!["no manifest.json", "use oci-archive:TAR"],
        ),
        (
            at("saved.tar"),
            2,
            vec![
                "does not start with a known kind",
                "hint: write docker-archive:",
            ],
        ),
        (
            at("layout"),
            2,
            vec!["does not start with a known kind", "hint: write oci:"],
        ),
        (
            "docker-daemon:a b".to_owned(),
            2,
            vec!["docker-daemon:NAME"],
        ),
    ] {
        let verdict = if code == 3 { "not-found" } else { "invalid" };
        let run = refuse(&source);
        assert_eq!(
            (run.code, run.result["verdict"].as_str()),
            (code, Some(verdict)),
            "{source}: {run:#?}"
        );
        run.with_error(&words);
    }
}
