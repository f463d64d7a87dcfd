//! The state of ECR: repositories with their settings, and the results of the next scans.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::scan::Scan;

/// The state of ECR.
#[derive(Default)]
pub(crate) struct State {
    pub(super) repositories: BTreeMap<String, Repository>,
    /// Results of the next scans, by image digest or `*`.
    pub(super) scans: BTreeMap<String, Scan>,
    pub(super) real_hosts: bool,
}

#[derive(Clone)]
pub(super) struct Repository {
    pub(super) created: Timestamp,
    pub(super) mutability: String,
    pub(super) exclusions: Vec<Value>,
    pub(super) scan_on_push: bool,
    pub(super) encryption: Value,
    pub(super) lifecycle: Option<String>,
    pub(super) tags: Vec<Value>,
}
