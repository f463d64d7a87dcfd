//! A backend block with its values. What the values mean is decided in `location`.

use std::path::Path;

use pipeline_io::SourceLocation;
use serde_json::{Map, Value};

use super::error::BackendError;

/// A `backend "KIND"` or `cloud` block.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendBlock {
    /// The name of the backend; `cloud` for a cloud block.
    pub kind: String,
    pub values: Map<String, Value>,
    pub location: Option<SourceLocation>,
}

impl BackendBlock {
    /// The backend that Terraform uses if there is no block.
    pub fn local() -> Self {
        BackendBlock {
            kind: "local".to_owned(),
            values: Map::new(),
            location: None,
        }
    }

    /// Returns the string with this name, or `None` if it is absent, null or empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, BackendError> {
        text_in(&self.values, name).map_err(|name| self.wrong_type(name, "a string"))
    }

    /// Returns a string in an object or a nested block.
    pub fn text_within(&self, outer: &str, name: &str) -> Result<Option<String>, BackendError> {
        match self.values.get(outer) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(values)) => text_in(values, name)
                .map_err(|name| self.wrong_type(format!("{outer}.{name}"), "a string")),
            Some(_) => Err(self.wrong_type(outer.to_owned(), "an object")),
        }
    }

    /// Returns a string that is required.
    pub fn required_text(&self, name: &'static str) -> Result<String, BackendError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error for a missing value that is required.
    pub fn missing(&self, name: &'static str) -> BackendError {
        BackendError::Missing {
            location: self.location.clone(),
            kind: self.kind.clone(),
            name,
        }
    }

    /// Rejects a setting that would change how the state is read in a way that this program does not
    /// support.
    pub fn refuse(&self, name: &'static str, hint: &'static str) -> Result<(), BackendError> {
        match self.values.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => Ok(()),
            Some(Value::String(text)) if text.is_empty() => Ok(()),
            Some(_) => Err(BackendError::Unsupported {
                location: self.location.clone(),
                kind: self.kind.clone(),
                name,
                hint,
            }),
        }
    }

    fn wrong_type(&self, name: String, wanted: &'static str) -> BackendError {
        BackendError::Kind {
            location: self.location.clone(),
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

/// The start of a file or a directory.
pub(super) fn start(path: &Path) -> SourceLocation {
    SourceLocation {
        file: path.display().to_string(),
        line: 1,
        column: 1,
    }
}
