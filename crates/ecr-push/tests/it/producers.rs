//! Images as other tools write them: pushed completely and unchanged, or rejected, never reduced.

use std::fs;
use std::path::Path;

use fakes::Cloud;
use serde_json::{Value, json};

use crate::program::{Run, run};
use crate::sample::{
    Image, Layout, OCI_CONFIG, OCI_GZIP, OCI_INDEX, OCI_MANIFEST, descriptor, digest, gzip, layer,
};

const NONDISTRIBUTABLE: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

struct Scene {
    cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let cloud = Cloud::start();
        cloud.registry().plain();
        Self {
            cloud,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn push(&self, source: &str, more: &[&str]) -> Run {
        let url = self.cloud.endpoint_url();
        let mut args = vec!["--source", source, "--registry", &url];
        args.extend(["--repository", "app", "--tag", "v1"]);
        args.extend(more);
        run(&[], &args)
    }

    /// Writes a layout and pushes it.
    fn push_layout(&self, layout: &Layout, more: &[&str]) -> Run {
        layout.write_folder(self.folder.path());
        self.push_folder(more)
    }

    fn push_folder(&self, more: &[&str]) -> Run {
        self.push(&format!("oci:{}", self.folder.path().display()), more)
    }

    fn has_blob(&self, digest: &str) -> bool {
        self.cloud.registry().blob(digest).is_some()
    }

    fn manifest(&self, reference: &str) -> Value {
        let manifest = self.cloud.registry().manifest("app", reference).unwrap();
        serde_json::from_slice(&manifest.bytes).unwrap()
    }
}

/// Adds an image with one layer, and returns the digest of its manifest.
fn image_with(layout: &mut Layout, layer: Value) -> String {
    let config = Image::new(Vec::new()).config();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, &config),
        "layers": [layer],
    });
    layout.add(config);
    let manifest = layout.add(manifest.to_string().into_bytes());
    layout.tag(OCI_MANIFEST, &manifest, None);
    manifest
}

#[test]
fn a_layer_in_the_source_is_sent_whatever_its_type_is() {
    let bytes = gzip(&layer(1, 10_000));
    let urls = || json!(["https://layers.test/1"]);
    for (media_type, urls) in [
        (NONDISTRIBUTABLE, None),
        (NONDISTRIBUTABLE, Some(urls())),
        (FOREIGN, Some(urls())),
        (OCI_GZIP, Some(urls())),
        ("application/vnd.example.layer", None),
    ] {
        let scene = Scene::new();
        let mut layout = Layout::new();
        let mut named = descriptor(media_type, &bytes);
        if let Some(urls) = urls {
            named["urls"] = urls;
        }
        let manifest = image_with(&mut layout, named);
        layout.add(bytes.clone());
        let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
        assert_eq!(run.digest(), manifest);
        assert!(scene.has_blob(&digest(&bytes)), "{media_type}");
        scene.push_folder(&[]).ended(0, "unchanged");
    }
}

#[test]
fn a_layer_that_is_not_in_the_source_needs_a_url() {
    let bytes = gzip(&layer(1, 10_000));
    let scene = Scene::new();
    let mut layout = Layout::new();
    let mut named = descriptor(FOREIGN, &bytes);
    named["urls"] = json!(["https://layers.test/1"]);
    let manifest = image_with(&mut layout, named);
    let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
    assert_eq!(run.digest(), manifest);
    assert!(!scene.has_blob(&digest(&bytes)));
    // The result and the log name it, because the image is not complete in the registry.
    assert_eq!(run.layers("elsewhere"), 1);
    for text in [
        "not in the source, and not sent",
        "1 layer not in the source;",
    ] {
        assert!(run.stderr.contains(text), "{}", run.stderr);
    }
    let again = scene.push_folder(&[]).ended(0, "unchanged");
    assert_eq!(again.layers("elsewhere"), 1);

    for media_type in [NONDISTRIBUTABLE, FOREIGN, OCI_GZIP] {
        let scene = Scene::new();
        let mut layout = Layout::new();
        image_with(&mut layout, descriptor(media_type, &bytes));
        scene
            .push_layout(&layout, &[])
            .ended(2, "invalid")
            .with_error(&[&format!("does not contain the blob {}", digest(&bytes))]);
    }
}

/// Pushes an earlier image whose layer has another type, but the same config members.
fn push_earlier(scene: &Scene, config: &[u8], media_type: &str) -> String {
    let mut layout = Layout::new();
    let blob = gzip(&layer(99, 5_000));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor(media_type, &blob)],
    });
    layout.add(config.to_vec());
    layout.add(blob);
    let manifest = layout.add(manifest.to_string().into_bytes());
    layout.tag(OCI_MANIFEST, &manifest, None);
    let folder = tempfile::tempdir().unwrap();
    layout.write_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    scene
        .push(&source, &[])
        .ended(0, "pushed")
        .digest()
        .to_owned()
}

#[test]
fn layers_of_other_types_are_not_taken_from_an_earlier_image() {
    for media_type in [
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.example.layer",
        NONDISTRIBUTABLE,
    ] {
        let scene = Scene::new();
        let saved = scene.folder.path().join("saved.tar");
        let mut image = Image::new(vec![layer(1, 10_000)]);
        let earlier = push_earlier(&scene, &image.config(), media_type);
        // The same config, and another one with the same layers.
        for command in ["/bin/true", "/bin/false"] {
            image.command = vec![command.to_owned()];
            image.legacy_archive(&saved, "app:v1");
            let source = format!("docker-archive:{}", saved.display());
            let run = scene.push(&source, &[]).ended(0, "pushed");
            assert_ne!(run.digest(), earlier, "{media_type} {command}");
            let layer = &scene.manifest("v1")["layers"][0];
            assert_eq!(
                layer["mediaType"], "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "{media_type} {command}"
            );
        }
    }
}

