//! Reads backend blocks from Terraform's JSON syntax (`.tf.json`), in which each block may be an object
//! or a list of objects.

use std::collections::BTreeMap;
use std::path::Path;

use pipeline_io::SourceLocation;
use serde_json::Value;

use super::block::{BackendBlock, start};
use super::error::BackendError;

/// Returns the `backend` and `cloud` blocks of a file.
pub fn blocks(path: &Path, text: &str) -> Result<Vec<BackendBlock>, BackendError> {
    let root: Value = serde_json::from_str(text).map_err(|error| BackendError::Syntax {
        location: SourceLocation {
            file: path.display().to_string(),
            line: error.line(),
            column: error.column(),
        },
        problem: format!("invalid JSON: {error}"),
    })?;
    let mut blocks = Vec::new();
    for terraform in each(&root["terraform"]) {
        for backend in each(&terraform["backend"]) {
            let kinds = backend.as_object().into_iter().flatten();
            for (kind, body) in
                kinds.flat_map(|(kind, bodies)| each(bodies).map(move |body| (kind, body)))
            {
                blocks.push(block(path, kind, body));
            }
        }
        blocks.extend(each(&terraform["cloud"]).map(|body| block(path, "cloud", body)));
    }
    Ok(blocks)
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let items = match value {
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    items.iter()
}

fn block(path: &Path, kind: &str, body: &Value) -> BackendBlock {
    let mut values = body.as_object().cloned().unwrap_or_default();
    // A nested block may be a list with one item.
    for value in values.values_mut() {
        if let Value::Array(items) = value
            && let [single @ Value::Object(_)] = items.as_slice()
        {
            *value = single.clone();
        }
    }
    // Strings are templates in this syntax, which only OpenTofu evaluates here.
    let is_template = |value: &Value| {
        let text = value.to_string();
        text.contains("${") || text.contains("%{")
    };
    let names: Vec<String> = values
        .iter()
        .filter(|(_, value)| is_template(value))
        .map(|(name, _)| name.clone())
        .collect();
    let mut expressions = BTreeMap::new();
    for name in names {
        values.shift_remove(&name);
        expressions.insert(name, start(path));
    }
    BackendBlock {
        kind: kind.to_owned(),
        values,
        expressions,
        location: Some(start(path)),
    }
}
