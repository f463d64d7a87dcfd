//! Counts the requests and bytes of a client.

use std::sync::atomic::AtomicU64;

/// Counts the requests and bytes of a client.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounts {
    pub requests: AtomicU64,
    /// Bytes of blobs and manifests, including retries.
    pub bytes: AtomicU64,
}
