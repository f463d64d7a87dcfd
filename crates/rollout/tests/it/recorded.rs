//! The recorded bodies and texts (tests/recorded): each begins with `_source` and `_note`.

use serde_json::Value;

pub fn json(name: &str) -> Value {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// The rows of a table, without its heading; `\n` and `\t` are written out in them.
pub fn rows(name: &str) -> Vec<Vec<String>> {
    let path = format!("{}/tests/recorded/{name}.tsv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let rows = text.lines().skip(1);
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}
