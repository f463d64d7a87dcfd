//! Plans a push: compares the image with the state of the registry. Pure.

use std::collections::HashSet;

use oci_client::manifest::{IMAGE_CONFIG_MEDIA_TYPE, IMAGE_DOCKER_CONFIG_MEDIA_TYPE};

use crate::compress::Compression;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{self, Descriptor, Document};
use crate::image::{Blob, CompressionFormat, Image, ImageGraph, Manifest, SavedImage, SavedLayer};
use crate::media_type::{DOCKER_LAYER_GZIP, OCI_LAYER_GZIP, OCI_LAYER_ZSTD};
use crate::remote_state::RemoteState;
use crate::report::{BlobOutcome, BlobReport, PushReport, layer};

/// What a push will do.
#[derive(Debug, Clone, Default)]
pub struct PushPlan {
    /// What the tags will refer to. `None` if the layers have to be compressed to know it.
    pub root: Option<Digest>,
    /// Blobs to send, the largest first: the longest upload should not start last.
    pub send: Vec<Blob>,
    /// Layers that the registry has.
    pub there: Vec<Descriptor>,
    /// Layers whose bytes are neither in the source nor looked for in the registry: the manifest
    /// allows this, e.g. because it names a URL.
    pub elsewhere: Vec<Descriptor>,
    /// The layers of an image from `docker save`, if its manifest is created here.
    pub layers: Vec<PlannedLayer>,
    /// The config of such an image.
    pub config: Option<Descriptor>,
    /// Manifests to write by digest before the root, each before those that refer to it.
    pub children: Vec<Manifest>,
    /// The root. `None` if it is created here.
    pub manifest: Option<Manifest>,
    /// Whether the registry has the root, under any tag or none.
    pub has_root: bool,
    /// Manifests to write after the root, because they refer to it.
    pub referrers: Vec<Manifest>,
    pub tags: Vec<PlannedTag>,
}

/// A layer of an image from `docker save`.
#[derive(Debug, Clone)]
pub enum PlannedLayer {
    /// The registry has it, so it is not even compressed.
    Known(Descriptor),
    /// To be compressed, or verified if it is already compressed, and sent.
    Compress(SavedLayer),
}

/// A tag, and what it refers to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTag {
    pub name: String,
    pub now: Option<Digest>,
    /// Whether the tag already refers to the image.
    pub is_right: bool,
}

impl PushPlan {
    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.root.is_some()
            && self.has_root
            && self.send.is_empty()
            && self.children.is_empty()
            && self.referrers.is_empty()
            && self.tags.iter().all(|tag| tag.is_right)
    }

    /// The layers that need no request.
    pub(crate) fn settled(&self) -> Vec<BlobReport> {
        let there = self
            .there
            .iter()
            .map(|d| layer(d, BlobOutcome::AlreadyThere));
        let elsewhere = self
            .elsewhere
            .iter()
            .map(|d| layer(d, BlobOutcome::Elsewhere));
        there.chain(elsewhere).collect()
    }

    /// Tags that refer to another image now.
    pub fn moved_tags(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.tags
            .iter()
            .filter(|tag| !tag.is_right)
            .filter_map(|tag| {
                let now = tag.now.as_ref()?;
                Some((tag.name.as_str(), now))
            })
    }

    /// Uncompressed bytes of the layers that will be compressed.
    pub fn bytes_to_compress(&self) -> u64 {
        self.layers
            .iter()
            .map(|layer| match layer {
                PlannedLayer::Compress(layer) => layer.content.len(),
                PlannedLayer::Known(_) => 0,
            })
            .sum()
    }
}

/// Plans the push of an image.
pub fn plan(image: &Image, remote: &RemoteState, compression: Compression) -> PushPlan {
    match (image, &remote.existing) {
        (_, Some(existing)) => plan_existing(existing, remote),
        (Image::Addressed(graph), None) => plan_graph(graph, remote),
        (Image::Saved(saved), None) => plan_saved(saved, remote, compression),
    }
}

/// Plans the push of an image that the registry already has.
pub fn plan_of_existing(remote: &RemoteState) -> PushPlan {
    match &remote.existing {
        Some(existing) => plan_existing(existing, remote),
        None => PushPlan::default(),
    }
}

/// Only the tags may have to be written.
fn plan_existing(existing: &Manifest, remote: &RemoteState) -> PushPlan {
    let (elsewhere, there) = layers(existing)
        .into_iter()
        .partition::<Vec<_>, _>(|(_, may_be_elsewhere)| *may_be_elsewhere);
    let descriptors =
        |layers: Vec<(Descriptor, bool)>| layers.into_iter().map(|(d, _)| d).collect();
    PushPlan {
        root: Some(existing.digest.clone()),
        there: descriptors(there),
        elsewhere: descriptors(elsewhere),
        manifest: Some(existing.clone()),
        has_root: true,
        tags: tags(remote, Some(&existing.digest)),
        ..PushPlan::default()
    }
}

/// The layers of a manifest, and whether each may be elsewhere.
fn layers(manifest: &Manifest) -> Vec<(Descriptor, bool)> {
    let Ok((Document::Image(image), _)) =
        Document::parse(&manifest.bytes, Some(&manifest.media_type))
    else {
        return Vec::new();
    };
    let layers = image.layers.iter().filter_map(|layer| {
        let descriptor = document::descriptor(layer, "a layer").ok()?;
        Some((descriptor, document::may_be_elsewhere(layer)))
    });
    layers.collect()
}

