//! The three formats of `docker save`; nothing is compressed that the registry has.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::counterpart::{DockerRegistry, skopeo};
use crate::program::{Run, run};
use crate::sample::{Image, digest, gzip, layer, tar_of};

fn push(registry: &DockerRegistry, archive: &Path, more: &[&str]) -> Run {
    let url = registry.url();
    let source = format!("docker-archive:{}", archive.display());
    let mut args = vec![
        "--source",
        &source,
        "--registry",
        &url,
        "--repository",
        "app",
    ];
    args.extend(more);
    run(&[], &args)
}

/// The layers that skopeo reads from the registry are the original ones.
fn assert_same_layers(registry: &DockerRegistry, reference: &str, image: &Image) {
    let folder = tempfile::tempdir().unwrap();
    registry.copy_out(reference, folder.path());
    let read =
        |digest: &str| fs::read(folder.path().join("blobs/sha256").join(&digest[7..])).unwrap();
    let index: Value =
        serde_json::from_slice(&fs::read(folder.path().join("index.json")).unwrap()).unwrap();
    let manifest = read(index["manifests"][0]["digest"].as_str().unwrap());
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let config = read(manifest["config"]["digest"].as_str().unwrap());
    assert!(config == image.config());
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), image.layers.len());
    for (found, layer) in layers.iter().zip(&image.layers) {
        let packed = read(found["digest"].as_str().unwrap());
        let mut raw = Vec::new();
        let mut reader = flate2::read::MultiGzDecoder::new(&packed[..]);
        std::io::Read::read_to_end(&mut reader, &mut raw).unwrap();
        assert!(raw == *layer);
    }
}

#[test]
fn an_archive_of_an_old_engine_is_compressed_only_once() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let mut image = Image::small(1);
    // The same layer twice, the second time as a link in the archive.
    image.layers.push(image.layers[0].clone());
    image.legacy_archive(&path, "app:v1");

    let first = push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(first.layers("sent"), 2);
    assert_same_layers(&registry, "app:v1", &image);
    let manifest = registry.manifest_json("app:v1");
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.docker.distribution.manifest.v2+json"
    );
    assert_eq!(digest(&registry.manifest("app:v1")), first.digest());

    let again = push(&registry, &path, &["--tag", "v1"]).ended(0, "unchanged");
    assert_eq!((again.digest(), again.requests()), (first.digest(), 1));
    let tagged = push(&registry, &path, &["--tag", "v1", "--tag", "v2"]).ended(0, "pushed");
    assert_eq!(
        (tagged.digest(), tagged.layers("sent")),
        (first.digest(), 0)
    );

    // Only the top layer is new. The others are recognized by their diff_ids.
    let mut next = image.clone();
    next.layers[1] = layer(77, 100_000);
    next.legacy_archive(&path, "app:v2");
    let third = push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(
        (third.layers("sent"), third.layers("already-there")),
        (1, 1)
    );
    assert_same_layers(&registry, "app:v1", &next);
    // Another tag, with an earlier image to take layers from.
    let mut more = next.clone();
    more.layers.push(layer(78, 1000));
    more.legacy_archive(&path, "app:v3");
    let fourth = push(&registry, &path, &["--tag", "v3", "--cache-from", "v1"]);
    let fourth = fourth.ended(0, "pushed");
    assert_eq!(
        (fourth.layers("sent"), fourth.layers("already-there")),
        (1, 2)
    );
    assert_same_layers(&registry, "app:v3", &more);
}

#[test]
fn an_image_that_skopeo_pushed_is_recognized() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let image = Image::small(3);
    image.legacy_archive(&path, "app:v1");
    let from = format!("docker-archive:{}", path.display());
    let to = format!("docker://{}/app:v1", registry.host());
    let pushed = skopeo(&["copy", "--dest-tls-verify=false", &from, &to]);
    assert!(pushed.status.success(), "{pushed:?}");
    let theirs = digest(&registry.manifest("app:v1"));
    let run = push(&registry, &path, &["--tag", "v1"]).ended(0, "unchanged");
    assert_eq!(run.digest(), theirs, "skopeo's image is the same image");
}

