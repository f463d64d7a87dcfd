//! Pointers in which list elements are addressed by name: `/containerDefinitions/app/cpu`.

use std::borrow::Cow;

use serde_json::Value;

use super::error::EditError;
use crate::model::{DocumentKind, Type};
use crate::{PointerError, pointer};

/// Replaces names of list elements in a pointer by their indices.
///
/// # Errors
/// If a list has no element of a name.
pub(super) fn by_index(value: &Value, text: &str) -> Result<String, EditError> {
    let tokens = pointer::tokens(text).ok_or_else(|| PointerError::NotAPointer {
        pointer: text.to_owned(),
    })?;
    let mut at = String::new();
    let mut here = Some(value);
    for token in tokens {
        let index = match here {
            Some(Value::Array(elements)) if token != "-" && token.parse::<usize>().is_err() => {
                let named = |e: &Value| ["name", "key"].iter().any(|k| e[*k] == *token);
                let found = elements.iter().position(named);
                found
                    .ok_or_else(|| EditError::NoElement {
                        pointer: text.to_owned(),
                        parent: at.clone(),
                        token: token.to_string(),
                        known: elements
                            .iter()
                            .filter_map(|e| e["name"].as_str().or(e["key"].as_str()))
                            .map(str::to_owned)
                            .collect(),
                    })?
                    .to_string()
            }
            _ => token.into_owned(),
        };
        here = here.and_then(|v| match v {
            Value::Array(elements) => elements.get(index.parse::<usize>().ok()?),
            Value::Object(members) => members.get(&index),
            _ => None,
        });
        at = pointer::join(&at, &index);
    }
    Ok(at)
}

/// The type that ECS expects at a pointer.
pub(super) fn expected(tokens: &[Cow<'_, str>]) -> Option<Type> {
    let mut of = DocumentKind::TaskDefinition.whole();
    for token in tokens {
        of = of.inside(token)?.clone();
    }
    Some(of)
}

/// The text of a scalar if ECS expects a string, e.g. after `--set /cpu=256`.
pub(super) fn as_text(value: &Value, of: &Type) -> Value {
    match (value, of) {
        (Value::Number(number), Type::String | Type::Enumeration(_)) => {
            Value::from(number.to_string())
        }
        (Value::Bool(boolean), Type::String | Type::Enumeration(_)) => {
            Value::from(boolean.to_string())
        }
        _ => value.clone(),
    }
}
