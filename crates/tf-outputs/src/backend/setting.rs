//! What `--backend-config` adds to a block.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::block::Block;
use super::error::BackendError;
use super::hcl;

/// One `--backend-config`.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    File(PathBuf),
    Value { name: String, value: String },
}

/// Settings that are secrets, of any backend.
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

impl Setting {
    /// Told apart as Terraform does: a text with `=` is a value.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => Setting::Value {
                name: name.trim().to_owned(),
                value: value.trim().trim_matches('"').to_owned(),
            },
            None => Setting::File(PathBuf::from(text)),
        }
    }

    /// Puts it into the block; it wins over what stands there.
    pub fn apply(&self, block: &mut Block) -> Result<(), BackendError> {
        match self {
            Setting::Value { name, .. } if SECRETS.contains(&name.as_str()) => {
                Err(BackendError::SecretInArguments { name: name.clone() })
            }
            Setting::Value { name, value } => {
                block
                    .values
                    .insert(name.clone(), Value::from(value.clone()));
                Ok(())
            }
            Setting::File(path) => {
                block.values.extend(read(path)?);
                Ok(())
            }
        }
    }
}

fn read(path: &Path) -> Result<Map<String, Value>, BackendError> {
    let text = std::fs::read_to_string(path).map_err(|source| BackendError::Read {
        path: path.to_owned(),
        source,
    })?;
    hcl::values(path, &text)
}
