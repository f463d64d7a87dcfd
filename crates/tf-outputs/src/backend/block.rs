//! A backend's block with its values.

use std::path::Path;

use pipeline_io::SourceLocation;
use serde_json::{Map, Value};

use super::error::BackendError;

/// A `backend "KIND"` or `cloud` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The backend's name; `cloud` for a cloud block.
    pub kind: String,
    pub values: Map<String, Value>,
    pub place: Option<SourceLocation>,
}

impl Block {
    /// What Terraform takes where there is no block.
    pub fn local() -> Self {
        Block {
            kind: "local".to_owned(),
            values: Map::new(),
            place: None,
        }
    }

    /// A text of this name: absent, null and empty count as absent.
    pub fn text(&self, name: &str) -> Result<Option<String>, BackendError> {
        text_in(&self.values, name).map_err(|name| self.wrong(name, "a text"))
    }

    /// A text within an object or a nested block.
    pub fn text_within(&self, outer: &str, name: &str) -> Result<Option<String>, BackendError> {
        match self.values.get(outer) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(values)) => text_in(values, name)
                .map_err(|name| self.wrong(format!("{outer}.{name}"), "a text")),
            Some(_) => Err(self.wrong(outer.to_owned(), "an object")),
        }
    }

    /// A text that must be there.
    pub fn needed(&self, name: &'static str) -> Result<String, BackendError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error for a value that must be there.
    pub fn missing(&self, name: &'static str) -> BackendError {
        BackendError::Missing {
            place: self.place.clone(),
            kind: self.kind.clone(),
            name,
        }
    }

    /// Refuses a setting that would change how the state is read, in a way that is not done here.
    pub fn refuse(&self, name: &'static str, hint: &'static str) -> Result<(), BackendError> {
        match self.values.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => Ok(()),
            Some(Value::String(text)) if text.is_empty() => Ok(()),
            Some(_) => Err(BackendError::Unsupported {
                place: self.place.clone(),
                kind: self.kind.clone(),
                name,
                hint,
            }),
        }
    }

    fn wrong(&self, name: String, wanted: &'static str) -> BackendError {
        BackendError::Kind {
            place: self.place.clone(),
            kind: self.kind.clone(),
            name,
            wanted,
        }
    }
}

fn text_in(values: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match values.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(number @ Value::Number(_)) => Ok(Some(number.to_string())),
        Some(_) => Err(name.to_owned()),
    }
}

/// The beginning of a file or a folder.
pub(super) fn start(path: &Path) -> SourceLocation {
    SourceLocation {
        file: path.display().to_string(),
        line: 1,
        column: 1,
    }
}
