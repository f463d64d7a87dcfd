//! Parses a text into a value and the locations of its parts. Nothing is guessed: duplicate names,
//! numbers that JSON cannot represent and recursive aliases are errors with a location.

mod json;
mod scalar;
mod syntax_error;
mod yaml;

use serde_json::Value;

use crate::span::{LineColumn, Span};
pub(crate) use syntax_error::SyntaxError;

/// The maximum length of a text in bytes. ECS accepts 64 KiB; the rest is room for comments.
pub const MAX_BYTES: usize = 1 << 20;

/// The syntax of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON as defined by RFC 8259.
    Json,
    /// JSON with `//` and `/* */` comments and trailing commas.
    JsonWithComments,
    /// One document of YAML 1.2 with its core schema.
    Yaml,
}

impl Syntax {
    /// The syntax by the extension of the file's name (`.yaml`, `.yml`, `.json`, `.jsonc`), else by
    /// the text: braces mean JSON. Comments are allowed in a `.json` file, too.
    pub fn of(file_name: &str, text: &str) -> Self {
        let ending = file_name
            .rsplit_once('.')
            .map(|(_, e)| e.to_ascii_lowercase());
        match ending.as_deref() {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json" | "jsonc" | "json5") => Self::JsonWithComments,
            _ => {
                let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
                if text.starts_with(['{', '[']) || text.starts_with("//") || text.starts_with("/*")
                {
                    Self::JsonWithComments
                } else {
                    Self::Yaml
                }
            }
        }
    }
}

/// Why a text is not a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The name of the document, as the user wrote it.
    pub name: String,
    pub location: LineColumn,
    /// A lowercase fragment.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(name: &str, location: LineColumn, message: String) -> Self {
        Self {
            name: name.to_owned(),
            location,
            message,
        }
    }
}

pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<(Value, Span), SyntaxError> {
    if text.len() > MAX_BYTES {
        let mebibytes = MAX_BYTES >> 20;
        return Err(SyntaxError::new(
            0,
            format!(
                "the text has {} bytes, more than the limit of {mebibytes} MiB (ECS accepts 64 KiB)",
                text.len()
            ),
        ));
    }
    let (value, span) = match syntax {
        Syntax::Json => json::parse(text, false)?,
        Syntax::JsonWithComments => json::parse(text, true)?,
        Syntax::Yaml => yaml::parse(text)?,
    };
    if !value.is_object() {
        let kind = crate::value_kind::value_kind(&value);
        return Err(SyntaxError::new(
            span.value.start,
            format!("expected an object, but this is {kind}"),
        ));
    }
    Ok((value, span))
}

/// Parses any JSON value and keeps its numbers exactly as written; `None` if the text is not JSON.
pub fn json_value(text: &str) -> Option<Value> {
    json::parse(text, false).ok().map(|(value, _)| value)
}