#[test]
fn empty_lists_may_be_null() {
    let scene = Scene::new();
    let mut layout = Layout::new();
    let config =
        br#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":null}}"#;
    let manifest = json!({
        "schemaVersion": 2,
        "config": descriptor(OCI_CONFIG, config),
        "layers": null,
    });
    layout.add(config.to_vec());
    let manifest = layout.add(manifest.to_string().into_bytes());
    layout.tag(OCI_MANIFEST, &manifest, None);
    let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
    assert_eq!(run.digest(), manifest);

    let scene = Scene::new();
    let saved = scene.folder.path().join("saved.tar");
    let name = format!("{}.json", &digest(config)[7..]);
    let entries = json!([{ "Config": name, "RepoTags": null, "Layers": null }]);
    let files = [
        (name, config.to_vec()),
        ("manifest.json".to_owned(), entries.to_string().into_bytes()),
    ];
    fs::write(&saved, crate::sample::tar_of(&files)).unwrap();
    let source = format!("docker-archive:{}", saved.display());
    scene.push(&source, &[]).ended(0, "pushed");
    assert_eq!(scene.manifest("v1")["layers"], json!([]));
}

/// Changes the `index.json` of a layout in a directory.
fn change_index(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut index);
    fs::write(&path, index.to_string()).unwrap();
}

#[test]
fn the_index_of_a_layout_may_lack_its_version() {
    let scene = Scene::new();
    let manifest = Image::small(1).oci_folder(scene.folder.path());
    change_index(scene.folder.path(), |index| {
        index.as_object_mut().unwrap().remove("schemaVersion");
    });
    assert_eq!(scene.push_folder(&[]).ended(0, "pushed").digest(), manifest);
    change_index(scene.folder.path(), |index| {
        index["schemaVersion"] = json!(1)
    });
    scene
        .push_folder(&[])
        .ended(2, "invalid")
        .with_error(&["its schemaVersion is 1"]);
}

#[test]
fn an_incomplete_platform_only_never_matches() {
    for platform in [json!({ "architecture": "amd64" }), json!({}), Value::Null] {
        let scene = Scene::new();
        let mut layout = Layout::new();
        let image = layout.image(&Image::small(1), true);
        let mut entry = descriptor(OCI_MANIFEST, layout.blob(&image));
        entry["platform"] = platform;
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry] });
        let index = layout.add(index.to_string().into_bytes());
        layout.tag(OCI_INDEX, &index, None);
        let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
        assert_eq!(run.digest(), index);
        scene
            .push_folder(&["--platform", "linux/amd64"])
            .ended(3, "not-found");
    }
}

/// A layout with an image named v1, and an SBOM that refers to it but is not in `index.json`.
fn image_and_sbom(layout: &mut Layout) -> (String, String) {
    let image = layout.image(&Image::small(1), true);
    layout.tag(OCI_MANIFEST, &image, Some("v1"));
    let empty = b"{}".to_vec();
    let content = b"an SBOM".to_vec();
    let sbom = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/spdx+json",
        "config": descriptor("application/vnd.oci.empty.v1+json", &empty),
        "layers": [descriptor("text/spdx", &content)],
        "subject": descriptor(OCI_MANIFEST, layout.blob(&image)),
    });
    layout.add(empty);
    layout.add(content);
    (image, layout.add(sbom.to_string().into_bytes()))
}

#[test]
fn referrers_under_the_fallback_tag_are_pushed_with_their_image() {
    let scene = Scene::new();
    let mut layout = Layout::new();
    let (image, sbom) = image_and_sbom(&mut layout);
    let list = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [descriptor(OCI_MANIFEST, layout.blob(&sbom))],
    });
    let list = layout.add(list.to_string().into_bytes());
    layout.tag(OCI_INDEX, &list, Some(&image.replace(':', "-")));
    let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
    assert_eq!(run.digest(), image);
    assert_eq!(scene.manifest(&sbom)["subject"]["digest"], json!(image));
    scene.push_folder(&[]).ended(0, "unchanged");
    // A referrer that is missing is an error, and not left behind.
    let blob = scene.folder.path().join("blobs/sha256").join(&sbom[7..]);
    fs::remove_file(blob).unwrap();
    scene
        .push_folder(&[])
        .ended(2, "invalid")
        .with_error(&[&format!("does not contain the blob {sbom}")]);
}

#[test]
fn an_index_with_a_subject_is_a_referrer() {
    let scene = Scene::new();
    let mut layout = Layout::new();
    let (image, sbom) = image_and_sbom(&mut layout);
    let signatures = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "artifactType": "application/vnd.example.signatures",
        "manifests": [descriptor(OCI_MANIFEST, layout.blob(&sbom))],
        "subject": descriptor(OCI_MANIFEST, layout.blob(&image)),
    });
    let signatures = layout.add(signatures.to_string().into_bytes());
    layout.tag(OCI_INDEX, &signatures, None);
    let run = scene.push_layout(&layout, &[]).ended(0, "pushed");
    assert_eq!(run.digest(), image);
    for digest in [&signatures, &sbom] {
        assert!(scene.manifest(digest)["subject"].is_object(), "{digest}");
    }
}
