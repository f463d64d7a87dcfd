//! What a task's network mode means for its ports.

use serde_json::Value;

/// Whether a port of the host can differ from the container's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostPorts {
    Own,
    Bridge,
}

impl HostPorts {
    pub(crate) fn of(definition: &Value) -> Self {
        match definition.get("networkMode").and_then(Value::as_str) {
            Some("awsvpc" | "host") => Self::Own,
            _ => Self::Bridge,
        }
    }
}
