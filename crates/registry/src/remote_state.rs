//! Finds out what a registry already has of an image, with as few requests as possible.
//!
//! If a tag refers to the image's digest, everything below it exists, too. For an image from
//! `docker
//! save`, which has no manifest, earlier images show which layers exist, by the digests of their
//! uncompressed bytes (`diff_ids` in the config). So layers that exist are not even compressed.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{Client, RemoteManifest};
use crate::digest::Digest;
use crate::document::{Descriptor, Document, ImageManifest};
use crate::error::Error;
use crate::image::{Image, ImageGraph, Manifest, SavedImage};
use crate::layer_cache::{add_known_layers, image_for};
use crate::media_type;
use crate::platform::Platform;

/// Small requests at the same time.
const AT_ONCE: usize = 8;

/// What the registry has.
#[derive(Debug, Clone, Default)]
pub struct RemoteState {
    /// Each tag, and the digest that it refers to now.
    pub tags: Vec<(String, Option<Digest>)>,
    /// Manifests of the image that the registry has.
    pub manifests: HashSet<Digest>,
    /// Blobs of the image that the registry has.
    pub blobs: HashSet<Digest>,
    /// A manifest in the registry with the same config as the saved image, and so with the same
    /// layers.
    pub existing: Option<Manifest>,
    /// Layers in the registry by the digest of their uncompressed bytes.
    pub known_layers: HashMap<Digest, Descriptor>,
}

/// Finds out what the registry has of an image. `references` are tags or digests of other images
/// that may share layers.
///
/// # Errors
/// If the registry cannot be read.
pub async fn read_remote_state(
    client: &Client,
    image: &Image,
    tags: &[String],
    references: &[String],
) -> Result<RemoteState, Error> {
    match image {
        Image::Addressed(graph) => read_graph_state(client, graph, tags).await,
        Image::Saved(saved) => {
            let layers: Vec<Digest> = saved.layers.iter().map(|l| l.diff_id.clone()).collect();
            let wanted = ImageIdentity {
                ids: std::slice::from_ref(&saved.config_digest),
                diff_ids: &layers,
                platform: &saved.platform,
            };
            let mut remote = find_saved(client, &wanted, tags, references).await?;
            if remote.existing.is_none() {
                look_for_blobs(client, saved, &mut remote).await?;
            }
            Ok(remote)
        }
    }
}

/// What identifies an image before its bytes are read.
#[derive(Debug, Clone, Copy)]
pub struct ImageIdentity<'w> {
    /// The digest of the config, and other digests that mean this image.
    pub ids: &'w [Digest],
    pub diff_ids: &'w [Digest],
    pub platform: &'w Platform,
}

