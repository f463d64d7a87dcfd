//! Why an HTTP client cannot be created: wrong settings of the environment.

use std::path::PathBuf;

/// Why an HTTP client cannot be created. Another attempt fails in the same way.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("cannot read certificates from {path} ({variable})")]
    Read {
        variable: &'static str,
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{path} ({variable}) does not contain a certificate")]
    Empty {
        variable: &'static str,
        path: PathBuf,
    },
    /// The value is not shown, because it may contain a password.
    #[error("{variable} is not the URL of a proxy: {reason}")]
    Proxy { variable: String, reason: String },
    #[error("cannot set up TLS")]
    Tls { source: rustls::Error },
    #[error("cannot set up the HTTP client")]
    Client {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ClientError {
    pub(crate) fn client(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Client {
            source: source.into(),
        }
    }
}
