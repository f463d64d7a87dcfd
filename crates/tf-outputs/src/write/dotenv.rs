//! GitLab's dotenv report. Its reader splits a line at the first `=`, strips blanks from both ends
//! and takes the rest as it stands: quotes would become part of the value, so nothing is quoted.

use serde_json::Value;

use super::error::{WriteError, refuse};
use super::names;

/// GitLab refuses a report of this many bytes and more.
pub const GITLAB_BYTES: usize = 5 * 1024;

/// GitLab's limit of variables, unless the instance or the plan has another.
pub const GITLAB_VARIABLES: usize = 20;

const READER: &str = "GitLab's dotenv report";

pub fn render(outputs: &[(String, String)], variables_limit: usize) -> Result<String, WriteError> {
    for (name, value) in outputs {
        refuse(name, value, &['\n', '\r'], "a line break", READER)?;
        refuse(name, value, &['\0'], "a NUL character", READER)?;
        if value.trim() != value {
            return Err(WriteError::Value {
                name: name.clone(),
                what: "blanks at its beginning or end",
                reader: READER,
            });
        }
    }
    if outputs.len() > variables_limit {
        return Err(WriteError::DotenvVariables {
            count: outputs.len(),
            limit: variables_limit,
        });
    }
    let mut text = String::new();
    for (variable, value) in names::all_variables(outputs.to_vec())? {
        text.push_str(&variable);
        text.push('=');
        text.push_str(&value);
        text.push('\n');
    }
    if text.len() >= GITLAB_BYTES {
        return Err(WriteError::DotenvBytes {
            bytes: text.len(),
            limit: GITLAB_BYTES - 1,
        });
    }
    Ok(text)
}

/// JSON in one line. GitLab's runner expands `$NAME` in the values of variables; written as an
/// escape, the sign reaches whoever parses the JSON.
pub fn compact(value: &Value) -> String {
    value.to_string().replace('$', "\\u0024")
}
