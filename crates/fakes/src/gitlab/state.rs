//! The state of GitLab: projects with their merge requests, notes, statuses and Terraform states.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

/// The state of GitLab.
#[derive(Default)]
pub(crate) struct State {
    /// By `group/name`.
    pub(super) projects: BTreeMap<String, Project>,
    pub(super) next_id: u64,
    pub(super) read_only: bool,
}

#[derive(Default)]
pub(super) struct Project {
    /// Merge requests by number, with the head's commit.
    pub(super) requests: BTreeMap<u64, String>,
    pub(super) notes: Vec<Note>,
    pub(super) statuses: Vec<Value>,
    pub(super) states: BTreeMap<String, Bytes>,
}

/// A note of a merge request.
#[derive(Clone, Debug)]
pub struct Note {
    pub id: u64,
    pub number: u64,
    pub author: String,
    pub body: String,
    /// Whether it is GitLab's own note (e.g. "added 1 commit").
    pub system: bool,
    pub created: jiff::Timestamp,
    pub updated: jiff::Timestamp,
}
