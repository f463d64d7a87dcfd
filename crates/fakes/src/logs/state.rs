//! The state of CloudWatch Logs.

use std::collections::BTreeMap;

/// The state of CloudWatch Logs: groups by name.
#[derive(Default)]
pub(crate) struct State {
    pub(super) groups: BTreeMap<String, Group>,
}

#[derive(Default)]
pub(super) struct Group {
    pub(super) created_ms: i64,
    pub(super) streams: BTreeMap<String, Vec<Line>>,
}

#[derive(Clone)]
pub(super) struct Line {
    pub(super) at_ms: i64,
    pub(super) message: String,
}
