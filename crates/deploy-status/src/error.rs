//! The errors of this program, each with its exit code and its hint.
//!
//! Decided here: which exit code an error has. A comment that cannot be written is an error only with
//! `--require-comment`, which `run` decides.

use std::path::PathBuf;

use pipeline_http::Transient;
use pipeline_io::{Exit, Failure, FileError, SecretError};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    PlanFile(#[from] FileError),
    /// The web page cannot be written.
    #[error(transparent)]
    HtmlFile(FileError),
    #[error("cannot list the directory {}", .directory.display())]
    Directory {
        directory: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot read the plan {}: {why}", .file.display())]
    TerraformPlan { file: PathBuf, why: String },
    #[error(transparent)]
    PostContent(#[from] PostError),
}

/// Why a comment, a status or a deployment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("--require-comment needs a pull request, a merge request or a commit")]
    NoTarget,
    #[error("no token for {api}")]
    NoToken { api: String },
    #[error("{what}: {api} responded with HTTP {status}: {message}")]
    Refused {
        what: String,
        api: String,
        status: u16,
        message: String,
    },
    #[error("{what}: no response from {api}")]
    Unreachable {
        what: String,
        api: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{what}: unexpected response from {api}")]
    UnexpectedResponse { what: String, api: String },
    #[error("cannot set up the HTTP client")]
    Client {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Transient for PostError {
    fn is_transient(&self) -> bool {
        match self {
            // The response may have ended early. A comment is looked for before it is written again.
            PostError::Unreachable { .. } | PostError::UnexpectedResponse { .. } => true,
            PostError::Refused { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Error::Usage(_) => Exit::Invalid,
            Error::Secret(error) => error.exit(),
            Error::PlanFile(error) | Error::HtmlFile(error) => error.exit(),
            Error::TerraformPlan { .. } => Exit::Invalid,
            Error::Directory { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => Exit::Denied,
                _ => Exit::Invalid,
            },
            Error::PostContent(error) => match error {
                PostError::NoTarget => Exit::Invalid,
                PostError::NoToken { .. } => Exit::Denied,
                PostError::Refused { status, .. } => match status {
                    401 | 403 => Exit::Denied,
                    404 | 410 => Exit::NotFound,
                    429 | 500.. => Exit::Unreachable,
                    _ => Exit::Invalid,
                },
                PostError::Unreachable { .. } => Exit::Unreachable,
                PostError::UnexpectedResponse { .. } | PostError::Client { .. } => Exit::Invalid,
            },
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::PostContent(error) => Some(error.hint()),
            Error::Secret(error) => error.hint(),
            Error::PlanFile(FileError::Missing { .. }) => None,
            Error::TerraformPlan { .. } | Error::PlanFile(_) => {
                Some("create the file with `terraform show -json plan.bin > plan.json`".to_owned())
            }
            _ => None,
        }
    }
}

impl PostError {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            PostError::NoTarget => "add --pull-request N, --merge-request N or --commit-status SHA",
            PostError::NoToken { .. } => {
                "set GITHUB_TOKEN (in GitHub Actions to ${{ github.token }}) or GITLAB_TOKEN, or use --token-file FILE"
            }
            PostError::Refused { status: 403, .. } => {
                "the job needs `permissions: pull-requests: write` (`statuses: write` for a status, `deployments: write` \
                 for a deployment); the token of a pull request from a fork is always read-only"
            }
            PostError::Refused { status: 401, .. } => "the token has expired or belongs to another server",
            PostError::Refused { status: 404 | 410, .. } => {
                "check --git-repository and the number; the response is the same if the token has no access"
            }
            PostError::Refused { .. } | PostError::UnexpectedResponse { .. } => "check --api-url",
            PostError::Unreachable { .. } | PostError::Client { .. } => {
                "check --api-url, the network, HTTPS_PROXY and SSL_CERT_FILE"
            }
        }
        .to_owned()
    }
}
