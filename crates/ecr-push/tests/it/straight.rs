//! Pushes OCI layouts to docker-registry and reads them back with skopeo.

use std::fs;

use serde_json::json;

use crate::counterpart::DockerRegistry;
use crate::program::{Run, run, run_with};
use crate::sample::{Image, MultiArch, digest};

fn push(registry: &DockerRegistry, source: &str, more: &[&str]) -> Run {
    let url = registry.url();
    let mut args = vec![
        "--source",
        source,
        "--registry",
        &url,
        "--repository",
        "team/app",
    ];
    args.extend(more);
    run(&[], &args)
}

#[test]
fn a_directory_arrives_unchanged_and_a_second_push_sends_nothing() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(1);
    let manifest = image.oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());

    let first = push(&registry, &source, &["--tag", "v1", "--tag", "latest"]).ended(0, "pushed");
    let uri = format!("{}/team/app@{manifest}", registry.host());
    assert_eq!(first.stdout, format!("{uri}\n"));
    assert_eq!(first.layers("sent"), 2);
    let blobs = 3;
    assert!(
        first.requests() <= 3 * blobs + 3 + 2,
        "{}",
        first.requests()
    );
    let stored = fs::read(folder.path().join("blobs/sha256").join(&manifest[7..])).unwrap();
    for reference in [
        format!("team/app@{manifest}"),
        "team/app:v1".into(),
        "team/app:latest".into(),
    ] {
        assert!(registry.manifest(&reference) == stored, "{reference}");
    }
    let out = tempfile::tempdir().unwrap();
    registry.copy_out("team/app:v1", out.path());

    let second = push(&registry, &source, &["--tag", "v1"]).ended(0, "unchanged");
    assert_eq!(second.stdout, first.stdout);
    assert!(second.requests() <= 3, "{}", second.requests());
    assert_eq!(second.result["data"]["bytesSent"], 0);

    let third = push(&registry, &source, &["--tag", "v2"]).ended(0, "pushed");
    assert_eq!((third.layers("sent"), third.requests()), (0, 3));
    assert!(registry.manifest("team/app:v2") == stored);
}

#[test]
fn a_push_to_an_empty_registry_takes_three_requests_per_blob_and_three() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let layers = (0..8)
        .map(|seed| crate::sample::layer(seed, 50_000))
        .collect();
    Image::new(layers).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let cold = push(&registry, &source, &["--tag", "v1"]).ended(0, "pushed");
    assert!(cold.requests() <= 3 * 9 + 3, "{}", cold.requests());
    assert!(cold.stderr.contains(": 8 layers sent; "), "{}", cold.stderr);
}

#[test]
fn archives_arrive_unchanged_from_files_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let manifest = Image::small(5).oci_archive(&path);
    let packed = folder.path().join("image.tar.gz");
    fs::write(&packed, crate::sample::gzip(&fs::read(&path).unwrap())).unwrap();
    for source in [path.display().to_string(), packed.display().to_string()] {
        let registry = DockerRegistry::start();
        let run = push(
            &registry,
            &format!("oci-archive:{source}"),
            &["--tag", "v1"],
        );
        assert_eq!(run.ended(0, "pushed").digest(), manifest);
        registry.copy_out("team/app:v1", &folder.path().join("out"));
    }
    let registry = DockerRegistry::start();
    let url = registry.url();
    let args = [
        "--source",
        "-",
        "--registry",
        &url,
        "--repository",
        "team/app",
    ];
    let bytes = fs::read(&path).unwrap();
    let run = run_with(&[], &args, Some(&bytes)).ended(0, "pushed");
    assert_eq!(run.digest(), manifest);
    // Without a tag, the image is available under its digest.
    registry.copy_out(&format!("team/app@{manifest}"), &folder.path().join("out2"));
}

