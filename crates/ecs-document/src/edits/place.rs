//! Places that a person names: `/containerDefinitions/app/cpu`.

use std::borrow::Cow;

use serde_json::Value;

use super::error::EditError;
use crate::model::{DocumentKind, Type};
use crate::{NoSuchPlace, pointer};

/// A pointer in which an element may be named by its name, as one with indices only.
pub(super) fn by_index(value: &Value, text: &str) -> Result<String, EditError> {
    let tokens = pointer::tokens(text).ok_or_else(|| NoSuchPlace::NoPointer {
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

/// The type that ECS takes at a place.
pub(super) fn expected(tokens: &[Cow<'_, str>]) -> Option<Type> {
    let mut of = DocumentKind::TaskDefinition.whole();
    for token in tokens {
        of = of.inside(token)?.clone();
    }
    Some(of)
}

/// `--set /cpu=256` gives a number where ECS takes a string: then its text.
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
