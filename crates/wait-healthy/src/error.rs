//! What can keep a wait from its verdict, and the verdicts that are no success.

use std::path::PathBuf;

use ecs_model::{ParseDeploymentRefError, ParseDurationError};
use pipeline_aws::{AwsError, SessionError};
use pipeline_http::RootsError;
use pipeline_io::{Exit, Failure, FileError, SecretError};
use rollout::{Outcome, ParseUntilError};

/// Why the program ends with another code than 0.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("--until: {0}")]
    Until(ParseUntilError),
    #[error("--timeout: {0}")]
    Timeout(ParseDurationError),
    #[error("{flag} needs {needs} to go with")]
    Lonely {
        flag: &'static str,
        needs: &'static str,
    },
    #[error("--deployment is one of service {service} in cluster {cluster}")]
    Elsewhere { service: String, cluster: String },
    #[error("--deployment is one in {there}, and the region is {here}")]
    OtherRegion { there: String, here: String },
    #[error("the address of --probe {why}")]
    Probe { why: &'static str },
    #[error("no HTTP client for --probe")]
    ProbeClient { source: reqwest::Error },
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("--deployment {path} is not JSON")]
    Result {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("--deployment {path} names no deployment")]
    NoHandleIn {
        path: PathBuf,
        source: ParseDeploymentRefError,
    },
    #[error(transparent)]
    Handle(#[from] ParseDeploymentRefError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Aws(Box<AwsError>),
    #[error("ecs {operation}: the answer is not as AWS documents it")]
    Answer {
        operation: &'static str,
        source: serde_json::Error,
    },
    #[error("cluster {cluster} has no service {service}")]
    NoService { cluster: String, service: String },
    #[error("no deployment of {service} is to be seen that is {deployment}")]
    NeverSeen { service: String, deployment: String },
    #[error("{service} is deployed by {controller}, not by ECS itself")]
    Controller { service: String, controller: String },
    #[error("{service} deploys by {strategy}, which shows only in service deployments")]
    NeedsServiceDeployments {
        service: String,
        strategy: &'static str,
    },
    #[error("{service} deploys by ROLLING, which has no stage {stage}")]
    NoStages {
        service: String,
        stage: &'static str,
    },
    #[error(
        "AWS could not be reached until the deadline passed; the deployment of {service} goes on"
    )]
    OutOfReach {
        service: String,
        source: Box<AwsError>,
    },
    #[error("AWS refuses to be asked any further; the deployment of {service} goes on")]
    CutOff {
        service: String,
        source: Box<AwsError>,
    },
    /// A cancelled job; what is known of the deployment, and what was done.
    #[error("{said}")]
    Interrupted {
        said: String,
        hint: Option<String>,
        source: Option<Box<AwsError>>,
    },
    /// A verdict.
    #[error("{summary}")]
    Verdict {
        summary: String,
        hint: Option<String>,
        outcome: Box<Outcome>,
    },
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Secret(error) => error.exit(),
            Self::Aws(error) | Self::CutOff { source: error, .. } => error.exit(),
            Self::NoService { .. } | Self::NeverSeen { .. } => Exit::NotFound,
            Self::NeedsServiceDeployments { .. } => Exit::Denied,
            Self::Answer { .. } | Self::OutOfReach { .. } => Exit::Unreachable,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::ProbeClient { .. } => Exit::Bug,
            Self::Verdict { outcome, .. } => exit_of(outcome),
            Self::Until(_)
            | Self::Timeout(_)
            | Self::Result { .. }
            | Self::NoHandleIn { .. }
            | Self::Handle(_)
            | Self::Controller { .. }
            | Self::Lonely { .. }
            | Self::Elsewhere { .. }
            | Self::OtherRegion { .. }
            | Self::Probe { .. }
            | Self::Roots(_)
            | Self::NoStages { .. } => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Session(error) => error.hint(),
            Self::Aws(error)
            | Self::OutOfReach { source: error, .. }
            | Self::CutOff { source: error, .. } => error.hint(),
            Self::Elsewhere { .. } => {
                Some("give the --cluster and --service that it belongs to".to_owned())
            }
            Self::OtherRegion { there, .. } => Some(format!("give --region {there}")),
            Self::Interrupted { hint, .. } => hint.clone(),
            Self::NoService { .. } => Some("check --cluster, --service and --region".to_owned()),
            Self::NeverSeen { .. } => Some(
                "check that --deployment belongs to this service; old deployments are forgotten"
                    .to_owned(),
            ),
            Self::NeedsServiceDeployments { .. } => Some(
                "allow ecs:ListServiceDeployments, ecs:DescribeServiceDeployments and \
                 ecs:DescribeServiceRevisions to the role of this job"
                    .to_owned(),
            ),
            Self::Verdict { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    fn verdict(&self) -> Option<&'static str> {
        match self {
            Self::Verdict { outcome, .. } => Some(outcome.name()),
            _ => None,
        }
    }
}

/// The exit code of an outcome, from the one table.
fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded(_) | Outcome::Reached(..) => Exit::Done,
        Outcome::Failed(_) | Outcome::Stopped(_) => Exit::Failed,
        Outcome::RolledBack(_) => Exit::RolledBack,
        Outcome::Superseded(_) => Exit::Superseded,
        Outcome::Paused(_) => Exit::Paused,
        Outcome::TimedOut(_) => Exit::TimedOut,
    }
}
