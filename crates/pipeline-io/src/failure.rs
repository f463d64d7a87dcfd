//! What every error of the programs consists of.
//!
//! Decided here: an error has a message, an exit code, causes, and perhaps a hint and a location.
//! Never here: the words, which each crate chooses, or how an error is printed.

use std::fmt;

use crate::Exit;

/// A location in a file.
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
/// `Display` is a lowercase fragment that names the resource. The errors in the chain of `source()`
/// are printed as `caused by:` lines.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// The exit code.
    fn exit(&self) -> Exit;

    /// What to do next.
    fn hint(&self) -> Option<String> {
        None
    }

    /// The location in a file, if the error has one.
    fn location(&self) -> Option<SourceLocation> {
        None
    }

    /// The verdict, if it is more specific than the name of the exit code.
    fn verdict(&self) -> Option<&'static str> {
        None
    }
}

/// Any failure. The operator `?` converts to it.
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

/// The messages of the causes, without those that the message above already contains.
pub(crate) fn causes(failure: &dyn Failure) -> Vec<String> {
    let mut above = failure.to_string();
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(failure);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !text.is_empty() && !above.contains(&text) {
            causes.push(text.clone());
            above = text;
        }
        next = cause.source();
    }
    causes
}
