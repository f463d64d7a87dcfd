//! An image is pushed to Debian's docker-registry, and skopeo reads the same image back.

use std::process::Command;

use serde_json::Value;
use stories::counterparts::{DockerRegistry, not_run, skopeo};
use stories::image::{Recipe, oci_layout};
use stories::programs::{command, program, run};

#[test]
fn skopeo_reads_back_what_was_pushed() {
    let (registry, skopeo) = match DockerRegistry::start().and_then(|r| Ok((r, skopeo()?))) {
        Ok(both) => both,
        Err(reason) => return not_run("skopeo_reads_back_what_was_pushed", &reason),
    };
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let recipe = Recipe {
        program: &program("hello"),
        environment: &["HELLO_GREETING=ciao"],
    };
    let digest = oci_layout(&at("image"), &recipe).unwrap();
    let push = || {
        run(command(program("ecr-push"))
            .arg("--source")
            .arg(format!("oci:{}", at("image").display()))
            .args([
                "--repository",
                "team/hello",
                "--tag",
                "v1",
                "--tag",
                "latest",
            ])
            .args(["--registry", &format!("http://{}", registry.host())])
            .args(["--format", "json"]))
    };
    let first: Value = serde_json::from_str(&push().expect(0).stdout).unwrap();
    assert_eq!(first["verdict"], "pushed");
    let image = first["data"]["image"].as_str().unwrap();
    assert_eq!(image, format!("{}/team/hello@{digest}", registry.host()));

    let skopeo = |args: &[&str]| {
        let mut skopeo: Command = command(&skopeo);
        run(skopeo
            .env("HOME", scratch.path())
            .arg("--insecure-policy")
            .args(args))
        .expect(0)
    };
    for tag in ["v1", "latest"] {
        let reference = format!("docker://{}/team/hello:{tag}", registry.host());
        let seen = skopeo(&["inspect", "--tls-verify=false", &reference]).stdout;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!(seen["Digest"], digest);
    }
    let copy = format!("oci:{}:v1", at("copy").display());
    skopeo(&[
        "copy",
        "--src-tls-verify=false",
        &format!("docker://{image}"),
        &copy,
    ]);
    for blob in std::fs::read_dir(at("image/blobs/sha256")).unwrap() {
        let blob = blob.unwrap();
        let copied = at("copy/blobs/sha256").join(blob.file_name());
        assert_eq!(
            std::fs::read(blob.path()).unwrap(),
            std::fs::read(&copied).unwrap()
        );
    }

    let second: Value = serde_json::from_str(&push().expect(0).stdout).unwrap();
    assert_eq!(second["verdict"], "unchanged");
    assert_eq!(second["data"]["bytesSent"], 0);
}
