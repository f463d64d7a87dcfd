//! Finds layers of earlier images in the registry, by the digests of their uncompressed bytes.
//!
//! Decided here: which layers of an earlier image can be reused. Never here: which images are
//! searched.

use std::collections::HashMap;

use serde::Deserialize;

use crate::client::{Client, RemoteManifest};
use crate::digest::Digest;
use crate::document::{self, Descriptor, Document, ImageManifest, null_as_empty};
use crate::error::Error;
use crate::media_type;
use crate::platform::Platform;

const CONFIG_LIMIT: u64 = 4 << 20;

/// Returns the image manifest for a platform.
pub(crate) async fn image_for(
    client: &Client,
    found: RemoteManifest,
    platform: &Platform,
) -> Result<Option<ImageManifest>, Error> {
    let parse = |tagged: &RemoteManifest| {
        Document::parse(&tagged.bytes, tagged.media_type.as_deref())
            .ok()
            .map(|(document, _)| document)
    };
    let index = match parse(&found) {
        Some(Document::Image(image)) => return Ok(Some(*image)),
        Some(Document::Index(index)) => index,
        None => return Ok(None),
    };
    let child = index
        .manifests
        .iter()
        .find(|entry| entry.platform().is_some_and(|has| has.satisfies(platform)));
    let Some(digest) = child.and_then(|c| c.digest.parse::<Digest>().ok()) else {
        return Ok(None);
    };
    let found = client.manifest(digest.as_str()).await?;
    Ok(found.and_then(|tagged| match parse(&tagged) {
        Some(Document::Image(image)) => Some(*image),
        _ => None,
    }))
}

#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_as_empty")]
    diff_ids: Vec<String>,
}

/// Adds the layers of an earlier image that the new image needs.
pub(crate) async fn add_known_layers(
    client: &Client,
    image: &ImageManifest,
    wanted: &[Digest],
    known: &mut HashMap<Digest, Descriptor>,
) -> Result<(), Error> {
    let Ok(config) = document::descriptor(&image.config, "its config") else {
        return Ok(());
    };
    if config.size > CONFIG_LIMIT || wanted.iter().all(|diff_id| known.contains_key(diff_id)) {
        return Ok(());
    }
    let bytes = match client.read_blob(&config.digest, CONFIG_LIMIT).await {
        Ok(bytes) => bytes,
        // An earlier image is only an optimization, so a damaged one is ignored.
        Err(Error::Refused { .. } | Error::Violation { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    known.extend(layers_by_diff_id(image, &bytes, wanted));
    Ok(())
}

/// Pure: the layers of a manifest by the diff_ids of its config, if both have the same number.
fn layers_by_diff_id(
    image: &ImageManifest,
    config: &[u8],
    wanted: &[Digest],
) -> Vec<(Digest, Descriptor)> {
    let Ok(config) = serde_json::from_slice::<Config>(config) else {
        return Vec::new();
    };
    let diff_ids = config.rootfs.diff_ids;
    if diff_ids.len() != image.layers.len() {
        return Vec::new();
    }
    diff_ids
        .iter()
        .zip(&image.layers)
        // The manifest of the new image would not say how to read any other type.
        .filter(|(_, layer)| {
            media_type::is_created_here(&layer.media_type) && layer.urls.is_empty()
        })
        .filter_map(|(diff_id, layer)| {
            let diff_id = diff_id.parse().ok().filter(|d| wanted.contains(d))?;
            Some((diff_id, document::descriptor(layer, "a layer").ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::layers_by_diff_id;
    use crate::digest::Digest;
    use crate::document::{Document, ImageManifest};

    fn manifest(layers: &[(&str, &Digest)]) -> ImageManifest {
        let layers: Vec<serde_json::Value> = layers
            .iter()
            .map(|(kind, digest)| {
                serde_json::json!({ "mediaType": kind, "digest": digest, "size": 9 })
            })
            .collect();
        let config = serde_json::json!({ "mediaType": "c", "digest": Digest::of(b"c"), "size": 1 });
        let manifest = serde_json::json!({
            "schemaVersion": 2, "config": config, "layers": layers
        });
        match Document::parse(manifest.to_string().as_bytes(), None) {
            Ok((Document::Image(image), _)) => *image,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_wanted_layers_of_consistent_images_are_known() {
        let ids: Vec<Digest> = [&b"a"[..], b"b", b"c"]
            .into_iter()
            .map(Digest::of)
            .collect();
        let gz = "application/vnd.oci.image.layer.v1.tar+gzip";
        let config = serde_json::json!({ "rootfs": { "diff_ids": [ids[0], ids[1]] } }).to_string();
        let blob = Digest::of(b"blob");
        let found = |layers: &[(&str, &Digest)], wanted: &[Digest]| {
            layers_by_diff_id(&manifest(layers), config.as_bytes(), wanted)
                .into_iter()
                .map(|(diff_id, _)| diff_id)
                .collect::<Vec<_>>()
        };
        let plain = "application/vnd.oci.image.layer.v1.tar";
        let encrypted = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
        let unknown = "application/vnd.example.layer";
        let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        for (layers, wanted, known) in [
            (
                vec![(gz, &blob), (gz, &blob)],
                vec![ids[1].clone()],
                vec![ids[1].clone()],
            ),
            (vec![(gz, &blob), (gz, &blob)], vec![ids[2].clone()], vec![]),
            (vec![(gz, &blob)], ids.clone(), vec![]),
            (
                vec![(plain, &blob), (gz, &blob)],
                ids.clone(),
                vec![ids[1].clone()],
            ),
            (
                vec![(encrypted, &blob), (unknown, &blob)],
                ids.clone(),
                vec![],
            ),
            (
                vec![(foreign, &blob), (gz, &blob)],
                ids.clone(),
                vec![ids[1].clone()],
            ),
        ] {
            assert_eq!(found(&layers, &wanted), known, "{layers:?}");
        }
        assert!(layers_by_diff_id(&manifest(&[]), b"{", &ids).is_empty());
    }
}
