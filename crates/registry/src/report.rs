//! What happened to an image and its blobs.

use std::time::Duration;

use crate::digest::Digest;
use crate::document::Descriptor;

/// What happened to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlobOutcome {
    Sent,
    AlreadyThere,
    Mounted,
    /// Neither in the source nor sent: the manifest allows the layer to be elsewhere, e.g. at a URL.
    Elsewhere,
}

/// A blob after the push.
#[derive(Debug, Clone)]
pub struct BlobReport {
    pub descriptor: Descriptor,
    pub is_layer: bool,
    pub outcome: BlobOutcome,
    /// From the first request to the last one, without the compression.
    pub took: Duration,
}

/// An image after the push.
#[derive(Debug, Clone)]
pub struct PushReport {
    pub root: Digest,
    pub media_type: String,
    /// The tags, and whether each one was written. A tag that was already right is not written.
    pub tags: Vec<(String, bool)>,
    pub blobs: Vec<BlobReport>,
    /// The root itself, or the images of an index that have a platform.
    pub images: Vec<Digest>,
    /// Whether anything was written.
    pub is_changed: bool,
}

/// A layer that needs no request.
pub(crate) fn layer(descriptor: &Descriptor, outcome: BlobOutcome) -> BlobReport {
    BlobReport {
        descriptor: descriptor.clone(),
        is_layer: true,
        outcome,
        took: Duration::ZERO,
    }
}
