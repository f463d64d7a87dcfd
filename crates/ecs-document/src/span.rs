//! The position of each value of a document in its text.

use std::borrow::Cow;
use std::ops::Range;

/// A location in a text. Lines and columns count from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    pub line: usize,
    pub column: usize,
}

impl LineColumn {
    /// The location of a byte of `text`. An offset past the end means the end.
    pub fn of_byte(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The bytes of a value, of its name if it is a member, and of the values in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub value: Range<usize>,
    pub name: Option<Range<usize>>,
    pub inside: Inside,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Inside {
    /// A scalar, or a value that was set later and has no text.
    #[default]
    Nothing,
    Elements(Vec<Span>),
    Members(Vec<(String, Span)>),
}

impl Span {
    pub(crate) fn scalar(value: Range<usize>) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    /// The span of a child, if it has a text.
    pub(crate) fn child(&self, token: &str) -> Option<&Self> {
        match &self.inside {
            Inside::Nothing => None,
            Inside::Elements(spans) => spans.get(token.parse::<usize>().ok()?),
            Inside::Members(spans) => spans.iter().find(|(n, _)| n == token).map(|(_, s)| s),
        }
    }

    pub(crate) fn child_mut(&mut self, token: &str) -> Option<&mut Self> {
        match &mut self.inside {
            Inside::Nothing => None,
            Inside::Elements(spans) => spans.get_mut(token.parse::<usize>().ok()?),
            Inside::Members(spans) => spans.iter_mut().find(|(n, _)| n == token).map(|(_, s)| s),
        }
    }

    /// The span at a pointer's tokens, or of the nearest value around it that has a text.
    /// The flag is true if it is the value itself.
    pub(crate) fn at<'s>(&'s self, tokens: &[Cow<'_, str>]) -> (&'s Self, bool) {
        let mut span = self;
        for token in tokens {
            match span.child(token) {
                Some(child) => span = child,
                None => return (span, false),
            }
        }
        (span, true)
    }
}

#[cfg(test)]
mod tests {
    use super::LineColumn;

    #[test]
    fn columns_are_characters() {
        let text = "a\r\nüb\n";
        for (offset, line, column) in [(0, 1, 1), (3, 2, 1), (4, 2, 1), (5, 2, 2), (99, 3, 1)] {
            assert_eq!(
                LineColumn::of_byte(text, offset),
                LineColumn { line, column }
            );
        }
    }
}