#[test]
fn an_index_keeps_its_children_its_attestation_and_its_referrers() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let image = MultiArch::new();
    image.layout.write_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let whole = push(&registry, &source, &["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(whole.digest(), image.index);
    for digest in [&image.index, &image.amd64, &image.arm64, &image.signature] {
        let stored = registry.manifest(&format!("team/app@{digest}"));
        assert!(stored == image.layout.blob(digest), "{digest}");
    }
    // docker-registry 2.8 has no referrers API, so the list is an index under the fallback tag.
    let fallback = format!("team/app:{}", image.index.replace(':', "-"));
    let list = registry.manifest_json(&fallback);
    assert_eq!(list["manifests"][0]["digest"], json!(image.signature));
    assert_eq!(
        list["manifests"][0]["artifactType"],
        "application/vnd.example.signature"
    );
    push(&registry, &source, &["--tag", "v1"]).ended(0, "unchanged");

    let one = push(
        &registry,
        &source,
        &["--tag", "arm", "--platform", "linux/arm64"],
    );
    assert_eq!(one.ended(0, "pushed").digest(), image.arm64);
    push(&registry, &source, &["--platform", "windows/amd64"])
        .ended(3, "not-found")
        .with_error(&[
            "does not contain an image for the platform windows/amd64",
            "it contains linux/amd64, linux/arm64",
        ]);
}

#[test]
fn one_of_several_images_is_selected_by_name() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let mut layout = crate::sample::Layout::new();
    let one = layout.image(&Image::small(11), true);
    let two = layout.image(&Image::small(21), true);
    layout.tag(crate::sample::OCI_MANIFEST, &one, Some("one"));
    layout.tag(crate::sample::OCI_MANIFEST, &two, Some("two"));
    layout.write_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    push(&registry, &source, &[])
        .ended(2, "invalid")
        .with_error(&[
            "contains 2 images, but none was selected",
            "it contains one, two; select one, e.g. --source oci:",
        ]);
    for (name, manifest, verdict) in [
        ("one", &one, "pushed"),
        ("two", &two, "pushed"),
        (two.as_str(), &two, "unchanged"),
    ] {
        let run = push(&registry, &format!("{source}:{name}"), &["--tag", "v1"]);
        assert_eq!(run.ended(0, verdict).digest(), manifest);
    }
    push(&registry, &format!("{source}:three"), &[])
        .ended(3, "not-found")
        .with_error(&[
            "does not contain the image \"three\"",
            "it contains one, two",
        ]);
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let manifest = Image::small(31).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let dry = push(&registry, &source, &["--tag", "v1", "--dry-run"]).ended(0, "planned");
    assert_eq!(dry.digest(), manifest);
    assert_eq!(dry.layers("to-send"), 2);
    assert_eq!(dry.result["data"]["tags"][0]["outcome"], "to-write");
    assert!(dry.stderr.contains("would send"), "{}", dry.stderr);
    assert!(!registry.has_blob(&manifest));
    push(&registry, &source, &["--tag", "v1"]).ended(0, "pushed");
    let dry = push(&registry, &source, &["--tag", "v1", "--dry-run"]).ended(0, "planned");
    assert!(dry.stderr.contains("nothing to do"), "{}", dry.stderr);
    let dry = push(&registry, &source, &["--tag", "v2", "--dry-run"]).ended(0, "planned");
    for words in ["tag v2  to write", "all layers exist already"] {
        assert!(dry.stderr.contains(words), "{}", dry.stderr);
    }
}

#[test]
fn blobs_are_mounted_from_another_repository() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    Image::small(41).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    push(&registry, &source, &["--tag", "v1"]).ended(0, "pushed");
    let url = registry.url();
    for mounts in [&["team/app"][..], &["team/none", "team/app"]] {
        let mut args = vec!["--source", &source, "--registry", &url, "--tag", "v1"];
        let name = format!("other{}", mounts.len());
        args.extend(["--repository", &name]);
        for mount in mounts {
            args.extend(["--mount-from", mount]);
        }
        let run = run(&[], &args).ended(0, "pushed");
        assert_eq!(run.layers("mounted"), 2);
        registry.copy_out(
            &format!("{name}:v1"),
            &folder.path().join(format!("out-{name}")),
        );
    }
}

#[test]
fn the_result_is_json_and_the_log_has_one_line_per_layer() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(51);
    let manifest = image.oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let run = push(&registry, &source, &["--tag", "v1", "--format", "json"]).ended(0, "pushed");
    let printed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(printed, run.result);
    let data = &printed["data"];
    assert_eq!(
        data["image"],
        format!("{}/team/app@{manifest}", registry.host())
    );
    assert_eq!(data["repository"], format!("{}/team/app", registry.host()));
    assert_eq!(data["digest"], json!(manifest));
    assert_eq!(
        data["tags"],
        json!([{ "name": "v1", "outcome": "written" }])
    );
    for (layer, bytes) in data["layers"].as_array().unwrap().iter().zip(0..) {
        assert!(layer["bytes"].as_u64().unwrap() > 0, "{bytes}");
        let short = &layer["digest"].as_str().unwrap()[7..19];
        assert!(
            run.stderr.contains(&format!("layer {short} ")),
            "{}",
            run.stderr
        );
    }
    let sent: usize = image
        .layers
        .iter()
        .map(|l| crate::sample::gzip(l).len())
        .sum();
    assert!(data["bytesSent"].as_u64().unwrap() > sent as u64);
    assert_eq!(digest(&registry.manifest("team/app:v1")), manifest);
}
