//! Masks sensitive values in the CI log, before anything is written.
//!
//! Decided here: which forms of a value are masked. How a CI host masks a text is decided in
//! pipeline-io.

use pipeline_io::{Secret, Step};
use serde_json::Value;

use crate::select::SelectedOutput;

/// Masks every form in which the sensitive ones of these outputs can appear in a log.
pub fn mask(outputs: &[SelectedOutput], rendered: &[String], step: &Step) {
    for text in texts(outputs) {
        step.mask(&Secret::new(text));
    }
    // The forms with the escapes of the output format.
    for text in rendered {
        step.mask(&Secret::new(text));
    }
}

/// Returns each sensitive value as it is written, and each string and number in it.
///
/// `true`, `false` and `null` are not masked, because that would make a log unreadable and protect
/// nothing.
fn texts(outputs: &[SelectedOutput]) -> Vec<String> {
    let mut texts = Vec::new();
    for output in outputs.iter().filter(|output| output.sensitive) {
        leaves(&output.value, &mut texts);
        if matches!(output.value, Value::Array(_) | Value::Object(_)) {
            texts.push(output.value.to_string());
        }
    }
    texts
}

fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => texts.push(number.to_string()),
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                // The keys of a map may be the secrets.
                texts.push(name.clone());
                leaves(member, texts);
            }
        }
    }
}
