//! Text into a value and the places of its parts. Nothing is guessed: a name given twice, a number
//! that JSON has not, a loop of aliases are refused at their place.

mod json;
mod refused;
mod scalar;
mod yaml;

use serde_json::Value;

use crate::span::{LineColumn, Span};
pub(crate) use refused::Refused;

/// The longest text that is read, in bytes. AWS takes 64 KiB; the rest is room for comments.
pub const MAX_BYTES: usize = 1 << 20;

/// How a definition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON as RFC 8259 has it.
    Json,
    /// JSON with `//` and `/* */` comments and commas after the last element.
    JsonWithComments,
    /// YAML 1.2, its core schema; one document.
    Yaml,
}

impl Syntax {
    /// Told by the end of a file's name (`.yaml`, `.yml`, `.json`, `.jsonc`), else by the text:
    /// an object in braces is JSON. Comments in a `.json` file do no harm and are read.
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

/// A text that is no definition, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The document, as the user named it.
    pub name: String,
    pub place: LineColumn,
    /// A lowercase fragment.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(name: &str, place: LineColumn, message: String) -> Self {
        Self {
            name: name.to_owned(),
            place,
            message,
        }
    }
}

pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<(Value, Span), Refused> {
    if text.len() > MAX_BYTES {
        let mebibytes = MAX_BYTES >> 20;
        return Err(Refused::new(
            0,
            format!(
                "the text has {} bytes, more than the {mebibytes} MiB that are read (AWS takes 64 KiB)",
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
        let kind = crate::kind::kind(&value);
        return Err(Refused::new(
            span.value.start,
            format!("it is {kind}, not an object"),
        ));
    }
    Ok((value, span))
}

/// Any JSON value, its numbers exactly as they are written; `None` where the text is no JSON.
pub fn json_value(text: &str) -> Option<Value> {
    json::parse(text, false).ok().map(|(value, _)| value)
}
