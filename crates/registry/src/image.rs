//! An image to push: what it consists of, by digest, and where the bytes are.

use std::collections::HashSet;

use bytes::Bytes;

use crate::content::Content;
use crate::digest::Digest;
use crate::document::{Descriptor, Document};
use crate::platform::Platform;

/// An image from a source.
#[derive(Debug, Clone)]
pub enum Image {
    /// All digests are known, e.g. in an OCI layout. The bytes are pushed unchanged.
    Addressed(ImageGraph),
    /// A config and layers without a manifest, mostly uncompressed, e.g. from `docker save`.
    Saved(SavedImage),
}

/// Manifests, and the blobs that they refer to.
#[derive(Debug, Clone)]
pub struct ImageGraph {
    /// The manifest that the tags will refer to.
    pub root: Digest,
    /// Each manifest comes before those that refer to it, and referrers come after their subject.
    pub manifests: Vec<Manifest>,
    /// Without duplicates.
    pub blobs: Vec<Blob>,
}

/// A manifest or index with its original bytes.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Bytes,
    /// What it refers to: children, layers, the config.
    pub references: Vec<Digest>,
    /// The manifest that this one describes, if it is e.g. a signature or an SBOM.
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

/// An image from `docker save`.
#[derive(Debug, Clone)]
pub struct SavedImage {
    pub config: Bytes,
    pub config_digest: Digest,
    pub platform: Platform,
    pub layers: Vec<SavedLayer>,
}

/// A layer of an image from `docker save`.
#[derive(Debug, Clone)]
pub struct SavedLayer {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    pub content: Content,
    pub format: CompressionFormat,
}

/// The compression of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionFormat {
    Uncompressed,
    Gzip,
    Zstd,
}

impl CompressionFormat {
    /// Recognizes the format by the first bytes.
    pub fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Uncompressed,
        }
    }
}

impl Manifest {
    /// The images that it contains: itself, or those of an index that have a platform.
    /// Attestations have the platform `unknown`.
    pub fn images(&self) -> Vec<Digest> {
        let Ok((Document::Index(index), _)) = Document::parse(&self.bytes, Some(&self.media_type))
        else {
            return vec![self.digest.clone()];
        };
        index
            .manifests
            .iter()
            .filter(|entry| {
                let platform = entry.platform();
                platform.is_none_or(|p| p.os != "unknown")
            })
            .filter_map(|entry| entry.digest.parse().ok())
            .collect()
    }
}

impl ImageGraph {
    /// The layers, in the order of the manifests.
    pub fn layers(&self) -> impl Iterator<Item = &Blob> {
        self.blobs.iter().filter(|blob| blob.is_layer)
    }

    pub(crate) fn add_blob(&mut self, known: &mut HashSet<Digest>, blob: Blob) {
        if known.insert(blob.descriptor.digest.clone()) {
            self.blobs.push(blob);
        }
    }
}
