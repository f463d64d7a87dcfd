//! The members ECS knows (`shapes.txt`, from its service model): unknown ones are dropped from what
//! it stores, like AWS does, and a wrong JSON type is rejected.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::wire::ApiError;

static SHAPES: LazyLock<HashMap<&str, HashMap<&str, &str>>> = LazyLock::new(|| {
    include_str!("shapes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, members)| {
            let members = members
                .split_whitespace()
                .filter_map(|member| member.split_once('='))
                .collect();
            (name, members)
        })
        .collect()
});

/// The part of a document that a shape knows.
///
/// # Errors
/// If a list, an object or a scalar has another JSON type.
pub(crate) fn known(shape: &str, value: &Value) -> Result<Value, ApiError> {
    keep(shape, value, shape)
}

fn keep(kind: &str, value: &Value, place: &str) -> Result<Value, ApiError> {
    let wrong = || {
        ApiError::new(
            "SerializationException",
            format!("{place}: a value of type {kind} cannot be made of this JSON"),
        )
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(inner) = kind.strip_prefix('[').and_then(|k| k.strip_suffix(']')) {
        let items = value.as_array().ok_or_else(wrong)?;
        return items
            .iter()
            .map(|item| keep(inner, item, place))
            .collect::<Result<_, _>>()
            .map(Value::Array);
    }
    if let Some(inner) = kind.strip_prefix('{').and_then(|k| k.strip_suffix('}')) {
        let members = value.as_object().ok_or_else(wrong)?;
        return members
            .iter()
            .map(|(name, value)| Ok((name.clone(), keep(inner, value, place)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object);
    }
    let Some(known) = SHAPES.get(kind) else {
        let fits = match kind {
            "string" => value.is_string(),
            "integer" | "long" => value.is_i64() || value.is_u64(),
            "double" | "float" => value.is_number(),
            "boolean" => value.is_boolean(),
            _ => true,
        };
        return if fits {
            Ok(value.clone())
        } else {
            Err(wrong())
        };
    };
    let members = value.as_object().ok_or_else(wrong)?;
    let mut kept = Map::new();
    for (name, value) in members {
        if let Some(inner) = known.get(name.as_str())
            && !value.is_null()
        {
            kept.insert(
                name.clone(),
                keep(inner, value, &format!("{place}.{name}"))?,
            );
        }
    }
    Ok(Value::Object(kept))
}