async fn read_graph_state(
    client: &Client,
    graph: &ImageGraph,
    tags: &[String],
) -> Result<RemoteState, Error> {
    let mut remote = RemoteState {
        tags: stream::iter(tags)
            .map(async |tag| Ok::<_, Error>((tag.clone(), client.manifest_digest(tag).await?)))
            .buffered(AT_ONCE)
            .try_collect()
            .await?,
        ..RemoteState::default()
    };
    let is_tagged = remote
        .tags
        .iter()
        .any(|(_, d)| d.as_ref() == Some(&graph.root));
    if is_tagged || has_manifest(client, &graph.root).await? {
        remote.manifests.insert(graph.root.clone());
    }
    // If a registry has a manifest, it has everything that the manifest refers to.
    mark_named(graph, &mut remote);
    let open: Vec<&Manifest> = graph
        .manifests
        .iter()
        .filter(|m| m.digest != graph.root && !remote.manifests.contains(&m.digest))
        .collect();
    let there: Vec<Option<Digest>> = stream::iter(open)
        .map(async |m| {
            Ok::<_, Error>(
                has_manifest(client, &m.digest)
                    .await?
                    .then(|| m.digest.clone()),
            )
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    remote.manifests.extend(there.into_iter().flatten());
    mark_named(graph, &mut remote);
    let open: Vec<Digest> = graph
        .blobs
        .iter()
        .map(|blob| blob.descriptor.digest.clone())
        .filter(|digest| !remote.blobs.contains(digest))
        .collect();
    remote.blobs.extend(which_are_there(client, open).await?);
    Ok(remote)
}

async fn has_manifest(client: &Client, digest: &Digest) -> Result<bool, Error> {
    Ok(client.manifest_digest(digest.as_str()).await?.is_some())
}

/// Marks everything that existing manifests refer to. Manifests come before those that refer to
/// them, so one pass from the end reaches everything.
fn mark_named(graph: &ImageGraph, remote: &mut RemoteState) {
    let are_manifests: HashSet<&Digest> = graph.manifests.iter().map(|m| &m.digest).collect();
    for manifest in graph.manifests.iter().rev() {
        if remote.manifests.contains(&manifest.digest) {
            for named in &manifest.references {
                if are_manifests.contains(named) {
                    remote.manifests.insert(named.clone());
                } else {
                    remote.blobs.insert(named.clone());
                }
            }
        }
    }
}

async fn which_are_there(client: &Client, digests: Vec<Digest>) -> Result<Vec<Digest>, Error> {
    let there: Vec<Option<Digest>> = stream::iter(digests)
        .map(async |digest| Ok::<_, Error>(client.has_blob(&digest).await?.then_some(digest)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(there.into_iter().flatten().collect())
}

/// Looks for an image from `docker save`, and for its layers, in what the tags and references mean.
///
/// # Errors
/// If the registry cannot be read.
pub async fn find_saved(
    client: &Client,
    wanted: &ImageIdentity<'_>,
    tags: &[String],
    references: &[String],
) -> Result<RemoteState, Error> {
    let tagged: Vec<(String, Option<RemoteManifest>)> = stream::iter(tags)
        .map(async |tag| Ok::<_, Error>((tag.clone(), client.manifest(tag).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut remote = RemoteState {
        tags: tagged
            .iter()
            .map(|(tag, found)| (tag.clone(), found.as_ref().map(|f| f.digest.clone())))
            .collect(),
        ..RemoteState::default()
    };
    let mut earlier: Vec<RemoteManifest> =
        tagged.into_iter().filter_map(|(_, found)| found).collect();
    if find_existing(&mut remote, &earlier, wanted) {
        return Ok(remote);
    }
    let others: Vec<Option<RemoteManifest>> = stream::iter(references)
        .map(async |reference| client.manifest(reference).await)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    earlier.extend(others.into_iter().flatten());
    if find_existing(&mut remote, &earlier, wanted) {
        return Ok(remote);
    }
    let mut asked = HashSet::new();
    for found in earlier {
        let Some(image) = image_for(client, found, wanted.platform).await? else {
            continue;
        };
        if asked.insert(image.config.digest.clone()) {
            add_known_layers(client, &image, wanted.diff_ids, &mut remote.known_layers).await?;
        }
    }
    Ok(remote)
}

fn find_existing(
    remote: &mut RemoteState,
    earlier: &[RemoteManifest],
    wanted: &ImageIdentity<'_>,
) -> bool {
    remote.existing = earlier.iter().find_map(|found| {
        let (document, media_type) =
            Document::parse(&found.bytes, found.media_type.as_deref()).ok()?;
        let is_it = match &document {
            _ if wanted.ids.contains(&found.digest) => true,
            Document::Image(image) => {
                wanted
                    .ids
                    .iter()
                    .any(|id| id.as_str() == image.config.digest)
                    && is_complete(image, wanted)
            }
            Document::Index(_) => false,
        };
        is_it.then(|| Manifest {
            digest: found.digest.clone(),
            media_type,
            bytes: found.bytes.clone(),
            references: document.references(),
            subject: None,
            artifact_type: None,
        })
    });
    if let Some(existing) = &remote.existing {
        remote.manifests.insert(existing.digest.clone());
        remote.blobs.extend(existing.references.iter().cloned());
    }
    remote.existing.is_some()
}

/// Whether the manifest has all layers of the image in a form that every runtime reads. The config
/// alone does not show it: e.g. encryption replaces the layers and keeps the config.
fn is_complete(image: &ImageManifest, wanted: &ImageIdentity<'_>) -> bool {
    image.layers.len() == wanted.diff_ids.len()
        && image
            .layers
            .iter()
            .all(|layer| media_type::is_readable(&layer.media_type) && layer.urls.is_empty())
}

/// Checks that the layers of earlier images still exist, and whether the config does.
async fn look_for_blobs(
    client: &Client,
    saved: &SavedImage,
    remote: &mut RemoteState,
) -> Result<(), Error> {
    let mut digests: Vec<Digest> = remote
        .known_layers
        .values()
        .map(|d| d.digest.clone())
        .collect();
    digests.push(saved.config_digest.clone());
    digests.sort();
    digests.dedup();
    remote.blobs.extend(which_are_there(client, digests).await?);
    let RemoteState {
        known_layers,
        blobs,
        ..
    } = remote;
    known_layers.retain(|_, descriptor| blobs.contains(&descriptor.digest));
    Ok(())
}
