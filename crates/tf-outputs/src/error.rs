//! What can go wrong, each with its exit code and what to do about it.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use pipeline_aws::SessionError;
use pipeline_http::{RootsError, Transient};
use pipeline_io::{Exit, Failure, FileError, SecretError, SourceLocation};
use tf_state::StateError;

use crate::backend::BackendError;
use crate::select::SelectError;
use crate::write::WriteError;

/// Why there are no outputs. No variant holds a value of an output.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("cannot open the state {}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    /// The text was had, and holds no outputs.
    #[error("cannot read outputs from {place}: {source}")]
    State { place: String, source: StateError },
    #[error(transparent)]
    Remote(Box<Remote>),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Select(#[from] SelectError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// A server that holds the state did not give it.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Remote {
    pub kind: Kind,
    pub place: String,
    pub problem: String,
    pub hint: Option<String>,
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Which of the exit codes it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Absent,
    Denied,
    Invalid,
    /// Worth another try: no answer, a cut one, a busy server.
    Unreachable,
}

impl Remote {
    pub fn new(kind: Kind, place: impl ToString, problem: impl Into<String>) -> Self {
        Remote {
            kind,
            place: place.to_string(),
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

    /// A request that got no answer.
    pub fn no_answer(place: impl ToString, error: reqwest::Error) -> Self {
        // The address stands in `place` already, without its query.
        let error = error.without_url();
        let text = chain(&error);
        let problem = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "cannot connect"
        } else {
            "the connection broke off"
        };
        let remote = Remote::new(Kind::Unreachable, place, problem).source(error);
        if text.contains("certificate") {
            remote.hint("the certificate is not trusted here: for a private CA set SSL_CERT_FILE to its certificate")
        } else {
            remote.hint("check the address, the network, HTTPS_PROXY and NO_PROXY")
        }
    }

    /// A status that says neither "absent" nor "denied".
    pub fn status(place: impl ToString, status: reqwest::StatusCode, said: Option<String>) -> Self {
        let busy = status.is_server_error()
            || status == reqwest::StatusCode::TOO_MANY_REQUESTS
            || status == reqwest::StatusCode::REQUEST_TIMEOUT;
        let kind = if busy {
            Kind::Unreachable
        } else {
            Kind::Invalid
        };
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        Remote::new(kind, place, format!("the server answered {status}{said}"))
    }
}

impl From<Remote> for Error {
    fn from(remote: Remote) -> Self {
        Error::Remote(Box::new(remote))
    }
}

/// A flag's value that cannot be used.
pub fn usage(problem: String) -> Error {
    Error::Usage(problem)
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        matches!(self, Error::Remote(remote) if remote.kind == Kind::Unreachable && !is_trust(remote))
    }
}

impl Error {
    /// A body that could not be read as a state: cut on its way, or no state.
    pub fn body(place: impl ToString, source: StateError) -> Self {
        match source {
            StateError::Read(source) => {
                Remote::new(Kind::Unreachable, place, "the download broke off")
                    .source(source)
                    .into()
            }
            source => Error::State {
                place: place.to_string(),
                source,
            },
        }
    }
}

/// A certificate that is not trusted now will not be in a second.
fn is_trust(remote: &Remote) -> bool {
    remote
        .source
        .as_deref()
        .is_some_and(|source| chain(source).contains("certificate"))
}

fn chain(error: &(dyn StdError + 'static)) -> String {
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
            Error::Remote(remote) => match remote.kind {
                Kind::Absent => Exit::NotFound,
                Kind::Denied => Exit::Denied,
                Kind::Invalid => Exit::Invalid,
                Kind::Unreachable => Exit::Unreachable,
            },
            Error::Backend(error) => error.exit(),
            Error::Secret(error) => error.exit(),
            Error::Session(error) => error.exit(),
            Error::Roots(_) => Exit::Invalid,
            Error::Select(SelectError::Missing { .. } | SelectError::Null { .. }) => Exit::NotFound,
            Error::Select(_) => Exit::Invalid,
            Error::File(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Open { path, source } if source.kind() == io::ErrorKind::NotFound => {
                let here = std::env::current_dir().ok()?;
                path.is_relative()
                    .then(|| format!("looked in {}", here.display()))
            }
            Error::Usage(_) | Error::Open { .. } => None,
            Error::State { source, .. } => source.hint().map(str::to_owned),
            Error::Remote(remote) => remote.hint.clone(),
            Error::Backend(error) => error.hint(),
            Error::Secret(error) => error.hint(),
            Error::Session(error) => error.hint(),
            Error::Roots(_) => {
                Some("SSL_CERT_FILE and AWS_CA_BUNDLE name files of PEM certificates".to_owned())
            }
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
