//! The settings that `terraform init` saved in `.terraform/terraform.tfstate`.
//!
//! Decided here: whether they still belong to the block. They contain what `-backend-config` added, and
//! the values of variables that OpenTofu evaluated.

use std::path::Path;

use serde_json::{Map, Value};

use super::block::BackendBlock;

/// Adds the saved settings that the block does not contain. A file that cannot be read, or that belongs
/// to another version of the block, is ignored: Terraform would ask for a new `terraform init`.
pub fn complete(block: &mut BackendBlock, data_directory: &Path) {
    let Some(saved) = read(&block.kind, &data_directory.join("terraform.tfstate")) else {
        return;
    };
    let is_same = |(name, value): (&String, &Value)| match (text(value), saved.get(name)) {
        (Some(own), Some(saved)) => text(saved) == Some(own),
        // Objects and lists have another shape when they are saved.
        _ => true,
    };
    if !block.values.iter().all(is_same) {
        return;
    }
    for (name, value) in saved {
        if !value.is_null() && !block.values.contains_key(&name) {
            block.set(&name, value);
        }
    }
}

fn read(kind: &str, file: &Path) -> Option<Map<String, Value>> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut document: Value = serde_json::from_str(&text).ok()?;
    let backend = document.get_mut("backend")?;
    if backend["type"] != kind {
        return None;
    }
    match backend["config"].take() {
        Value::Object(config) => Some(config),
        _ => None,
    }
}

/// A simple value as text, because `--backend-config` turns all of them into strings.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
