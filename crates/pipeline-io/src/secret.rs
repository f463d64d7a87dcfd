//! Secrets from variables and files.
//!
//! Decided here: that a secret never prints itself. Never here: what it is for.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Exit, Failure};

/// The text of a secret. `Debug` does not show it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text of a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the code that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the secret file {path}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the secret file {path} is empty")]
    Empty { path: PathBuf },
}

impl Failure for SecretError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Exit::NotFound
            }
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Exit::Denied
            }
            _ => Exit::Invalid,
        }
    }
}

/// The secret in `file` if there is one, or else in the first of `variables` that is not empty.
/// Whitespace around it is removed.
///
/// # Errors
/// If the file cannot be read or is empty.
pub fn secret_from_variable_or_file(
    variables: &[&str],
    file: Option<&Path>,
) -> Result<Option<Secret>, SecretError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|source| SecretError::Read {
            path: path.to_owned(),
            source,
        })?;
        return match text.trim() {
            "" => Err(SecretError::Empty {
                path: path.to_owned(),
            }),
            text => Ok(Some(Secret::new(text))),
        };
    }
    Ok(variables
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.trim().is_empty())
        .map(|value| Secret::new(value.trim())))
}
