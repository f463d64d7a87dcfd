//! Why a backend's block gives no place.

use std::path::PathBuf;

use pipeline_io::{Exit, Failure, SourceLocation};

/// Why the backend's block gives no place.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the folder {} does not exist", .path.display())]
    NoFolder { path: PathBuf },
    #[error("the folder {} holds no .tf files", .path.display())]
    NoFiles { path: PathBuf },
    #[error("cannot read {}", .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{problem}")]
    Syntax {
        place: SourceLocation,
        problem: String,
    },
    #[error("a second {second} block, and the first stands at {first}")]
    Two {
        place: SourceLocation,
        first: SourceLocation,
        second: String,
    },
    #[error("`{name}` is no literal value, and Terraform takes nothing else in a backend block")]
    NotLiteral { place: SourceLocation, name: String },
    #[error("the {kind} backend has no `{name}`")]
    Missing {
        place: Option<SourceLocation>,
        kind: String,
        name: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not {wanted}")]
    Kind {
        place: Option<SourceLocation>,
        kind: String,
        name: String,
        wanted: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not supported here")]
    Unsupported {
        place: Option<SourceLocation>,
        kind: String,
        name: &'static str,
        hint: &'static str,
    },
    #[error("states in the {kind} backend are not read")]
    Backend {
        place: Option<SourceLocation>,
        kind: String,
    },
    #[error(
        "--backend-config {name}=… puts a secret on the command line, which others on the machine can read"
    )]
    SecretInArguments { name: String },
}

impl Failure for BackendError {
    fn exit(&self) -> Exit {
        match self {
            BackendError::NoFolder { .. } | BackendError::NoFiles { .. } => Exit::NotFound,
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
            BackendError::NoFolder { .. } | BackendError::NoFiles { .. } => {
                "--from-backend takes the folder of the root module, as Infra".to_owned()
            }
            BackendError::Missing { name, .. } => {
                format!("give it with --backend-config {name}=VALUE or --backend-config FILE, as `terraform init` was given it")
            }
            BackendError::Backend { .. } => {
                "use `terraform output -json | tf-outputs --state -` in the folder, after `terraform init`".to_owned()
            }
            BackendError::NotLiteral { .. } => {
                "write the value itself, or leave it out and give it with --backend-config".to_owned()
            }
            BackendError::SecretInArguments { name } => {
                format!("write `{name} = …` into a file and give --backend-config FILE, or use the backend's variable")
            }
            BackendError::Unsupported { hint, .. } => (*hint).to_owned(),
            BackendError::Read { .. }
            | BackendError::Syntax { .. }
            | BackendError::Two { .. }
            | BackendError::Kind { .. } => return None,
        })
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            BackendError::Syntax { place, .. }
            | BackendError::Two { place, .. }
            | BackendError::NotLiteral { place, .. } => Some(place.clone()),
            BackendError::Missing { place, .. }
            | BackendError::Kind { place, .. }
            | BackendError::Unsupported { place, .. }
            | BackendError::Backend { place, .. } => place.clone(),
            _ => None,
        }
    }
}
