//! Why an image cannot be read from its source.

use std::path::PathBuf;

use crate::digest::{Digest, DigestError};

/// Why an image cannot be read from its source. Each error names the source, the problem, and where
/// it is.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the source {given:?} does not start with a known kind")]
    Kind {
        given: String,
        /// What to write instead.
        write: String,
    },
    #[error("the source {} does not exist", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read {what}")]
    Read {
        what: String,
        source: std::io::Error,
    },
    #[error("cannot write {source_name} to a temporary file")]
    Spool {
        source_name: String,
        source: std::io::Error,
    },
    #[error("{source_name} is not an image: {reason}")]
    NotAnImage {
        source_name: String,
        reason: String,
        hint: Option<String>,
    },
    #[error(
        "{archive} is truncated: {entry} needs bytes up to {needs}, but the file ends at {has}"
    )]
    Truncated {
        archive: String,
        entry: String,
        needs: u64,
        has: u64,
    },
    #[error("{source_name} is rejected: {reason}")]
    Refused { source_name: String, reason: String },
    #[error("{source_name} does not contain the blob {digest}, which {named_by} refers to")]
    MissingBlob {
        source_name: String,
        digest: Digest,
        named_by: String,
        hint: Option<String>,
    },
    #[error("{source_name}: {what} should {expected}, but it has {found}")]
    Mismatch {
        source_name: String,
        what: String,
        expected: String,
        found: String,
    },
    #[error("{source_name} contains {} images, but none was selected", choices.len())]
    Ambiguous {
        source_name: String,
        choices: Vec<String>,
        example: String,
    },
    #[error("{source_name} does not contain the image {wanted:?}")]
    NoSuchImage {
        source_name: String,
        wanted: String,
        choices: Vec<String>,
    },
    #[error("{source_name} does not contain an image for the platform {wanted}")]
    NoSuchPlatform {
        source_name: String,
        wanted: String,
        have: Vec<String>,
    },
    #[error("{what} in {source_name} is invalid")]
    Digest {
        source_name: String,
        what: String,
        source: DigestError,
    },
    #[error("DOCKER_HOST={host} is not supported: {reason}")]
    DockerHost { host: String, reason: &'static str },
    #[error("the Docker engine at {address} {problem}")]
    Daemon {
        address: String,
        problem: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
        absent: bool,
    },
}

impl SourceError {
    /// Whether something does not exist, rather than being invalid.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::NoSuchImage { .. }
                | Self::NoSuchPlatform { .. }
                | Self::Daemon { absent: true, .. }
        )
    }

    /// Whether a Docker engine could not be reached or did not answer as one.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Daemon { absent: false, .. })
    }

    /// The next action of the user.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Kind { write, .. } => Some(format!("write {write}")),
            Self::Missing { path } if path.is_relative() => std::env::current_dir()
                .ok()
                .map(|here| format!("looked in {}", here.display())),
            Self::NotAnImage { hint, .. } | Self::MissingBlob { hint, .. } => hint.clone(),
            Self::Truncated { .. } => Some(
                "the step that wrote or downloaded it was interrupted: create it again".to_owned(),
            ),
            Self::Ambiguous {
                choices, example, ..
            } => Some(format!(
                "it contains {}; select one, e.g. --source {example}",
                choices.join(", ")
            )),
            Self::NoSuchImage { choices, .. } => Some(match choices.as_slice() {
                [] => "it contains no images with a name".to_owned(),
                names => format!("it contains {}", names.join(", ")),
            }),
            Self::NoSuchPlatform { have, .. } => Some(format!("it contains {}", have.join(", "))),
            Self::Daemon { absent: false, .. } => Some(
                "start the engine, check DOCKER_HOST, or use a pipe instead: docker save NAME | \
                 ecr-push --source - …"
                    .to_owned(),
            ),
            Self::DockerHost { .. } => {
                Some("use a pipe instead: docker save NAME | ecr-push --source - …".to_owned())
            }
            Self::Spool { .. } => Some("set TMPDIR to a directory with enough space".to_owned()),
            _ => None,
        }
    }
}

/// Creates errors that name the source.
#[derive(Debug, Clone)]
pub(crate) struct SourceName(pub String);

impl SourceName {
    pub fn not_an_image(&self, reason: impl Into<String>) -> SourceError {
        SourceError::NotAnImage {
            source_name: self.0.clone(),
            reason: reason.into(),
            hint: None,
        }
    }

    pub fn refused(&self, reason: impl Into<String>) -> SourceError {
        SourceError::Refused {
            source_name: self.0.clone(),
            reason: reason.into(),
        }
    }

    pub fn read(&self, what: &str, source: std::io::Error) -> SourceError {
        SourceError::Read {
            what: format!("{what} of {}", self.0),
            source,
        }
    }

    pub fn spool(&self, source: std::io::Error) -> SourceError {
        SourceError::Spool {
            source_name: self.0.clone(),
            source,
        }
    }

    pub fn digest(&self, what: &str) -> impl FnOnce(DigestError) -> SourceError {
        let (source_name, what) = (self.0.clone(), what.to_owned());
        move |source| SourceError::Digest {
            source_name,
            what,
            source,
        }
    }
}
