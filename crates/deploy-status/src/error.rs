//! What can go wrong. Not being able to write a comment is an error only when that was asked for.

use std::path::PathBuf;

use pipeline_http::Transient;
use pipeline_io::{Exit, Failure, SecretError};

/// Why the deployment could not be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("cannot list the folder {}", .folder.display())]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot tell the plan {}: {why}", .file.display())]
    TerraformPlan { file: PathBuf, why: String },
    #[error(transparent)]
    Post(#[from] PostError),
}

/// Why a comment, a status or a deployment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("a comment is required, and no pull request, merge request or commit is named")]
    NoTarget,
    #[error("there is no token for {api}")]
    NoToken { api: String },
    #[error("{what}: {api} answered {status}: {message}")]
    Refused {
        what: String,
        api: String,
        status: u16,
        message: String,
    },
    #[error("{what}: no answer from {api}")]
    Unreachable {
        what: String,
        api: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{what}: the answer of {api} is not what its API promises")]
    Garbled { what: String, api: String },
    #[error("cannot set up the HTTP client")]
    Client {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Transient for PostError {
    fn is_transient(&self) -> bool {
        match self {
            PostError::Unreachable { .. } => true,
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
            Error::TerraformPlan { .. } => Exit::Invalid,
            Error::Folder { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => Exit::Denied,
                _ => Exit::Invalid,
            },
            Error::Post(error) => match error {
                PostError::NoTarget => Exit::Invalid,
                PostError::NoToken { .. } => Exit::Denied,
                PostError::Refused { status, .. } => match status {
                    401 | 403 => Exit::Denied,
                    404 | 410 => Exit::NotFound,
                    429 | 500.. => Exit::Unreachable,
                    _ => Exit::Invalid,
                },
                PostError::Unreachable { .. } => Exit::Unreachable,
                PostError::Garbled { .. } | PostError::Client { .. } => Exit::Invalid,
            },
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Post(error) => Some(error.hint()),
            Error::Secret(error) => error.hint(),
            Error::TerraformPlan { .. } => {
                Some("make it with `terraform show -json plan.bin > plan.json`".to_owned())
            }
            _ => None,
        }
    }
}

impl PostError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            PostError::NoTarget => "give --pull-request, --merge-request or --commit-status",
            PostError::NoToken { .. } => {
                "set GITHUB_TOKEN (GitHub: ${{ github.token }}) or GITLAB_TOKEN, or name a file with --token-file"
            }
            PostError::Refused { status: 403, .. } => {
                "the job needs `permissions: pull-requests: write` (statuses: write for a status, deployments: write \
                 for a deployment); the token of a pull request from a fork is read-only, whatever is written there"
            }
            PostError::Refused { status: 401, .. } => "the token has expired or is none of this server's",
            PostError::Refused { status: 404 | 410, .. } => {
                "check --git-repository and the number; a token also gets this for what it may not see"
            }
            PostError::Refused { .. } | PostError::Garbled { .. } => "check --api-url",
            PostError::Unreachable { .. } | PostError::Client { .. } => {
                "check --api-url, the network, HTTPS_PROXY and SSL_CERT_FILE"
            }
        }
        .to_owned()
    }
}