/// The layers of an image that are not in its source.
fn elsewhere(graph: &ImageGraph) -> Vec<Descriptor> {
    let mut known: HashSet<&Digest> = graph.blobs.iter().map(|b| &b.descriptor.digest).collect();
    let all: Vec<_> = graph.manifests.iter().flat_map(layers).collect();
    let absent = all.iter().filter(|(descriptor, may_be_elsewhere)| {
        *may_be_elsewhere && known.insert(&descriptor.digest)
    });
    absent.map(|(descriptor, _)| descriptor.clone()).collect()
}

fn plan_graph(graph: &ImageGraph, remote: &RemoteState) -> PushPlan {
    let (there, mut send): (Vec<&Blob>, Vec<&Blob>) = graph
        .blobs
        .iter()
        .partition(|blob| remote.blobs.contains(&blob.descriptor.digest));
    send.sort_by_key(|blob| std::cmp::Reverse(blob.descriptor.size));
    let root_at = graph.manifests.iter().position(|m| m.digest == graph.root);
    let (before, after) = graph
        .manifests
        .split_at(root_at.map_or(graph.manifests.len(), |at| at + 1));
    let absent = |manifests: &[Manifest]| -> Vec<Manifest> {
        manifests
            .iter()
            .filter(|m| m.digest != graph.root && !remote.manifests.contains(&m.digest))
            .cloned()
            .collect()
    };
    PushPlan {
        root: Some(graph.root.clone()),
        send: send.into_iter().cloned().collect(),
        there: there
            .into_iter()
            .filter(|blob| blob.is_layer)
            .map(|blob| blob.descriptor.clone())
            .collect(),
        elsewhere: elsewhere(graph),
        children: absent(before),
        manifest: root_at.map(|at| graph.manifests[at].clone()),
        has_root: remote.manifests.contains(&graph.root),
        referrers: absent(after),
        tags: tags(remote, Some(&graph.root)),
        ..PushPlan::default()
    }
}

fn plan_saved(saved: &SavedImage, remote: &RemoteState, compression: Compression) -> PushPlan {
    let layers: Vec<PlannedLayer> = saved
        .layers
        .iter()
        .map(|layer| match remote.known_layers.get(&layer.diff_id) {
            Some(known) => PlannedLayer::Known(known.clone()),
            None => PlannedLayer::Compress(layer.clone()),
        })
        .collect();
    let is_docker = layers.iter().all(|layer| match layer {
        PlannedLayer::Known(known) => known.media_type == DOCKER_LAYER_GZIP,
        PlannedLayer::Compress(layer) => {
            stored_format(layer, compression) == CompressionFormat::Gzip
        }
    });
    let layers = if is_docker {
        layers
    } else {
        layers.into_iter().map(as_oci).collect()
    };
    let config = Descriptor {
        media_type: if is_docker {
            IMAGE_DOCKER_CONFIG_MEDIA_TYPE.to_owned()
        } else {
            IMAGE_CONFIG_MEDIA_TYPE.to_owned()
        },
        digest: saved.config_digest.clone(),
        size: saved.config.len() as u64,
    };
    let has_config = remote.blobs.contains(&config.digest);
    let config_blob = Blob {
        descriptor: config.clone(),
        content: Content::bytes(saved.config.clone()),
        is_layer: false,
    };
    let mut seen = HashSet::new();
    PushPlan {
        root: None,
        send: (!has_config).then_some(config_blob).into_iter().collect(),
        there: layers
            .iter()
            .filter_map(|layer| match layer {
                PlannedLayer::Known(known) => Some(known.clone()),
                PlannedLayer::Compress(_) => None,
            })
            .filter(|known| seen.insert(known.digest.clone()))
            .collect(),
        config: Some(config),
        layers,
        tags: tags(remote, None),
        ..PushPlan::default()
    }
}

/// The format of the layer in the registry. Layers that are already compressed stay as they are.
pub(crate) fn stored_format(layer: &SavedLayer, compression: Compression) -> CompressionFormat {
    match layer.format {
        CompressionFormat::Uncompressed => compression.format(),
        packed => packed,
    }
}

/// The media type of a compressed layer: Docker's if the image has only gzip layers, otherwise
/// OCI's, because only OCI defines zstd.
pub(crate) fn layer_type(format: CompressionFormat, is_docker: bool) -> &'static str {
    match (format, is_docker) {
        (CompressionFormat::Zstd, _) => OCI_LAYER_ZSTD,
        (_, true) => DOCKER_LAYER_GZIP,
        (_, false) => OCI_LAYER_GZIP,
    }
}

/// A manifest must not mix Docker's and OCI's types.
fn as_oci(layer: PlannedLayer) -> PlannedLayer {
    match layer {
        PlannedLayer::Known(mut known) => {
            if known.media_type == DOCKER_LAYER_GZIP {
                OCI_LAYER_GZIP.clone_into(&mut known.media_type);
            }
            PlannedLayer::Known(known)
        }
        pack => pack,
    }
}

fn tags(remote: &RemoteState, root: Option<&Digest>) -> Vec<PlannedTag> {
    remote
        .tags
        .iter()
        .map(|(name, now)| PlannedTag {
            name: name.clone(),
            now: now.clone(),
            is_right: root.is_some() && now.as_ref() == root,
        })
        .collect()
}

/// The report of a push without changes, or `None` if there is something to do.
pub fn report_unchanged(plan: &PushPlan) -> Option<PushReport> {
    let manifest = plan.manifest.as_ref().filter(|_| plan.is_done())?;
    Some(PushReport {
        root: manifest.digest.clone(),
        media_type: manifest.media_type.clone(),
        tags: plan.tags.iter().map(|t| (t.name.clone(), false)).collect(),
        blobs: plan.settled(),
        images: manifest.images(),
        is_changed: false,
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
