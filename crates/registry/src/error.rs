//! Why an image did not reach its registry, and which of these reasons pass by themselves.

use std::time::Duration;

use http::StatusCode;
use pipeline_http::Transient;

use crate::digest::Digest;
use crate::source::SourceError;

/// Why a push ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("cannot {what}")]
    Local {
        what: String,
        source: std::io::Error,
    },
    #[error("no connection to {host} to {what}")]
    Unreachable {
        host: String,
        what: String,
        source: Lost,
    },
    #[error("{host} cut the connection while it was asked to {what}")]
    Cut {
        host: String,
        what: String,
        /// Whether this was the opening of an upload: how ECR says that a repository is missing.
        is_upload_start: bool,
        source: Lost,
    },
    #[error("{host} was silent for {seconds} s while it was asked to {what}")]
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
    #[error("{host} answered wrongly when it was asked to {what}: {reason}")]
    Violation {
        host: String,
        what: String,
        reason: String,
    },
    #[error("the tag {tag} was given to {theirs} by someone else meanwhile, and it is immutable")]
    TagTaken { tag: String, theirs: Digest },
    /// What was found out about a cut connection; the cause is whoever's who found it.
    #[error("{0}")]
    Diagnosed(Box<dyn std::error::Error + Send + Sync>),
    #[error("no credentials for {host}")]
    Credentials {
        host: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the client for {host} cannot be made")]
    Client {
        host: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a request had no answer: the innermost cause, without the layers of clients around it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Lost(String);

impl Lost {
    pub(crate) fn new(error: &reqwest::Error) -> Self {
        let mut inner: &dyn std::error::Error = error;
        while let Some(cause) = inner.source() {
            inner = cause;
        }
        Self(inner.to_string())
    }
}

/// A registry's answer that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    /// The specification's word, as `NAME_UNKNOWN`, where the registry gave one.
    pub code: Option<String>,
    /// The registry's own words.
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
            Self::Unreachable { .. } | Self::Cut { .. } | Self::Stalled { .. } => true,
            Self::Refused { refusal, .. } => {
                let is_passing = matches!(refusal.status.as_u16(), 408 | 425 | 429 | 500..=599)
                    && refusal.status != StatusCode::NOT_IMPLEMENTED;
                // An upload session that is gone, or whose bytes arrived damaged: begin it again.
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
    /// Whether a registry says that an immutable tag exists already.
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

    /// The registry's answer, where it gave one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// An error with its causes, in one line.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
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
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
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
