//! An image as it is to be pushed: what there is, by digest, and where its bytes lie.

use std::collections::HashSet;

use bytes::Bytes;

use crate::content::Content;
use crate::digest::Digest;
use crate::document::{Descriptor, Document};
use crate::platform::Platform;

/// An image that a source gave.
#[derive(Debug, Clone)]
pub enum Image {
    /// Every digest is known: an OCI layout. Its bytes go out unchanged.
    Addressed(Graph),
    /// A config and layers without a manifest, mostly uncompressed: `docker save`.
    Saved(Saved),
}

/// Manifests and the blobs they name.
#[derive(Debug, Clone)]
pub struct Graph {
    /// What the tags will name.
    pub root: Digest,
    /// Each before those that name it; referrers after their subject.
    pub manifests: Vec<Manifest>,
    /// Each once.
    pub blobs: Vec<Blob>,
}

/// A manifest or index, as its bytes.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Bytes,
    /// What it names: children, layers, its config.
    pub names: Vec<Digest>,
    /// The manifest this one is about (a signature, an SBOM), by which it is listed.
    pub subject: Option<Digest>,
    pub artifact_type: Option<String>,
}

/// A layer or a config.
#[derive(Debug, Clone)]
pub struct Blob {
    pub descriptor: Descriptor,
    pub content: Content,
    pub is_layer: bool,
}

/// A saved image: its config, and its layers by the digest of their uncompressed bytes.
#[derive(Debug, Clone)]
pub struct Saved {
    pub config: Bytes,
    pub config_digest: Digest,
    pub platform: Platform,
    pub layers: Vec<SavedLayer>,
}

/// A layer of a saved image.
#[derive(Debug, Clone)]
pub struct SavedLayer {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    pub content: Content,
    pub packing: Packing,
}

/// How bytes are compressed, told by their first ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// Tells by the first bytes.
    pub fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

impl Manifest {
    /// The images that it stands for: itself, or those of an index that are for a platform (an
    /// attestation is for none, and says `unknown`).
    pub fn images(&self) -> Vec<Digest> {
        let Ok((Document::Index(index), _)) = Document::parse(&self.bytes, Some(&self.media_type))
        else {
            return vec![self.digest.clone()];
        };
        index
            .manifests
            .iter()
            .filter(|entry| {
                let platform = entry.platform.as_ref();
                platform.is_none_or(|p| p.os.to_string() != "unknown")
            })
            .filter_map(|entry| entry.digest.parse().ok())
            .collect()
    }
}

impl Graph {
    /// The blobs that are layers, in the order of the manifests that name them.
    pub fn layers(&self) -> impl Iterator<Item = &Blob> {
        self.blobs.iter().filter(|blob| blob.is_layer)
    }

    pub(crate) fn add_blob(&mut self, known: &mut HashSet<Digest>, blob: Blob) {
        if known.insert(blob.descriptor.digest.clone()) {
            self.blobs.push(blob);
        }
    }
}
