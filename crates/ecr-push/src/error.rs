//! Why an image is not where it should be: exit codes and what to do.

use std::time::Duration;

use ecs_model::ParseDurationError;
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SecretError};
use registry::{Digest, PlatformError, Refusal, RepositoryError, SourceError};

use crate::findings::{SeverityError, Table};

/// How a push can end other than well.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Registry(Box<registry::Error>),
    #[error(transparent)]
    Aws(Box<AwsError>),
    #[error(transparent)]
    Session(Box<SessionError>),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Severity(#[from] SeverityError),
    #[error("--source - reads standard input, and that is a terminal")]
    Terminal,
    #[error("{given:?} is not an account")]
    Account { given: String },
    #[error("{given:?} is not KEY=VALUE (--resource-tag)")]
    ResourceTag { given: String },
    #[error("{kind} has no level {level} (--compression-level)")]
    Level {
        kind: &'static str,
        level: u8,
        highest: u8,
    },
    #[error("--scan-timeout: {0}")]
    Timeout(ParseDurationError),
    #[error("{flag} is for ECR, and {registry} is a plain OCI registry")]
    NotEcr {
        flag: &'static str,
        registry: String,
    },
    #[error("--registry {registry} is in {theirs}, and --region says {ours}")]
    OtherRegion {
        registry: String,
        theirs: String,
        ours: String,
    },
    #[error("ECR gave no usable login: {reason}")]
    Login { reason: String },
    #[error("the repository {name} does not exist in {registry}")]
    NoRepository { name: String, registry: String },
    #[error("ECR cut the connection each time an upload to {repository} was opened")]
    UploadsCut {
        repository: String,
        source: Box<registry::Error>,
    },
    #[error("the tag {tag} of {repository} is immutable and names another image")]
    ImmutableTag {
        tag: String,
        repository: String,
        now: Digest,
        /// The image's digest, where it is known before compressing.
        ours: Option<Digest>,
    },
    #[error("the scan of {image} found {}", table.heading())]
    Findings { image: String, table: Table },
    #[error("ECR does not scan {image}: {reason}")]
    NotScanned { image: String, reason: String },
    #[error("the scan of {image} is not complete after {} s", after.as_secs())]
    ScanTimeout { image: String, after: Duration },
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

impl From<registry::Error> for Error {
    /// What was found out about a cut connection is an error of this crate.
    fn from(error: registry::Error) -> Self {
        match error {
            registry::Error::Source(source) => Self::Source(source),
            registry::Error::Diagnosed(reason) => match reason.downcast::<Self>() {
                Ok(found) => *found,
                Err(reason) => Self::Registry(Box::new(registry::Error::Diagnosed(reason))),
            },
            registry::Error::Credentials { host, source } => match source.downcast::<Self>() {
                Ok(found) => *found,
                Err(source) => {
                    Self::Registry(Box::new(registry::Error::Credentials { host, source }))
                }
            },
            error => Self::Registry(Box::new(error)),
        }
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Source(error) if error.is_absence() => Exit::NotFound,
            Self::Source(_) => Exit::Invalid,
            Self::Registry(error) => registry_exit(error),
            Self::Aws(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::File(error) => error.exit(),
            Self::Secret(error) => error.exit(),
            Self::Login { .. } => Exit::Unreachable,
            Self::NoRepository { .. } => Exit::NotFound,
            Self::UploadsCut { .. } => Exit::Denied,
            Self::Findings { .. } | Self::NotScanned { .. } => Exit::Failed,
            Self::ScanTimeout { .. } => Exit::TimedOut,
            Self::ImmutableTag { .. } => Exit::Invalid,
            Self::Repository(_)
            | Self::Platform(_)
            | Self::Severity(_)
            | Self::Terminal
            | Self::Account { .. }
            | Self::ResourceTag { .. }
            | Self::Level { .. }
            | Self::Timeout(_)
            | Self::NotEcr { .. }
            | Self::OtherRegion { .. } => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Registry(error) => registry_hint(error),
            Self::Aws(error) => error.hint(),
            Self::Session(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::Secret(error) => error.hint(),
            Self::Terminal => {
                Some("pipe a tar into it: docker save app:v1 | ecr-push …".to_owned())
            }
            Self::Account { .. } => Some("an account is twelve digits".to_owned()),
            Self::Level { highest, .. } => Some(format!("it has levels 1 to {highest}")),
            Self::NotEcr { .. } => Some(
                "leave it out, or name ECR's API by --endpoint-url if this is an emulator"
                    .to_owned(),
            ),
            Self::OtherRegion { theirs, .. } => {
                Some(format!("leave --region out, or set it to {theirs}"))
            }
            Self::NoRepository { .. } => Some(
                "create it first, push with --create-repository, or check --region and \
                 --registry-id"
                    .to_owned(),
            ),
            Self::UploadsCut { .. } => Some(
                "the repository exists, so the role of this job may lack \
                 ecr:InitiateLayerUpload on it: allow it, with ecr:UploadLayerPart, \
                 ecr:CompleteLayerUpload and ecr:PutImage"
                    .to_owned(),
            ),
            Self::ImmutableTag { now, ours, .. } => {
                let ours = match ours {
                    Some(ours) => format!("this image is {ours}"),
                    None => "this image has another config".to_owned(),
                };
                Some(format!(
                    "it names {now}, and {ours}: give this image a tag of its own; nothing was sent"
                ))
            }
            Self::Findings { .. } => Some(
                "the image was pushed, and is not to be deployed: build it on a mended base, or \
                 accept what was found by a narrower --fail-on-severity"
                    .to_owned(),
            ),
            Self::NotScanned { .. } => Some(
                "the image was pushed; switch scanning on for the repository (--scan-on-push when \
                 it is created), or leave --fail-on-severity out"
                    .to_owned(),
            ),
            Self::ScanTimeout { .. } => Some(
                "the image was pushed; a rerun only waits for the scan, --scan-timeout longer"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

fn registry_exit(error: &registry::Error) -> Exit {
    use registry::Error as E;
    match error {
        E::Source(source) if source.is_absence() => Exit::NotFound,
        E::Source(_) => Exit::Invalid,
        E::Local { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Exit::Denied
        }
        E::Local { .. } | E::Client { .. } => Exit::Invalid,
        E::Unreachable { .. } | E::Cut { .. } | E::Stalled { .. } | E::Violation { .. } => {
            Exit::Unreachable
        }
        E::TagTaken { .. } => Exit::Superseded,
        E::Credentials { .. } => Exit::Denied,
        E::Diagnosed(_) => Exit::Unreachable,
        E::Refused { refusal, .. } => match refusal.status.as_u16() {
            401 | 403 => Exit::Denied,
            404 => Exit::NotFound,
            408 | 429 | 500.. => Exit::Unreachable,
            _ if refusal.code.as_deref() == Some("DENIED") => Exit::Denied,
            _ => Exit::Invalid,
        },
    }
}

fn registry_hint(error: &registry::Error) -> Option<String> {
    use registry::Error as E;
    match error {
        E::Refused { refusal, .. } => refusal_hint(refusal),
        E::Unreachable { .. } => {
            Some("check --registry, --region, HTTPS_PROXY and the network".to_owned())
        }
        E::Cut { .. } | E::Stalled { .. } => {
            Some("run it again: what has arrived is not sent twice".to_owned())
        }
        E::TagTaken { .. } => Some(
            "another pipeline pushed it between the look and the write; give this image a tag of \
             its own"
                .to_owned(),
        ),
        E::Local { .. } => Some("TMPDIR names another folder for temporary files".to_owned()),
        _ => None,
    }
}

fn refusal_hint(refusal: &Refusal) -> Option<String> {
    let status = refusal.status.as_u16();
    // ECR names the action that is missing.
    let action = refusal
        .message
        .split_once("is not authorized to perform: ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    match (status, refusal.code.as_deref()) {
        (401 | 403, _) | (_, Some("DENIED")) => Some(match action {
            Some(action) if refusal.message.contains("resource-based policy") => {
                format!("allow {action} in the repository's policy, for the role of this job")
            }
            Some(action) => format!("allow {action} to the role of this job"),
            None => "check that the credentials may push here (ECR: ecr:InitiateLayerUpload, \
                     ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:BatchCheckLayerAvailability, \
                     ecr:PutImage; elsewhere: --registry-username)"
                .to_owned(),
        }),
        (429, _) => {
            Some("many pipelines share the registry's rate limits; run it again".to_owned())
        }
        (_, Some("MANIFEST_BLOB_UNKNOWN")) => Some(
            "a blob went away between the look and the write, as a lifecycle policy may do it; \
             run it again"
                .to_owned(),
        ),
        _ => None,
    }
}
