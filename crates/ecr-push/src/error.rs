//! Why a push failed, with the exit codes and the hints.

use std::time::Duration;

use ecs_model::ParseDurationError;
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SecretError};
use registry::{Digest, PlatformError, Refusal, RepositoryError, SourceError};

use crate::findings::{FindingsTable, SeverityError};

/// Why a push failed.
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
    #[error("--source - reads standard input, but it is a terminal")]
    Terminal,
    #[error("--registry-id {given:?} is not an AWS account ID")]
    Account { given: String },
    #[error("--resource-tag {given:?} is not KEY=VALUE")]
    ResourceTag { given: String },
    #[error("--compression-level {level} is not a level of {kind}")]
    Level {
        kind: &'static str,
        level: u8,
        highest: u8,
    },
    #[error("--scan-timeout: {0}")]
    Timeout(ParseDurationError),
    #[error("{flag} must be a name, but {given:?} is a URI")]
    RepositoryUri {
        flag: &'static str,
        given: String,
        /// The name in the URI.
        name: String,
    },
    #[error("{flag} requires ECR, but {registry} is a plain OCI registry")]
    NotEcr {
        flag: &'static str,
        registry: String,
    },
    #[error("--registry-username has no password")]
    NoPassword,
    #[error("--registry {registry} is in {theirs}, but --region is {ours}")]
    OtherRegion {
        registry: String,
        theirs: String,
        ours: String,
    },
    #[error("ECR returned an unusable answer: {reason}")]
    EcrAnswer { reason: String },
    #[error("the repository {name} does not exist in {registry}")]
    NoRepository { name: String, registry: String },
    #[error("ECR closed the connection at the start of every upload to {repository}")]
    UploadsCut {
        repository: String,
        source: Box<registry::Error>,
    },
    #[error("the tag {tag} of {repository} is immutable and refers to another image")]
    ImmutableTag {
        tag: String,
        repository: String,
        now: Digest,
        /// The digest of this image, if it is known before the layers are compressed.
        ours: Option<Digest>,
    },
    #[error("the scan of {image} found {}", table.heading())]
    Findings { image: String, table: FindingsTable },
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
    /// A diagnosis of a broken connection, or a failed login, is an error of this crate.
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
            Self::Source(error) if error.is_unreachable() => Exit::Unreachable,
            Self::Source(_) => Exit::Invalid,
            Self::Registry(error) => registry_exit(error),
            Self::Aws(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::File(error) => error.exit(),
            Self::Secret(error) => error.exit(),
            Self::EcrAnswer { .. } => Exit::Unreachable,
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
            | Self::NoPassword
            | Self::RepositoryUri { .. }
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
                Some("pipe an archive into it, e.g. docker save app:v1 | ecr-push --source - --repository app".to_owned())
            }
            Self::Account { .. } => Some("an account ID has twelve digits".to_owned()),
            Self::Level { highest, .. } => Some(format!("use a level from 1 to {highest}")),
            Self::NotEcr { .. } => Some(
                "remove it, or set --endpoint-url if the registry belongs to an emulator of ECR"
                    .to_owned(),
            ),
            Self::NoPassword => {
                Some("set FARGATE_REGISTRY_PASSWORD or --registry-password-file".to_owned())
            }
            Self::OtherRegion { theirs, .. } => {
                Some(format!("remove --region, or set it to {theirs}"))
            }
            Self::RepositoryUri { flag, name, .. } => Some(format!(
                "use {flag} {name}, and --registry for the host"
            )),
            Self::NoRepository { .. } => Some(
                "create it first, push with --create-repository, or check --region and \
                 --registry-id"
                    .to_owned(),
            ),
            Self::UploadsCut { .. } => Some(
                "the repository exists, so the role of this job probably lacks permissions: allow \
                 ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and \
                 ecr:PutImage on the repository"
                    .to_owned(),
            ),
            Self::ImmutableTag { now, ours, .. } => {
                let ours = match ours {
                    Some(ours) => format!("this image is {ours}"),
                    None => "this image has another config".to_owned(),
                };
                Some(format!(
                    "it refers to {now}, but {ours}: use a new tag for this image; nothing was sent"
                ))
            }
            Self::Findings { .. } => Some(
                "the image was pushed, but should not be deployed: update its packages or its base \
                 image, or accept these findings with a narrower --fail-on-severity"
                    .to_owned(),
            ),
            Self::NotScanned { .. } => Some(
                "the image was pushed; enable scanning for the repository (--scan-on-push when it is \
                 created), or remove --fail-on-severity"
                    .to_owned(),
            ),
            Self::ScanTimeout { .. } => Some(
                "the image was pushed; run it again with a longer --scan-timeout to wait for the scan"
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
        E::Source(source) if source.is_unreachable() => Exit::Unreachable,
        E::Source(_) => Exit::Invalid,
        E::Local { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Exit::Denied
        }
        E::Local { .. } | E::Client { .. } => Exit::Invalid,
        E::Unreachable { .. }
        | E::Cut { .. }
        | E::Stalled { .. }
        | E::Violation { .. }
        | E::NotRegistry { .. } => Exit::Unreachable,
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
        E::Unreachable { source, .. } => {
            let specific = source.connect.as_ref().and_then(|connect| connect.hint());
            let general = "check --registry, --region, HTTPS_PROXY and the network";
            Some(specific.unwrap_or(general).to_owned())
        }
        E::Cut { .. } | E::Stalled { .. } => {
            Some("run it again: blobs that have arrived are not sent again".to_owned())
        }
        E::NotRegistry { .. } => Some(
            "a proxy or a login page answered: check --registry, HTTPS_PROXY and NO_PROXY"
                .to_owned(),
        ),
        E::TagTaken { .. } => Some(
            "another pipeline pushed the tag in the meantime; use a new tag for this image"
                .to_owned(),
        ),
        E::Local { .. } => Some(
            "if the disk is full, set TMPDIR to another directory for temporary files".to_owned(),
        ),
        _ => None,
    }
}

fn refusal_hint(refusal: &Refusal) -> Option<String> {
    let status = refusal.status.as_u16();
    // ECR's message contains the missing action.
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
        (500..=599, _) => Some(
            "the registry fails at the moment: run it again later; blobs that have arrived are not \
             sent again"
                .to_owned(),
        ),
        (_, Some("MANIFEST_BLOB_UNKNOWN")) => Some(
            "a blob disappeared during the push, e.g. because of a lifecycle policy; run it again"
                .to_owned(),
        ),
        _ => None,
    }
}
