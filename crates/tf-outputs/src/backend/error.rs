//! Why a configuration does not show where its state is.

use std::path::PathBuf;

use pipeline_io::{Exit, Failure, SourceLocation};

/// Why a configuration does not show where its state is.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the directory {} does not exist", .path.display())]
    NoDirectory { path: PathBuf },
    #[error("the directory {} contains no .tf files", .path.display())]
    NoFiles { path: PathBuf },
    #[error("cannot read {}", .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{problem}")]
    Syntax {
        location: SourceLocation,
        problem: String,
    },
    #[error("duplicate {second} block; the first one is at {first}")]
    Duplicate {
        location: SourceLocation,
        first: SourceLocation,
        second: String,
    },
    #[error("`{name}` is not a literal value")]
    NotLiteral {
        location: SourceLocation,
        name: String,
    },
    #[error("the {kind} backend has no `{name}`")]
    Missing {
        location: Option<SourceLocation>,
        kind: String,
        name: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not {wanted}")]
    Kind {
        location: Option<SourceLocation>,
        kind: String,
        name: String,
        wanted: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not supported")]
    Unsupported {
        location: Option<SourceLocation>,
        kind: String,
        name: String,
        hint: String,
    },
    #[error("the {kind} backend is not supported")]
    Backend {
        location: Option<SourceLocation>,
        kind: String,
    },
    #[error(
        "--backend-config {name}=… puts a secret on the command line, which other users of the machine can read"
    )]
    SecretInArguments { name: String },
}

impl Failure for BackendError {
    fn exit(&self) -> Exit {
        match self {
            BackendError::NoDirectory { .. } | BackendError::NoFiles { .. } => Exit::NotFound,
            BackendError::Read { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Exit::NotFound,
                std::io::ErrorKind::PermissionDenied => Exit::Denied,
                _ => Exit::Invalid,
            },
            _ => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            BackendError::NoDirectory { .. } | BackendError::NoFiles { .. } => {
                "pass the directory of the root module, e.g. --from-backend Infra".to_owned()
            }
            BackendError::Missing { name, .. } => {
                format!("add --backend-config {name}=VALUE or --backend-config FILE, as for `terraform init`")
            }
            BackendError::Backend { .. } => {
                "run `terraform output -json | tf-outputs --state -` in the directory, after `terraform init`".to_owned()
            }
            BackendError::NotLiteral { name, .. } => format!(
                "add --backend-config {name}=VALUE, or write the value itself; OpenTofu evaluates variables and locals in this block, but tf-outputs does not"
            ),
            BackendError::SecretInArguments { name } => {
                format!("write `{name} = …` into a file and use --backend-config FILE, or set the environment variable of the backend")
            }
            BackendError::Unsupported { hint, .. } => hint.clone(),
            BackendError::Read { .. }
            | BackendError::Syntax { .. }
            | BackendError::Duplicate { .. }
            | BackendError::Kind { .. } => return None,
        })
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            BackendError::Syntax { location, .. }
            | BackendError::Duplicate { location, .. }
            | BackendError::NotLiteral { location, .. } => Some(location.clone()),
            BackendError::Missing { location, .. }
            | BackendError::Kind { location, .. }
            | BackendError::Unsupported { location, .. }
            | BackendError::Backend { location, .. } => location.clone(),
            _ => None,
        }
    }
}
