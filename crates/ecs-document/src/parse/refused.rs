//! What is wrong with a text, and where.

use crate::span::LineColumn;

/// What is wrong at a byte of the text.
#[derive(Debug)]
pub(crate) struct Refused {
    pub at: usize,
    pub message: String,
}

impl Refused {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// The sentence about a name that stands twice in one object.
pub(super) fn twice(name: &str, text: &str, first: usize) -> String {
    let first = LineColumn::of_byte(text, first);
    format!(
        "{name:?} is given twice; the first is at line {}, column {}",
        first.line, first.column
    )
}
