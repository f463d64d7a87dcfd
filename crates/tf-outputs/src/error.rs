//! The errors of this program, each with its exit code and its hint.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use pipeline_aws::{RenewalError, SessionError};
use pipeline_http::{ClientError, Transient};
use pipeline_io::{Exit, Failure, FileError, SecretError, SourceLocation};
use tf_state::StateError;

use crate::backend::BackendError;
use crate::select::SelectionError;
use crate::write::RenderError;

/// Why there are no outputs. No variant contains the value of an output.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("cannot open the state {}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    /// The text was read, but it is not a state with outputs.
    #[error("cannot read outputs from {location}: {source}")]
    State {
        location: String,
        source: StateError,
    },
    #[error(transparent)]
    RemoteError(Box<RemoteError>),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Roots(#[from] ClientError),
    #[error(transparent)]
    Select(#[from] SelectionError),
    #[error(transparent)]
    Write(#[from] RenderError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// The server that stores the state did not return it.
#[derive(Debug, thiserror::Error)]
#[error("{location}: {problem}")]
pub struct RemoteError {
    pub kind: RemoteErrorKind,
    pub location: String,
    pub problem: String,
    pub hint: Option<String>,
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of a [`RemoteError`] error, which decides the exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemoteErrorKind {
    Absent,
    Denied,
    Invalid,
    /// Worth a retry: no response, an incomplete response, or a busy server.
    Unreachable,
    /// No response although the request was repeated: not worth another retry.
    Outage,
}

impl RemoteError {
    pub fn new(kind: RemoteErrorKind, location: impl ToString, problem: impl Into<String>) -> Self {
        RemoteError {
            kind,
            location: location.to_string(),
            problem: problem.into(),
            hint: None,
            source: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The error for a request without a response.
    pub fn no_answer(location: impl ToString, error: reqwest::Error) -> Self {
        // `place` contains the URL already, without its query.
        let host = error
            .url()
            .and_then(|url| url.host_str())
            .map(str::to_owned);
        let error = error.without_url();
        let text = source_chain(&error);
        let problem = match host {
            _ if error.is_timeout() => "the request timed out".to_owned(),
            Some(host) if error.is_connect() => format!("cannot connect to {host}"),
            None if error.is_connect() => "cannot connect".to_owned(),
            _ => "the connection was interrupted".to_owned(),
        };
        let remote =
            RemoteError::new(RemoteErrorKind::Unreachable, location, problem).source(error);
        if text.contains("certificate") {
            remote.hint("the certificate is not trusted: for a private CA, set SSL_CERT_FILE to its certificate")
        } else {
            remote.hint("check the URL, the network, HTTPS_PROXY and NO_PROXY")
        }
    }

    /// The error for a request that cannot be signed. Credentials that could not be renewed for a
    /// moment are not a denial.
    pub fn unsigned(location: impl ToString, source: Box<dyn StdError + Send + Sync>) -> Self {
        let renewal = RenewalError::find(&*source);
        let hint = renewal.and_then(|renewal| renewal.hint.clone());
        let kind = if renewal.is_some_and(|renewal| renewal.is_outage) {
            RemoteErrorKind::Outage
        } else {
            RemoteErrorKind::Denied
        };
        let mut remote = RemoteError::new(kind, location, "cannot sign the request");
        remote.hint = hint;
        remote.source(source)
    }

    /// The error for an HTTP status that means neither "absent" nor "denied".
    pub fn status(
        location: impl ToString,
        status: reqwest::StatusCode,
        message: Option<String>,
    ) -> Self {
        let is_busy = status.is_server_error()
            || status == reqwest::StatusCode::TOO_MANY_REQUESTS
            || status == reqwest::StatusCode::REQUEST_TIMEOUT;
        let kind = if is_busy {
            RemoteErrorKind::Unreachable
        } else {
            RemoteErrorKind::Invalid
        };
        let message = message
            .map(|message| format!(": {message}"))
            .unwrap_or_default();
        let problem = format!("the server responded with HTTP {status}{message}");
        let remote = RemoteError::new(kind, location, problem);
        if is_busy {
            remote.hint("the server is busy or fails at the moment: run it again later")
        } else {
            remote
        }
    }
}

impl From<RemoteError> for Error {
    fn from(remote: RemoteError) -> Self {
        Error::RemoteError(Box::new(remote))
    }
}

/// The error for an argument that cannot be used.
pub fn usage(problem: String) -> Error {
    Error::Usage(problem)
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        matches!(self, Error::RemoteError(remote) if remote.kind == RemoteErrorKind::Unreachable && !is_untrusted_certificate(remote))
    }
}

impl Error {
    /// The error for a body that could not be read as a state: it is incomplete, or not a state.
    pub fn body(location: impl ToString, source: StateError) -> Self {
        match source {
            StateError::Read(source) => RemoteError::new(
                RemoteErrorKind::Unreachable,
                location,
                "the download was interrupted",
            )
            .source(source)
            .into(),
            source => Error::State {
                location: location.to_string(),
                source,
            },
        }
    }
}

/// Whether the certificate is not trusted. That does not change within seconds.
fn is_untrusted_certificate(remote: &RemoteError) -> bool {
    remote
        .source
        .as_deref()
        .is_some_and(|source| source_chain(source).contains("certificate"))
}

fn source_chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Error::Usage(_) | Error::State { .. } | Error::Write(_) => Exit::Invalid,
            Error::Open { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Exit::NotFound,
                io::ErrorKind::PermissionDenied => Exit::Denied,
                _ => Exit::Invalid,
            },
            Error::RemoteError(remote) => match remote.kind {
                RemoteErrorKind::Absent => Exit::NotFound,
                RemoteErrorKind::Denied => Exit::Denied,
                RemoteErrorKind::Invalid => Exit::Invalid,
                RemoteErrorKind::Unreachable | RemoteErrorKind::Outage => Exit::Unreachable,
            },
            Error::Backend(error) => error.exit(),
            Error::Secret(error) => error.exit(),
            Error::Session(error) => error.exit(),
            Error::Roots(_) => Exit::Invalid,
            Error::Select(SelectionError::Missing { .. } | SelectionError::Null { .. }) => {
                Exit::NotFound
            }
            Error::Select(_) => Exit::Invalid,
            Error::File(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Open { path, source } if source.kind() == io::ErrorKind::NotFound => {
                let here = std::env::current_dir().ok()?;
                path.is_relative()
                    .then(|| format!("the path is relative to {}", here.display()))
            }
            Error::Usage(_) | Error::Open { .. } => None,
            Error::State { source, .. } => source.hint().map(str::to_owned),
            Error::RemoteError(remote) => remote.hint.clone(),
            Error::Backend(error) => error.hint(),
            Error::Secret(error) => error.hint(),
            Error::Session(error) => error.hint(),
            Error::Roots(_) => Some(
                "SSL_CERT_FILE and AWS_CA_BUNDLE must name files with PEM certificates".to_owned(),
            ),
            Error::Select(error) => Some(error.hint()),
            Error::Write(error) => Some(error.hint()),
            Error::File(error) => error.hint(),
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Error::Backend(error) => error.location(),
            _ => None,
        }
    }
}
