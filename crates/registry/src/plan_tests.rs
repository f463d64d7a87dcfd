#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{PlannedLayer, plan};
use crate::compress::Compression;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::Descriptor;
use crate::image::{Blob, CompressionFormat, Image, ImageGraph, Manifest, SavedImage, SavedLayer};
use crate::platform::Platform;
use crate::remote_state::RemoteState;

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn blob(name: &str, size: u64, is_layer: bool) -> Blob {
    Blob {
        descriptor: Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            digest: digest(name),
            size,
        },
        content: Content::bytes(name.as_bytes().to_vec()),
        is_layer,
    }
}

fn manifest(name: &str, names: &[&str], subject: Option<&str>) -> Manifest {
    Manifest {
        digest: digest(name),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        bytes: name.as_bytes().to_vec().into(),
        references: names.iter().map(|n| digest(n)).collect(),
        subject: subject.map(digest),
        artifact_type: None,
    }
}

/// An index of two images that share a layer, and a signature of the index.
fn graph() -> ImageGraph {
    ImageGraph {
        root: digest("index"),
        manifests: vec![
            manifest("amd64", &["base", "a", "ca"], None),
            manifest("arm64", &["base", "b", "cb"], None),
            manifest("index", &["amd64", "arm64"], None),
            manifest("signature", &["s", "cs"], Some("index")),
        ],
        blobs: vec![
            blob("base", 100, true),
            blob("a", 10, true),
            blob("ca", 1, false),
            blob("b", 200, true),
            blob("cb", 1, false),
            blob("s", 5, true),
            blob("cs", 1, false),
        ],
    }
}

fn remote(tags: &[(&str, Option<&str>)], manifests: &[&str], blobs: &[&str]) -> RemoteState {
    RemoteState {
        tags: tags
            .iter()
            .map(|(tag, now)| ((*tag).to_owned(), now.map(digest)))
            .collect(),
        manifests: manifests.iter().map(|m| digest(m)).collect(),
        blobs: blobs.iter().map(|b| digest(b)).collect(),
        ..RemoteState::default()
    }
}

const GZIP: Compression = Compression::Gzip { level: 1 };

#[test]
fn an_empty_registry_receives_everything_the_largest_first() {
    let planned = plan(
        &Image::Addressed(graph()),
        &remote(&[("v1", None)], &[], &[]),
        GZIP,
    );
    let sizes: Vec<u64> = planned.send.iter().map(|b| b.descriptor.size).collect();
    assert_eq!(sizes, [200, 100, 10, 5, 1, 1, 1]);
    let digests = |manifests: &[Manifest]| -> Vec<Digest> {
        manifests.iter().map(|m| m.digest.clone()).collect()
    };
    assert_eq!(
        digests(&planned.children),
        [digest("amd64"), digest("arm64")]
    );
    assert_eq!(digests(&planned.referrers), [digest("signature")]);
    assert_eq!(planned.manifest.as_ref().unwrap().digest, digest("index"));
    assert!(!planned.is_done() && !planned.has_root);
    assert_eq!(planned.moved_tags().count(), 0);
}

#[test]
fn nothing_that_exists_is_sent() {
    let all = ["base", "a", "ca", "b", "cb", "s", "cs"];
    let manifests = ["amd64", "arm64", "index", "signature"];
    let done = plan(
        &Image::Addressed(graph()),
        &remote(&[("v1", Some("index"))], &manifests, &all),
        GZIP,
    );
    assert!(done.is_done());
    let moved = plan(
        &Image::Addressed(graph()),
        &remote(
            &[
                ("v1", Some("index")),
                ("latest", Some("old")),
                ("new", None),
            ],
            &manifests,
            &all,
        ),
        GZIP,
    );
    assert!(!moved.is_done() && moved.has_root && moved.send.is_empty());
    let tags: Vec<_> = moved.moved_tags().collect();
    assert_eq!(tags, [("latest", &digest("old"))]);
}

