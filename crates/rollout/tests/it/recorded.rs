//! Reads the recorded bodies and texts in tests/recorded. Each body has a `_source` and a `_note`.

use std::collections::BTreeMap;

use serde_json::Value;

pub fn json(name: &str) -> Value {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// The rows of a table, by the names in its heading. Cells contain `\n` and `\t` in escaped form.
pub fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = format!("{}/tests/recorded/{name}.tsv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), names.len(), "{name}: {line}");
        names
            .iter()
            .zip(cells)
            .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
            .collect()
    };
    lines.map(row).collect()
}
