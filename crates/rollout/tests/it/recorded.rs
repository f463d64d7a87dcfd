//! The recorded bodies and texts (tests/recorded): each begins with `_source` and `_note`.

use serde_json::Value;

pub fn json(name: &str) -> Value {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}
