//! The recorded responses in `rollout`, which both crates use.

use serde_json::Value;

pub fn json(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rollout/tests/recorded");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap())
        .unwrap()
}
