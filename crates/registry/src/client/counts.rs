//! What went over the wire.

use std::sync::atomic::AtomicU64;

/// What went over the wire.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub requests: AtomicU64,
    /// Bytes of blobs and manifests, each try counted.
    pub bytes: AtomicU64,
}
