//! Standard output, which contains only the result of a program.
//!
//! Decided here: that a result which cannot be written is an error, and that a closed pipe is not.
//! Never here: what the result is.

use std::io::{ErrorKind, Write};

use crate::{Exit, Failure};

/// The result could not be written to standard output, e.g. because the disk is full.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the result to standard output")]
pub struct StdoutError {
    source: std::io::Error,
}

impl Failure for StdoutError {
    fn exit(&self) -> Exit {
        Exit::Invalid
    }

    fn hint(&self) -> Option<String> {
        match self.source.kind() {
            ErrorKind::StorageFull => Some("free disk space and run it again".to_owned()),
            _ => None,
        }
    }
}

/// Writes a text and ends its last line. A reader that has read enough closes the pipe
/// (`| head -1`), which is not an error.
///
/// # Errors
/// If the text cannot be written for any other reason.
pub fn write_stdout(text: &str) -> Result<(), StdoutError> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush());
    match written {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(StdoutError { source }),
        _ => Ok(()),
    }
}
