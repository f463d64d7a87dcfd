//! What S3 remembers.

use std::collections::BTreeMap;

use bytes::Bytes;

/// What S3 remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
}

#[derive(Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    /// Without s3:ListBucket, a missing key looks denied.
    pub(super) unlistable: bool,
}

pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) modified: jiff::Timestamp,
}
