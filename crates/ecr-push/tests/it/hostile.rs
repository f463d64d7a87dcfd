//! Malicious archives: rejected with the reason, nothing left in the registry, little memory used.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::counterpart::DockerRegistry;
use crate::program::{Run, run};
use crate::sample::{Image, Layout, OCI_MANIFEST, descriptor, digest, gzip, tar_of};

fn push(registry: &DockerRegistry, source: &str) -> Run {
    let url = registry.url();
    run(
        &[],
        &[
            "--source",
            source,
            "--registry",
            &url,
            "--repository",
            "app",
            "--tag",
            "v1",
        ],
    )
}

fn rejected(source: &str, words: &[&str]) {
    let url = "http://127.0.0.1:1";
    let args = [
        "--source",
        source,
        "--registry",
        url,
        "--repository",
        "app",
        "--tag",
        "v1",
    ];
    run(&[], &args).ended(2, "invalid").with_error(words);
}

#[test]
fn a_layer_with_a_wrong_digest_never_arrives() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(1);
    let manifest = image.oci_folder(folder.path());
    let layer = digest(&gzip(&image.layers[1]));
    let path = folder.path().join("blobs/sha256").join(&layer[7..]);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    push(&registry, &format!("oci:{}", folder.path().display()))
        .ended(2, "invalid")
        .with_error(&[
            &format!("the blob {layer} should match its digest"),
            &digest(&bytes),
        ]);
    assert!(!registry.has_blob(&layer) && !registry.has_blob(&digest(&bytes)));
    assert!(!registry.has_blob(&manifest));

    bytes.push(0);
    fs::write(&path, &bytes).unwrap();
    rejected(
        &format!("oci:{}", folder.path().display()),
        &[
            &format!("the blob {layer} should have"),
            "bytes (according to ",
        ],
    );
}

#[test]
fn a_saved_layer_with_a_wrong_diff_id_never_becomes_an_image() {
    let registry = DockerRegistry::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    Image::small(3).legacy_archive(&path, "app:v1");
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // An offset in the data of the first layer.
    file.seek(SeekFrom::Start(5000)).unwrap();
    file.write_all(b"tampered").unwrap();
    push(&registry, &format!("docker-archive:{}", path.display()))
        .ended(2, "invalid")
        .with_error(&["should match the config's diff_ids"]);
}

#[test]
fn modified_manifests_and_configs_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(5);
    let manifest = image.oci_folder(folder.path());
    let path = folder.path().join("blobs/sha256").join(&manifest[7..]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[2] = b'\n';
    fs::write(&path, &bytes).unwrap();
    rejected(
        &format!("oci:{}", folder.path().display()),
        &[
            &format!("the manifest stored as {manifest}"),
            &digest(&bytes),
        ],
    );

    let archive = folder.path().join("saved.tar");
    let config = image.config();
    let files = [
        (format!("{}.json", &digest(b"other")[7..]), config),
        (
            "manifest.json".to_owned(),
            json!([{ "Config": format!("{}.json", &digest(b"other")[7..]), "Layers": [] }])
                .to_string()
                .into_bytes(),
        ),
    ];
    fs::write(&archive, tar_of(&files)).unwrap();
    rejected(
        &format!("docker-archive:{}", archive.display()),
        &["should match its name"],
    );
}

#[test]
fn links_among_the_blobs_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(7);
    image.oci_folder(folder.path());
    let layer = digest(&gzip(&image.layers[0]));
    let blobs = folder.path().join("blobs/sha256");
    let path = blobs.join(&layer[7..]);
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    let source = format!("oci:{}", folder.path().display());
    rejected(
        &source,
        &[&layer[7..], "contains a symbolic link", "cp -rL"],
    );

    fs::remove_file(&path).unwrap();
    fs::rename(&elsewhere, &path).unwrap();
    fs::rename(&blobs, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &blobs).unwrap();
    rejected(&source, &["contains a symbolic link"]);
}

#[test]
fn malicious_tars_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let source = format!("oci-archive:{}", path.display());
    Image::small(9).oci_archive(&path);
    let whole = fs::read(&path).unwrap();

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    rejected(&source, &["is truncated", "create it again"]);

    let mut twice = tar_of(&[("oci-layout".into(), b"{}".to_vec())]);
    twice.truncate(1024);
    twice.extend_from_slice(&whole);
    fs::write(&path, &twice).unwrap();
    rejected(&source, &["it contains two different files oci-layout,"]);

    // The builder rejects such a name, so it overwrites one of the same length.
    let mut outside = tar_of(&[("XX/XX/etc/passwd".into(), b"x".to_vec())]);
    outside[..5].copy_from_slice(b"../..");
    let mut header = tar::Header::new_old();
    header.as_mut_bytes().copy_from_slice(&outside[..512]);
    header.set_cksum();
    outside[..512].copy_from_slice(header.as_bytes());
    fs::write(&path, &outside).unwrap();
    rejected(&source, &["leads out of the archive"]);
}

