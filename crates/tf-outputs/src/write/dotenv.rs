//! Renders a GitLab dotenv report. GitLab splits a line at the first `=`, removes spaces at both ends,
//! and keeps everything else. Quotes would become part of the value, so nothing is quoted.

use serde_json::Value;

use super::error::{RenderError, refuse};
use super::names;

/// GitLab rejects a report with this size or more, in bytes.
pub const GITLAB_BYTES: usize = 5 * 1024;

/// GitLab's default limit for the number of variables. An instance or a plan may have another limit.
pub const GITLAB_VARIABLES: usize = 20;

const READER: &str = "GitLab's dotenv report";

pub fn render(outputs: &[(String, String)], variables_limit: usize) -> Result<String, RenderError> {
    for (name, value) in outputs {
        refuse(name, value, &['\n', '\r'], "a line break", READER)?;
        refuse(name, value, &['\0'], "a NUL character", READER)?;
        if value.trim() != value {
            return Err(RenderError::Value {
                name: name.clone(),
                what: "spaces at its start or end",
                reader: READER,
            });
        }
    }
    if outputs.len() > variables_limit {
        return Err(RenderError::DotenvVariables {
            count: outputs.len(),
            limit: variables_limit,
        });
    }
    let mut text = String::new();
    for (variable, value) in names::to_variables(outputs.to_vec())? {
        text.push_str(&variable);
        text.push('=');
        text.push_str(&value);
        text.push('\n');
    }
    if text.len() >= GITLAB_BYTES {
        return Err(RenderError::DotenvBytes {
            bytes: text.len(),
            limit: GITLAB_BYTES - 1,
        });
    }
    Ok(text)
}

/// Returns JSON on one line. GitLab's runner expands `$NAME` in the values of variables, so `$` is
/// escaped. A JSON parser returns the original.
pub fn compact(value: &Value) -> String {
    value.to_string().replace('$', "\\u0024")
}
