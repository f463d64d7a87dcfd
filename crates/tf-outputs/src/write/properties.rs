//! Renders Java properties. They are pure ASCII, so that readers of Latin-1 (java.util.Properties from a
//! stream) and of UTF-8 (Jenkins' readProperties) get the same values.

use std::fmt::Write as _;

use super::error::RenderError;

pub fn render(outputs: &[(String, String)]) -> Result<String, RenderError> {
    let mut text = String::new();
    for (name, value) in outputs {
        escape(&mut text, name, true);
        text.push('=');
        escape(&mut text, value, false);
        text.push('\n');
    }
    Ok(text)
}

/// Escapes like `java.util.Properties.store`: every space of a key, but only the first space of a value,
/// because a reader skips spaces before the value and keeps the others.
fn escape(text: &mut String, part: &str, is_key: bool) {
    for (at, c) in part.chars().enumerate() {
        match c {
            ' ' if is_key || at == 0 => text.push_str("\\ "),
            ' ' => text.push(' '),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\u{c}' => text.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => {
                text.push('\\');
                text.push(c);
            }
            '\u{21}'..='\u{7e}' => text.push(c),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\\u{unit:04X}");
                }
            }
        }
    }
}
