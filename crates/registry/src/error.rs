//! Why a push to a registry failed, and which errors are temporary.

use std::time::Duration;

use http::StatusCode;
use pipeline_http::{ConnectError, Transient};

use crate::digest::Digest;
use crate::source::SourceError;

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("cannot {what}")]
    Local {
        what: String,
        source: std::io::Error,
    },
    #[error("cannot connect to {host} to {what}")]
    Unreachable {
        host: String,
        what: String,
        source: TransportError,
    },
    #[error("{host} closed the connection during the request to {what}")]
    Cut {
        host: String,
        what: String,
        /// Whether the request was the start of an upload, where ECR reports a missing repository
        /// this way.
        is_upload_start: bool,
        source: TransportError,
    },
    #[error("{host} did not answer for {seconds} s during the request to {what}")]
    Stalled {
        host: String,
        what: String,
        seconds: u64,
    },
    #[error("{host} refused to {what}: {refusal}")]
    Refused {
        host: String,
        what: String,
        refusal: Refusal,
    },
    #[error("{host} sent an invalid answer to the request to {what}: {reason}")]
    Violation {
        host: String,
        what: String,
        reason: String,
    },
    #[error("{host} answered the request to {what} with {found}: it is not a registry")]
    NotRegistry {
        host: String,
        what: String,
        /// What the answer is instead, e.g. "an HTML page".
        found: String,
    },
    #[error("another push has set the immutable tag {tag} to {theirs}")]
    TagTaken { tag: String, theirs: Digest },
    /// The cause of a broken connection. Its type is that of the [`crate::Diagnosis`].
    #[error("{0}")]
    Diagnosed(Box<dyn std::error::Error + Send + Sync>),
    #[error("no credentials for {host}")]
    Credentials {
        host: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot create an HTTP client for {host}")]
    Client {
        host: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why there was no answer: the innermost cause, without the messages of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    message: String,
    /// The reason, if the connection could not be made and the reason is known.
    pub connect: Option<Box<ConnectError>>,
}

impl TransportError {
    pub(crate) fn new(error: &reqwest::Error) -> Self {
        if let Some(connect) = ConnectError::of_reqwest(error) {
            return Self {
                message: match &connect.proxy {
                    Some(proxy) => format!("{} (proxy {proxy})", connect.reason),
                    None => connect.reason.to_string(),
                },
                connect: Some(Box::new(connect)),
            };
        }
        let mut inner: &dyn std::error::Error = error;
        while let Some(cause) = inner.source() {
            inner = cause;
        }
        Self {
            message: inner.to_string(),
            connect: None,
        }
    }
}

/// An answer with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    /// The error code of the specification, e.g. `NAME_UNKNOWN`, if there is one.
    pub code: Option<String>,
    /// The message of the registry.
    pub message: String,
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if self.message.is_empty() {
            let reason = self.status.canonical_reason().unwrap_or_default();
            return write!(f, " {reason}");
        }
        write!(f, ": {}", self.message)
    }
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !source
                .connect
                .as_ref()
                .is_some_and(|connect| connect.is_permanent()),
            Self::Cut { .. } | Self::Stalled { .. } => true,
            Self::Refused { refusal, .. } => {
                let is_passing = matches!(refusal.status.as_u16(), 408 | 425 | 429 | 500..=599)
                    && refusal.status != StatusCode::NOT_IMPLEMENTED;
                // The upload session no longer exists, or its bytes arrived damaged: a new session
                // can help.
                is_passing
                    || matches!(
                        refusal.code.as_deref(),
                        Some(
                            "BLOB_UPLOAD_UNKNOWN"
                                | "BLOB_UPLOAD_INVALID"
                                | "DIGEST_INVALID"
                                | "TOOMANYREQUESTS"
                        )
                    )
            }
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { refusal, .. } => refusal.retry_after,
            _ => None,
        }
    }
}

impl Error {
    /// Whether the registry rejected the write because the tag is immutable.
    pub(crate) fn is_taken_tag(&self) -> bool {
        let Some(refusal) = self.refusal() else {
            return false;
        };
        refusal.status.is_client_error()
            && (matches!(
                refusal.code.as_deref(),
                Some("TAG_INVALID" | "ImageTagAlreadyExistsException")
            ) || refusal.message.contains("immutable"))
    }

    /// The registry's answer, if it is one with an error.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// An error and its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use pipeline_http::Transient;

    use super::{Error, Refusal};

    #[test]
    fn temporary_errors_are_retried_and_others_are_not() {
        let refused = |status: u16, code: Option<&str>| Error::Refused {
            host: "h".into(),
            what: "do".into(),
            refusal: Refusal {
                status: StatusCode::from_u16(status).expect("a status"),
                code: code.map(str::to_owned),
                message: String::new(),
                retry_after: None,
            },
        };
        for (status, code, transient) in [
            (408, None, true),
            (429, Some("TOOMANYREQUESTS"), true),
            (500, None, true),
            (503, None, true),
            (404, Some("BLOB_UPLOAD_UNKNOWN"), true),
            (400, Some("DIGEST_INVALID"), true),
            (501, None, false),
            (400, Some("TAG_INVALID"), false),
            (401, Some("UNAUTHORIZED"), false),
            (403, Some("DENIED"), false),
            (404, Some("NAME_UNKNOWN"), false),
            (413, None, false),
        ] {
            let error = refused(status, code);
            assert_eq!(error.is_transient(), transient, "{error}");
        }
    }
}
