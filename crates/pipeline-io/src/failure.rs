//! What every error of the programs can say, and how it is said once.
//!
//! Decided here: the form `error:`, place, `caused by:`, `hint:`. The words are each crate's own.

use std::fmt;

use crate::Exit;

/// Where in a file something is wrong. Line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceLocation {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An error that a step can end with. Implemented by each crate's own error enum.
///
/// `Display` is one lowercase fragment that names the resource; the chain of `source()`s is
/// rendered as `caused by:` lines.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// The exit code, from the one table.
    fn exit(&self) -> Exit;

    /// What to do about it, as a sentence.
    fn hint(&self) -> Option<String> {
        None
    }

    /// The place in a file, where there is one.
    fn location(&self) -> Option<SourceLocation> {
        None
    }

    /// The verdict word, where it is more than the exit code's name.
    fn verdict(&self) -> Option<&'static str> {
        None
    }
}

/// Any failure, as `?` makes it.
pub struct Error(Box<dyn Failure>);

impl<F: Failure> From<F> for Error {
    fn from(failure: F) -> Self {
        Self(Box::new(failure))
    }
}

impl std::ops::Deref for Error {
    type Target = dyn Failure;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The messages below the top one, without those that only repeat what stands above them.
pub(crate) fn causes(failure: &dyn Failure) -> Vec<String> {
    let mut said = failure.to_string();
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(failure);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !text.is_empty() && !said.contains(&text) {
            causes.push(text.clone());
            said = text;
        }
        next = cause.source();
    }
    causes
}
