//! POSIX shell assignments, in single quotes: there nothing is expanded, and only the quote itself
//! needs care. `. FILE`, `eval "$(…)"` and `set -a; . FILE` all take them.

use super::error::{WriteError, refuse};
use super::names;

pub fn render(outputs: &[(String, String)]) -> Result<String, WriteError> {
    let mut text = String::new();
    for (name, value) in outputs {
        refuse(name, value, &['\0'], "a NUL character", "a shell variable")?;
    }
    for (variable, value) in names::all_variables(outputs.to_vec())? {
        text.push_str(&variable);
        text.push_str("='");
        text.push_str(&value.replace('\'', r"'\''"));
        text.push_str("'\n");
    }
    Ok(text)
}
