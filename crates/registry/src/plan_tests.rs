#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{PlannedLayer, plan};
use crate::compress::Compression;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::Descriptor;
use crate::image::{Blob, Graph, Image, Manifest, Packing, Saved, SavedLayer};
use crate::platform::Platform;
use crate::survey::Survey;

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
        names: names.iter().map(|n| digest(n)).collect(),
        subject: subject.map(digest),
        artifact_type: None,
    }
}

/// An index of two images that share a layer, and a signature on it.
fn graph() -> Graph {
    Graph {
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

fn survey(tags: &[(&str, Option<&str>)], manifests: &[&str], blobs: &[&str]) -> Survey {
    Survey {
        tags: tags
            .iter()
            .map(|(tag, now)| ((*tag).to_owned(), now.map(digest)))
            .collect(),
        manifests: manifests.iter().map(|m| digest(m)).collect(),
        blobs: blobs.iter().map(|b| digest(b)).collect(),
        ..Survey::default()
    }
}

const GZIP: Compression = Compression::Gzip { level: 1 };

#[test]
fn an_empty_registry_gets_everything_the_biggest_first_and_tags_last() {
    let todo = plan(
        &Image::Addressed(graph()),
        &survey(&[("v1", None)], &[], &[]),
        GZIP,
    );
    let sizes: Vec<u64> = todo.send.iter().map(|b| b.descriptor.size).collect();
    assert_eq!(sizes, [200, 100, 10, 5, 1, 1, 1]);
    let digests = |manifests: &[Manifest]| -> Vec<Digest> {
        manifests.iter().map(|m| m.digest.clone()).collect()
    };
    assert_eq!(digests(&todo.children), [digest("amd64"), digest("arm64")]);
    assert_eq!(digests(&todo.referrers), [digest("signature")]);
    assert_eq!(todo.manifest.as_ref().unwrap().digest, digest("index"));
    assert!(!todo.is_done() && !todo.has_root);
    assert_eq!(todo.moved_tags().count(), 0);
}

#[test]
fn what_is_there_is_not_sent() {
    let all = ["base", "a", "ca", "b", "cb", "s", "cs"];
    let manifests = ["amd64", "arm64", "index", "signature"];
    let done = plan(
        &Image::Addressed(graph()),
        &survey(&[("v1", Some("index"))], &manifests, &all),
        GZIP,
    );
    assert!(done.is_done());
    let moved = plan(
        &Image::Addressed(graph()),
        &survey(
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

fn saved(names: &[&str]) -> Saved {
    Saved {
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
                packing: Packing::Plain,
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
fn known_layers_are_not_compressed_and_types_are_not_mixed() {
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let oci = "application/vnd.oci.image.layer.v1.tar+gzip";
    let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    for (media_type, compression, is_docker) in [
        (docker, GZIP, true),
        (oci, GZIP, false),
        (zstd, GZIP, false),
        (docker, Compression::Zstd { level: 3 }, false),
    ] {
        let survey = Survey {
            known: HashMap::from([known("base", media_type)]),
            ..survey(&[("v1", None)], &[], &["base.gz"])
        };
        let todo = plan(&Image::Saved(saved(&["base", "app"])), &survey, compression);
        let config = todo.config.as_ref().unwrap();
        assert_eq!(
            config.media_type.contains("docker"),
            is_docker,
            "{media_type}"
        );
        match todo.layers.as_slice() {
            [PlannedLayer::Known(known), PlannedLayer::Pack(_)] => {
                assert_eq!(known.media_type.contains("docker"), is_docker);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(todo.bytes_to_pack(), 3);
        assert_eq!(todo.send.len(), 1, "the config");
        assert!(!todo.is_done());
    }
}

#[test]
fn an_equal_image_only_gets_its_tags() {
    let equal = manifest("equal", &["base.gz"], None);
    let survey = Survey {
        equal: Some(equal),
        ..survey(&[("v1", Some("equal")), ("v2", None)], &["equal"], &[])
    };
    let todo = plan(&Image::Saved(saved(&["base"])), &survey, GZIP);
    assert_eq!(todo.root, Some(digest("equal")));
    assert!(todo.send.is_empty() && todo.layers.is_empty() && !todo.is_done());
    let right: Vec<bool> = todo.tags.iter().map(|t| t.is_right).collect();
    assert_eq!(right, [true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a registry has: nothing is sent that is there, nothing is left out that is not.
    #[test]
    fn sent_and_there_are_all_and_never_both(has in proptest::collection::vec(any::<bool>(), 11)) {
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
        let survey = Survey {
            tags: vec![("v1".to_owned(), None)],
            manifests: manifests.clone(),
            blobs: blobs.clone(),
            ..Survey::default()
        };
        let todo = plan(&Image::Addressed(graph.clone()), &survey, GZIP);
        let sent: HashSet<Digest> =
            todo.send.iter().map(|b| b.descriptor.digest.clone()).collect();
        for blob in &graph.blobs {
            let digest = &blob.descriptor.digest;
            prop_assert!(sent.contains(digest) != blobs.contains(digest));
        }
        let written: HashSet<Digest> = todo
            .children
            .iter()
            .chain(&todo.referrers)
            .map(|m| m.digest.clone())
            .collect();
        for manifest in graph.manifests.iter().filter(|m| m.digest != graph.root) {
            prop_assert!(written.contains(&manifest.digest) != manifests.contains(&manifest.digest));
        }
        prop_assert!(!todo.is_done(), "the tag is not there");
    }
}
