//! What a task's network mode says about its ports.

use serde_json::Value;

/// Where a host's port is the container's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Own,
    Bridge,
}

impl Network {
    pub(crate) fn of(definition: &Value) -> Self {
        match definition.get("networkMode").and_then(Value::as_str) {
            Some("awsvpc" | "host") => Self::Own,
            _ => Self::Bridge,
        }
    }
}
