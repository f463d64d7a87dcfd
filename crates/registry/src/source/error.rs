//! Why an image cannot be taken from where it was said to be.

use std::path::PathBuf;

use crate::digest::{Digest, DigestError};

/// Why a source gives no image. Each names the source, what is wrong in it, and where.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the source {given:?} does not say what kind it is")]
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
    #[error("{source_name} is not an image: {reason}")]
    NotAnImage {
        source_name: String,
        reason: String,
        hint: Option<String>,
    },
    #[error(
        "{archive} is cut short: {entry} needs bytes up to {needs}, and the file ends at {has}"
    )]
    Truncated {
        archive: String,
        entry: String,
        needs: u64,
        has: u64,
    },
    #[error("{source_name} is refused: {reason}")]
    Refused { source_name: String, reason: String },
    #[error("{source_name} has no blob {digest}, which {named_by} names")]
    MissingBlob {
        source_name: String,
        digest: Digest,
        named_by: String,
        hint: Option<String>,
    },
    #[error("{source_name}: {what} should be {expected}, and its bytes are {found}")]
    Mismatch {
        source_name: String,
        what: String,
        expected: String,
        found: String,
    },
    #[error("{source_name} holds {} images, and none was chosen", choices.len())]
    Ambiguous {
        source_name: String,
        choices: Vec<String>,
        example: String,
    },
    #[error("{source_name} has no image {wanted:?}")]
    NoSuchImage {
        source_name: String,
        wanted: String,
        choices: Vec<String>,
    },
    #[error("{source_name} has no image for the platform {wanted}")]
    NoSuchPlatform {
        source_name: String,
        wanted: String,
        have: Vec<String>,
    },
    #[error("{what} in {source_name}")]
    Digest {
        source_name: String,
        what: String,
        source: DigestError,
    },
    #[error("the Docker engine at {socket} {problem}")]
    Daemon {
        socket: String,
        problem: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
        absent: bool,
    },
}

impl SourceError {
    /// Whether something named is not there, as against there and unusable.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::NoSuchImage { .. }
                | Self::NoSuchPlatform { .. }
                | Self::Daemon { absent: true, .. }
        )
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Kind { write, .. } => Some(format!("write {write}")),
            Self::Missing { path } if path.is_relative() => std::env::current_dir()
                .ok()
                .map(|here| format!("looked in {}", here.display())),
            Self::NotAnImage { hint, .. } | Self::MissingBlob { hint, .. } => hint.clone(),
            Self::Truncated { .. } => {
                Some("the step that wrote or downloaded it was cut off: make it again".to_owned())
            }
            Self::Ambiguous {
                choices, example, ..
            } => Some(format!(
                "it has {}; choose one as {example}",
                choices.join(", ")
            )),
            Self::NoSuchImage { choices, .. } => Some(match choices.as_slice() {
                [] => "it has no named images".to_owned(),
                names => format!("it has {}", names.join(", ")),
            }),
            Self::NoSuchPlatform { have, .. } => Some(format!("it has {}", have.join(", "))),
            Self::Daemon { absent: false, .. } => Some(
                "start the engine, or save the image to a file and push docker-archive:TAR"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Names a source in the errors that concern it.
#[derive(Debug, Clone)]
pub(crate) struct Named(pub String);

impl Named {
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

    pub fn digest(&self, what: &str) -> impl FnOnce(DigestError) -> SourceError {
        let (source_name, what) = (self.0.clone(), format!("{what} is unusable"));
        move |source| SourceError::Digest {
            source_name,
            what,
            source,
        }
    }
}
