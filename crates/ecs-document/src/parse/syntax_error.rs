//! A mistake in the syntax of a text.

use crate::span::LineColumn;

/// A mistake at a byte of the text.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub at: usize,
    pub message: String,
}

impl SyntaxError {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// The message for a duplicate name in one object.
pub(super) fn twice(name: &str, text: &str, first: usize) -> String {
    let first = LineColumn::of_byte(text, first);
    format!(
        "duplicate name {name:?}; the first is at line {}, column {}",
        first.line, first.column
    )
}