#[test]
fn a_compressed_config_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let name = format!("{}.json", &digest(&bomb)[7..]);
    let manifest = json!([{ "Config": name, "RepoTags": ["app:v1"], "Layers": [] }]);
    let files = [
        (name, bomb),
        (
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ),
    ];
    fs::write(&path, tar_of(&files)).unwrap();
    rejected(
        &format!("docker-archive:{}", path.display()),
        &["is not the config of an image"],
    );
}

/// Runs with half a gigabyte of address space. Reading one of the large documents completely would
/// abort the program.
fn rejected_in_little_memory(source: &str, words: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 500000; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_ecr-push"))
        .args(["--source", source, "--registry", "http://127.0.0.1:1"])
        .args(["--repository", "app"])
        .env_clear()
        .env("TMPDIR", scratch.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in {stderr}");
    }
}

fn sparse(path: &Path, len: u64) {
    fs::File::create(path).unwrap().set_len(len).unwrap();
}

#[test]
fn documents_of_gigabytes_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::small(11);
    let manifest = image.oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let blob = folder.path().join("blobs/sha256").join(&manifest[7..]);
    sparse(&blob, 1 << 30);
    rejected_in_little_memory(&source, &["has 1073741824 bytes, but the limit is 4194304"]);
    sparse(&folder.path().join("index.json"), 1 << 30);
    rejected_in_little_memory(&source, &["index.json has 1073741824 bytes"]);

    let mut header = tar::Header::new_gnu();
    header.set_path("manifest.json").unwrap();
    header.set_size(100 << 20);
    header.set_cksum();
    let saved = folder.path().join("saved.tar");
    sparse(&saved, 512 + (100 << 20));
    let mut file = fs::OpenOptions::new().write(true).open(&saved).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    rejected_in_little_memory(
        &format!("docker-archive:{}", saved.display()),
        &["manifest.json has 104857600 bytes"],
    );
}

#[test]
fn invalid_references_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    for (field, value, words) in [
        (
            "digest",
            json!("sha256:../../../../etc/passwd"),
            "the digest of a layer is invalid",
        ),
        (
            "digest",
            json!("sha512:00"),
            "the digest of a layer is invalid",
        ),
        ("size", json!(-1), "-1 bytes"),
        ("size", json!(1e30), "it is not the JSON of a manifest"),
    ] {
        let mut layout = Layout::new();
        let config = layout.add(b"{}".to_vec());
        let mut layer = descriptor("application/vnd.oci.image.layer.v1.tar+gzip", b"");
        layer[field] = value;
        let manifest = json!({
            "schemaVersion": 2,
            "config": descriptor("application/vnd.oci.image.config.v1+json", layout.blob(&config)),
            "layers": [layer],
        });
        let manifest = layout.add(manifest.to_string().into_bytes());
        layout.tag(OCI_MANIFEST, &manifest, None);
        let at = folder.path().join(words.replace(' ', "-"));
        layout.write_folder(&at);
        rejected(&format!("oci:{}", at.display()), &[words]);
    }
}

#[test]
fn deeply_nested_indexes_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let mut layout = Layout::new();
    let mut inner = layout.image(&Image::small(13), true);
    let mut media_type = OCI_MANIFEST;
    for _ in 0..8 {
        let entry = descriptor(media_type, layout.blob(&inner));
        let index = json!({ "schemaVersion": 2, "manifests": [entry] });
        inner = layout.add(index.to_string().into_bytes());
        media_type = crate::sample::OCI_INDEX;
    }
    layout.tag(media_type, &inner, None);
    layout.write_folder(folder.path());
    rejected(
        &format!("oci:{}", folder.path().display()),
        &["its indexes are nested more than 4 deep"],
    );
}

#[test]
fn an_incomplete_index_has_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let image = crate::sample::MultiArch::new();
    image.layout.write_folder(folder.path());
    fs::remove_file(folder.path().join("blobs/sha256").join(&image.arm64[7..])).unwrap();
    rejected(
        &format!("oci:{}", folder.path().display()),
        &[
            &format!("does not contain the blob {}", image.arm64),
            "--platform OS/ARCHITECTURE",
        ],
    );
}
