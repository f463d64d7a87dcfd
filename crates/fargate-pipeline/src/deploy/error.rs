//! The errors of a deployment that belong to none of its steps.

use ecs_client::NoCluster;
use ecs_client::ReadError;
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SourceLocation};

/// Why a deployment could not start or continue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no {what} is known")]
    NoTarget { what: &'static str },
    #[error("the {what} of the deployment is not known: {why}")]
    Unknown {
        what: &'static str,
        why: String,
        hint: &'static str,
    },
    #[error(
        "service {service} does not exist in cluster {cluster}, so there is no task definition to start from"
    )]
    NoService { cluster: String, service: String },
    #[error("two images are given: --source {given} and --image {image}")]
    TwoImages { given: String, image: String },
    #[error("no Dockerfile at {path}")]
    NoDockerfile { path: String },
    #[error("neither a Docker daemon nor buildah is available to build the image")]
    NoBuilder,
    #[error("cannot start {builder}")]
    Start {
        builder: &'static str,
        source: std::io::Error,
    },
    #[error("{builder} could not build the image: {status}")]
    Build {
        builder: &'static str,
        status: std::process::ExitStatus,
    },
    #[error("cannot create a directory for the results")]
    Results { source: std::io::Error },
    #[error("{message}")]
    Definition {
        message: String,
        location: SourceLocation,
    },
    #[error("{file} does not contain the outputs of a state")]
    Outputs { file: String },
    #[error("{message}")]
    Access { message: String },
    #[error("deploy was interrupted")]
    Interrupted,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("cannot read the live service")]
    Read { source: ReadError },
    #[error(transparent)]
    Cluster(#[from] NoCluster),
    #[error(transparent)]
    Aws(Box<AwsError>),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Aws(error) => Self::Aws(error),
            source => Self::Read { source },
        }
    }
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::TwoImages { .. }
            | Self::NoTarget { .. }
            | Self::Unknown { .. }
            | Self::Definition { .. } => Exit::Invalid,
            Self::NoService { .. } | Self::NoDockerfile { .. } | Self::NoBuilder => Exit::NotFound,
            Self::Start { .. } | Self::Build { .. } | Self::Results { .. } => Exit::Failed,
            Self::Outputs { .. } | Self::Access { .. } => Exit::Invalid,
            Self::Interrupted => Exit::Interrupted,
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Read { .. } => Exit::Failed,
            Self::Cluster(_) => Exit::NotFound,
            Self::Aws(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoTarget { what } => Some(format!(
                "set --{what}, write `{what}: NAME` into fargate.yml, or name a Terraform state with --state"
            )),
            Self::Unknown { hint, .. } => Some((*hint).to_owned()),
            Self::NoService { .. } => Some(
                "check --cluster, --service and --region, or add taskdef.json and service.json to create the service"
                    .to_owned(),
            ),
            Self::NoDockerfile { .. } => Some(
                "set --context and --dockerfile, or set --source to an existing image, e.g. oci:DIR"
                    .to_owned(),
            ),
            Self::TwoImages { .. } => Some(
                "leave out one, or write --image CONTAINER=URI for the image of another container"
                    .to_owned(),
            ),
            Self::NoBuilder => {
                Some("install one, or set --source to an existing image, e.g. oci:DIR".to_owned())
            }
            Self::File(error) => error.hint(),
            Self::Session(error) => error.hint(),
            Self::Cluster(_) => Some(NoCluster::HINT.to_owned()),
            Self::Aws(error) => error.hint(),
            _ => None,
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Self::Definition { location, .. } => Some(location.clone()),
            Self::File(error) => error.location(),
            _ => None,
        }
    }
}