#[test]
fn layers_are_compressed_to_the_same_bytes_and_not_sent_again() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let image = Image::small(5);
    image.legacy_archive(&path, "app:v1");
    let first = push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    let second = push(&registry, &path, &["--tag", "elsewhere"]).ended(0, "pushed");
    assert_eq!(second.digest(), first.digest());
    assert_eq!(
        second.layers("sent"),
        0,
        "compressed again to the same digests"
    );
}

#[test]
fn a_layout_in_the_archive_is_pushed_unchanged_if_its_layers_are_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let image = Image::small(7);
    let inside = image.inside_archive(&path, "docker.io/library/app:v1", true);
    let registry = DockerRegistry::start();
    let run = push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(run.digest(), inside);
    assert_same_layers(&registry, "app:v1", &image);

    let inside = image.inside_archive(&path, "docker.io/library/app:v1", false);
    let registry = DockerRegistry::start();
    let run = push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    assert_ne!(run.digest(), inside, "uncompressed layers are not pushed");
    assert_same_layers(&registry, "app:v1", &image);
}

#[test]
fn compressed_layers_are_pushed_unchanged() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let image = Image::small(9);
    let config = image.config();
    let packed: Vec<Vec<u8>> = image.layers.iter().map(|l| gzip(l)).collect();
    let names: Vec<String> = packed
        .iter()
        .map(|p| format!("{}.tar.gz", &digest(p)[7..]))
        .collect();
    let manifest =
        serde_json::json!([{ "Config": digest(&config), "RepoTags": ["app:v1"], "Layers": names }]);
    let mut files: Vec<(String, Vec<u8>)> =
        names.iter().cloned().zip(packed.iter().cloned()).collect();
    files.push((digest(&config), config));
    files.push(("manifest.json".into(), manifest.to_string().into_bytes()));
    fs::write(&path, tar_of(&files)).unwrap();
    push(&registry, &path, &["--tag", "v1"]).ended(0, "pushed");
    for layer in &packed {
        assert!(registry.has_blob(&digest(layer)));
    }
    assert_same_layers(&registry, "app:v1", &image);
}

#[test]
fn zstd_layers_are_created_on_request() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    Image::small(13).legacy_archive(&path, "app:v1");
    let run = push(&registry, &path, &["--tag", "v1", "--compression", "zstd"]);
    run.ended(0, "pushed");
    let manifest = registry.manifest_json("app:v1");
    assert_eq!(
        manifest["layers"][0]["mediaType"],
        "application/vnd.oci.image.layer.v1.tar+zstd"
    );
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    // This reads every blob and verifies its digest.
    registry.copy_out("app:v1", &folder.path().join("out"));
}

#[test]
fn one_of_several_saved_images_is_selected_by_its_short_or_long_name() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let (one, two) = (Image::small(15), Image::small(17));
    let mut files = Vec::new();
    let mut entries = Vec::new();
    for (image, tag) in [(&one, "one:v1"), (&two, "team/two:v1")] {
        let config = image.config();
        let name = format!("{}.json", &digest(&config)[7..]);
        let mut layers = Vec::new();
        for layer in &image.layers {
            let name = format!("{}/layer.tar", &digest(layer)[7..]);
            files.push((name.clone(), layer.clone()));
            layers.push(name);
        }
        files.push((name.clone(), config));
        entries.push(serde_json::json!({ "Config": name, "RepoTags": [tag], "Layers": layers }));
    }
    files.push((
        "manifest.json".into(),
        Value::from(entries).to_string().into_bytes(),
    ));
    fs::write(&path, tar_of(&files)).unwrap();
    push(&registry, &path, &[])
        .ended(2, "invalid")
        .with_error(&["contains 2 images", "it contains one:v1, team/two:v1"]);
    for (name, image) in [
        ("one:v1", &one),
        ("docker.io/library/one:v1", &one),
        ("team/two:v1", &two),
    ] {
        let named = Path::new(&format!("{}:{name}", path.display())).to_owned();
        push(&registry, &named, &["--tag", "chosen"]);
        assert_same_layers(&registry, "app:chosen", image);
    }
}
