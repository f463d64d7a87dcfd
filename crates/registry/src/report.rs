//! What became of an image and its blobs.

use std::time::Duration;

use crate::digest::Digest;
use crate::document::Descriptor;

/// What became of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Sent,
    AlreadyThere,
    Mounted,
}

/// A blob after the push.
#[derive(Debug, Clone)]
pub struct BlobReport {
    pub descriptor: Descriptor,
    pub is_layer: bool,
    pub outcome: Outcome,
    /// From the first request about it to the last; compressing is not in it.
    pub took: Duration,
}

/// An image after the push.
#[derive(Debug, Clone)]
pub struct Report {
    pub root: Digest,
    pub media_type: String,
    /// The tags, and whether each was written (else it was right before).
    pub tags: Vec<(String, bool)>,
    pub blobs: Vec<BlobReport>,
    /// The images under the root: itself, or those of an index that run on a platform.
    pub images: Vec<Digest>,
    /// Whether anything at all was written.
    pub is_changed: bool,
}

pub(crate) fn already_there(descriptor: &Descriptor) -> BlobReport {
    BlobReport {
        descriptor: descriptor.clone(),
        is_layer: true,
        outcome: Outcome::AlreadyThere,
        took: Duration::ZERO,
    }
}
