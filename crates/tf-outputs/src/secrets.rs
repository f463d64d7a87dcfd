//! Masking: the CI system learns what to hide before anything of it is written anywhere.

use pipeline_io::{Secret, Step};
use serde_json::Value;

use crate::select::Chosen;

/// Masks every form in which the sensitive outputs among these can come up in a log.
pub fn mask(outputs: &[Chosen], rendered: &[String], step: &Step) {
    for text in texts(outputs) {
        step.mask(&Secret::new(text));
    }
    // What a format's own escapes made of it.
    for text in rendered {
        step.mask(&Secret::new(text));
    }
}

/// Each sensitive value as it is written, and each text and number within it.
///
/// `true`, `false` and `null` are left out: hiding these words would make a log unreadable and
/// hide nothing.
fn texts(outputs: &[Chosen]) -> Vec<String> {
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
                // A map's keys may be what is secret.
                texts.push(name.clone());
                leaves(member, texts);
            }
        }
    }
}
