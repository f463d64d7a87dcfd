//! Lists of objects with unique names, e.g. environment, secrets and tags.

use serde_json::{Map, Value};

use super::error::EditError;
use crate::value_kind::value_kind;
use crate::{Document, pointer};

/// Sets the value of the element whose member `key.0` is `key.1`, or adds such an element.
///
/// # Errors
/// If the member is not a list.
pub(super) fn put(
    document: &mut Document,
    parent: &str,
    member: &str,
    key: (&str, &str),
    value: (&str, &str),
) -> Result<(), EditError> {
    let at = pointer::join(parent, member);
    let found = match document.get(&at) {
        None | Some(Value::Null) => {
            document.set(&at, Value::Array(Vec::new()))?;
            None
        }
        Some(Value::Array(elements)) => elements.iter().position(|e| e[key.0] == key.1),
        Some(other) => {
            return Err(EditError::Misshapen {
                member: at,
                is: value_kind(other),
                wanted: "a list",
            });
        }
    };
    match found {
        Some(index) => {
            let element = pointer::join(&at, &index.to_string());
            document.set(&pointer::join(&element, value.0), Value::from(value.1))?;
        }
        None => {
            let element: Map<String, Value> = [key, value]
                .into_iter()
                .map(|(name, text)| (name.to_owned(), Value::from(text)))
                .collect();
            document.set(&pointer::join(&at, "-"), Value::Object(element))?;
        }
    }
    Ok(())
}

/// Removes all elements with this name. Returns whether there was one.
pub(super) fn remove(document: &mut Document, parent: &str, member: &str, name: &str) -> bool {
    keep(document, parent, member, |other| other != name)
}

/// Removes the elements whose names are not kept, and the list if it becomes empty, because ECS
/// reads an absent list as an empty one. Returns whether it removed anything.
pub(super) fn keep(
    document: &mut Document,
    parent: &str,
    member: &str,
    is_kept: impl Fn(&str) -> bool,
) -> bool {
    let at = pointer::join(parent, member);
    let Some(elements) = document.get(&at).and_then(Value::as_array) else {
        return false;
    };
    let going: Vec<usize> = elements
        .iter()
        .enumerate()
        .filter(|(_, e)| e["name"].as_str().is_some_and(|name| !is_kept(name)))
        .map(|(index, _)| index)
        .collect();
    let is_emptied = going.len() == elements.len();
    for index in going.iter().rev() {
        document.remove(&pointer::join(&at, &index.to_string()));
    }
    if is_emptied && !going.is_empty() {
        document.remove(&at);
    }
    !going.is_empty()
}
