//! Renders POSIX shell assignments for `. FILE`, `eval "$(…)"` and `set -a; . FILE`. The values are in
//! single quotes, in which nothing is expanded and only the quote itself is escaped.

use super::error::{RenderError, refuse};
use super::names;

pub fn render(outputs: &[(String, String)]) -> Result<String, RenderError> {
    let mut text = String::new();
    for (name, value) in outputs {
        refuse(name, value, &['\0'], "a NUL character", "a shell variable")?;
    }
    for (variable, value) in names::to_variables(outputs.to_vec())? {
        text.push_str(&variable);
        text.push_str("='");
        text.push_str(&value.replace('\'', r"'\''"));
        text.push_str("'\n");
    }
    Ok(text)
}
