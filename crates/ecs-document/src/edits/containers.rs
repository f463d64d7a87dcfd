//! Which containers an edit applies to.

use std::str::FromStr;

use serde_json::Value;

use super::error::EditError;
use crate::{Document, nearest};

/// The containers that an edit applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All containers of the definition.
    All,
    /// The containers with these names.
    Named(Vec<String>),
}

/// Why a text does not name containers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a container: write NAME, \"NAME, NAME\" or *")]
pub struct ParseScopeError(pub String);

impl FromStr for Scope {
    type Err = ParseScopeError;

    /// Parses `*`, or names separated by commas. Spaces around a name are ignored.
    fn from_str(text: &str) -> Result<Self, ParseScopeError> {
        if text.trim() == "*" {
            return Ok(Self::All);
        }
        let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).collect();
        let is_name = |name: &String| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if names.iter().all(is_name) {
            Ok(Self::Named(names))
        } else {
            Err(ParseScopeError(text.to_owned()))
        }
    }
}

/// The name and the pointer of each container, in order. A missing name is an empty one.
pub fn containers(definition: &Value) -> impl Iterator<Item = (&str, String)> {
    definition["containerDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, container)| {
            (
                container["name"].as_str().unwrap_or_default(),
                format!("/containerDefinitions/{index}"),
            )
        })
}

/// The name of the container at a pointer.
pub fn container_name<'d>(document: &'d Document, at: &str) -> &'d str {
    document
        .get(at)
        .and_then(|container| container["name"].as_str())
        .unwrap_or_default()
}

/// The pointers of the containers of a scope.
pub(super) fn of(document: &Document, scope: &Scope) -> Result<Vec<String>, EditError> {
    let all: Vec<(&str, String)> = containers(document.value()).collect();
    if all.is_empty() {
        return Err(EditError::NoContainers);
    }
    match scope {
        Scope::All => Ok(all.into_iter().map(|(_, at)| at).collect()),
        Scope::Named(names) => names
            .iter()
            .map(|wanted| {
                let found = all.iter().find(|(name, _)| name == wanted);
                let known = || all.iter().map(|(name, _)| (*name).to_owned()).collect();
                found
                    .map(|(_, at)| at.clone())
                    .ok_or_else(|| EditError::NoContainer {
                        wanted: wanted.clone(),
                        known: known(),
                        nearest: nearest(wanted, all.iter().map(|(name, _)| *name))
                            .into_iter()
                            .map(str::to_owned)
                            .collect(),
                    })
            })
            .collect(),
    }
}

/// The same for an edit without a scope, which is valid only if there is one container.
pub(super) fn chosen(
    document: &Document,
    scope: Option<&Scope>,
    what: &'static str,
) -> Result<Vec<String>, EditError> {
    if let Some(scope) = scope {
        return of(document, scope);
    }
    let all: Vec<(&str, String)> = containers(document.value()).collect();
    match all.as_slice() {
        [] => Err(EditError::NoContainers),
        [(_, at)] => Ok(vec![at.clone()]),
        several => Err(EditError::WhichContainer {
            what,
            known: several.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn names_are_trimmed_and_other_texts_are_rejected() {
        let named =
            |names: &[&str]| Some(Scope::Named(names.iter().map(|n| (*n).into()).collect()));
        for (text, scope) in [
            ("app", named(&["app"])),
            ("app, side", named(&["app", "side"])),
            (" * ", Some(Scope::All)),
            ("", None),
            ("app,", None),
            ("node server.js", None),
            ("a=b", None),
        ] {
            assert_eq!(text.parse().ok(), scope, "{text:?}");
        }
    }
}
