//! The settings that `--backend-config` adds to a block.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::block::BackendBlock;
use super::error::BackendError;
use super::hcl;

/// The value of one `--backend-config`.
#[derive(Clone, Debug, PartialEq)]
pub enum BackendSetting {
    File(PathBuf),
    Value { name: String, value: String },
}

/// Settings of all backends that are secrets.
const SECRETS: [&str; 8] = [
    "password",
    "token",
    "access_key",
    "secret_key",
    "sse_customer_key",
    "client_private_key_pem",
    "conn_str",
    "sas_token",
];

impl BackendSetting {
    /// Parses the argument as Terraform does: a text with `=` is a value, any other text is a file.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => BackendSetting::Value {
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
            },
            None => BackendSetting::File(PathBuf::from(text)),
        }
    }

    /// Adds the setting to the block. It replaces a value of the same name.
    pub fn apply(&self, block: &mut BackendBlock) -> Result<(), BackendError> {
        match self {
            BackendSetting::Value { name, .. } if SECRETS.contains(&name.as_str()) => {
                Err(BackendError::SecretInArguments { name: name.clone() })
            }
            BackendSetting::Value { name, value } => {
                block.set(name, parse_value(name, value)?);
                Ok(())
            }
            BackendSetting::File(path) => {
                for (name, value) in read(path)? {
                    block.set(&name, value);
                }
                Ok(())
            }
        }
    }
}

/// Parses a value as Terraform does: an object or a list is HCL, e.g. `endpoints={s3="https://…"}`.
/// Everything else is a string.
fn parse_value(name: &str, value: &str) -> Result<Value, BackendError> {
    if !value.starts_with(['{', '[']) {
        return Ok(Value::from(value.trim_matches('"')));
    }
    let mut values = hcl::values(
        Path::new("--backend-config"),
        &format!("{name} = {value}\n"),
    )?;
    Ok(values.remove(name).unwrap_or_default())
}

fn read(path: &Path) -> Result<Map<String, Value>, BackendError> {
    let text = std::fs::read_to_string(path).map_err(|source| BackendError::Read {
        path: path.to_owned(),
        source,
    })?;
    hcl::values(path, &text)
}
