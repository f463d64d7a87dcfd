//! Recognizes by its first bytes a text that cannot be JSON, so that the error can name what it is.

use std::io::Read;

use crate::StateError;

/// Enough for a byte order mark, a doctype, and the line that a wrapper prints before the JSON.
const FIRST_BYTES: u64 = 512;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The first bytes of a text, without a UTF-8 byte order mark.
#[derive(Debug)]
pub struct FirstBytes(Vec<u8>);

impl FirstBytes {
    pub fn text(&self) -> &[u8] {
        &self.0
    }
}

/// Reads the first bytes and rejects a text that cannot be JSON.
pub fn read(source: &mut dyn Read) -> Result<FirstBytes, StateError> {
    let mut head = Vec::new();
    source
        .take(FIRST_BYTES)
        .read_to_end(&mut head)
        .map_err(StateError::Read)?;
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return Err(StateError::Utf16);
    }
    if head.starts_with(UTF8_MARK) {
        head.drain(..UTF8_MARK.len());
    }
    let complete = (head.len() as u64) < FIRST_BYTES - UTF8_MARK.len() as u64;
    let first = head.iter().position(|byte| !byte.is_ascii_whitespace());
    match first.map(|at| &head[at..]) {
        None if complete => Err(StateError::Empty),
        Some(text) if text.starts_with(b"<") => Err(StateError::Html),
        Some(text) if text.starts_with(b"[command]") => Err(StateError::WrapperOutput),
        _ => Ok(FirstBytes(head)),
    }
}
