//! A backend block with its values. What the values mean is decided in `location`.

use std::collections::BTreeMap;
use std::path::Path;

use pipeline_io::SourceLocation;
use serde_json::{Map, Value};

use super::error::BackendError;

/// A `backend "KIND"` or `cloud` block.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendBlock {
    /// The name of the backend; `cloud` for a cloud block.
    pub kind: String,
    /// The literal values.
    pub values: Map<String, Value>,
    /// The positions of the other values, by the name of the setting. OpenTofu evaluates them, this program
    /// does not. They are an error only if they are needed.
    pub expressions: BTreeMap<String, SourceLocation>,
    pub location: Option<SourceLocation>,
}

impl BackendBlock {
    /// The backend that Terraform uses if there is no block.
    pub fn local() -> Self {
        BackendBlock {
            kind: "local".to_owned(),
            values: Map::new(),
            expressions: BTreeMap::new(),
            location: None,
        }
    }

    /// Returns the string with this name, or `None` if it is absent, null or empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, BackendError> {
        self.check_literal(name)?;
        text_in(&self.values, name).map_err(|name| self.wrong_type(name, "a string"))
    }

    /// Returns a string in an object or a nested block.
    pub fn text_within(&self, outer: &str, name: &str) -> Result<Option<String>, BackendError> {
        self.check_literal(outer)?;
        match self.values.get(outer) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(values)) => text_in(values, name)
                .map_err(|name| self.wrong_type(format!("{outer}.{name}"), "a string")),
            Some(_) => Err(self.wrong_type(outer.to_owned(), "an object")),
        }
    }

    /// Returns a boolean, `false` if it is absent. `--backend-config` sets it as a string.
    pub fn flag(&self, name: &str) -> Result<bool, BackendError> {
        self.check_literal(name)?;
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.is_empty() || text == "false" => Ok(false),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(_) => Err(self.wrong_type(name.to_owned(), "true or false")),
        }
    }

    /// Returns whether a setting has a value other than null, `false` and an empty one.
    pub fn is_set(&self, name: &str) -> Result<bool, BackendError> {
        self.check_literal(name)?;
        Ok(self.values.get(name).is_some_and(is_not_empty))
    }

    /// Returns whether a setting in an object or a nested block has such a value.
    pub fn is_set_within(&self, outer: &str, name: &str) -> Result<bool, BackendError> {
        self.check_literal(outer)?;
        let value = self.values.get(outer).and_then(|outer| outer.get(name));
        Ok(value.is_some_and(is_not_empty))
    }

    /// Adds a setting, which replaces one with the same name.
    pub fn set(&mut self, name: &str, value: Value) {
        self.expressions.remove(name);
        self.values.insert(name.to_owned(), value);
    }

    fn check_literal(&self, name: &str) -> Result<(), BackendError> {
        match self.expressions.get(name) {
            Some(location) => Err(BackendError::NotLiteral {
                location: location.clone(),
                name: name.to_owned(),
            }),
            None => Ok(()),
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
        if self.is_set(name)? {
            return Err(self.unsupported(name, hint));
        }
        Ok(())
    }

    /// The error for a setting that this program does not support.
    pub fn unsupported(&self, name: impl Into<String>, hint: impl Into<String>) -> BackendError {
        BackendError::Unsupported {
            location: self.location.clone(),
            kind: self.kind.clone(),
            name: name.into(),
            hint: hint.into(),
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

fn is_not_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
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