fn saved(names: &[&str]) -> SavedImage {
    SavedImage {
        config: "{}".into(),
        config_digest: digest("{}"),
        platform: Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: None,
        },
        layers: names
            .iter()
            .map(|name| SavedLayer {
                diff_id: digest(name),
                content: Content::bytes(name.as_bytes().to_vec()),
                format: CompressionFormat::Uncompressed,
            })
            .collect(),
    }
}

fn known(name: &str, media_type: &str) -> (Digest, Descriptor) {
    let descriptor = Descriptor {
        media_type: media_type.to_owned(),
        digest: digest(&format!("{name}.gz")),
        size: 9,
    };
    (digest(name), descriptor)
}

#[test]
fn known_layers_are_not_compressed_and_media_types_are_not_mixed() {
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let oci = "application/vnd.oci.image.layer.v1.tar+gzip";
    let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    for (media_type, compression, is_docker) in [
        (docker, GZIP, true),
        (oci, GZIP, false),
        (zstd, GZIP, false),
        (docker, Compression::Zstd { level: 3 }, false),
    ] {
        let remote = RemoteState {
            known_layers: HashMap::from([known("base", media_type)]),
            ..remote(&[("v1", None)], &[], &["base.gz"])
        };
        let planned = plan(&Image::Saved(saved(&["base", "app"])), &remote, compression);
        let config = planned.config.as_ref().unwrap();
        assert_eq!(
            config.media_type.contains("docker"),
            is_docker,
            "{media_type}"
        );
        match planned.layers.as_slice() {
            [PlannedLayer::Known(known), PlannedLayer::Compress(_)] => {
                assert_eq!(known.media_type.contains("docker"), is_docker);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(planned.bytes_to_compress(), 3);
        assert_eq!(planned.send.len(), 1, "the config");
        assert!(!planned.is_done());
    }
}

#[test]
fn only_tags_are_written_for_an_existing_image() {
    let existing = manifest("existing", &["base.gz"], None);
    let remote = RemoteState {
        existing: Some(existing),
        ..remote(
            &[("v1", Some("existing")), ("v2", None)],
            &["existing"],
            &[],
        )
    };
    let planned = plan(&Image::Saved(saved(&["base"])), &remote, GZIP);
    assert_eq!(planned.root, Some(digest("existing")));
    assert!(planned.send.is_empty() && planned.layers.is_empty() && !planned.is_done());
    let right: Vec<bool> = planned.tags.iter().map(|t| t.is_right).collect();
    assert_eq!(right, [true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a registry has: everything that is missing is sent, and nothing else.
    #[test]
    fn exactly_what_is_missing_is_sent(has in proptest::collection::vec(any::<bool>(), 11)) {
        let graph = graph();
        let mut has = has.into_iter();
        let blobs: HashSet<Digest> = graph
            .blobs
            .iter()
            .map(|b| b.descriptor.digest.clone())
            .filter(|_| has.next().unwrap_or(false))
            .collect();
        let manifests: HashSet<Digest> = graph
            .manifests
            .iter()
            .map(|m| m.digest.clone())
            .filter(|_| has.next().unwrap_or(false))
            .collect();
        let remote = RemoteState {
            tags: vec![("v1".to_owned(), None)],
            manifests: manifests.clone(),
            blobs: blobs.clone(),
            ..RemoteState::default()
        };
        let planned = plan(&Image::Addressed(graph.clone()), &remote, GZIP);
        let sent: HashSet<Digest> =
            planned.send.iter().map(|b| b.descriptor.digest.clone()).collect();
        for blob in &graph.blobs {
            let digest = &blob.descriptor.digest;
            prop_assert!(sent.contains(digest) != blobs.contains(digest));
        }
        let written: HashSet<Digest> = planned
            .children
            .iter()
            .chain(&planned.referrers)
            .map(|m| m.digest.clone())
            .collect();
        for manifest in graph.manifests.iter().filter(|m| m.digest != graph.root) {
            prop_assert!(written.contains(&manifest.digest) != manifests.contains(&manifest.digest));
        }
        prop_assert!(!planned.is_done(), "the tag does not exist");
    }
}
