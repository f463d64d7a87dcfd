//! Errors that prevent a verdict, and verdicts that are not a success.
//!
//! Decided here: their exit codes and hints. Never here: what the verdict is.

use std::path::PathBuf;

use ecs_client::NoCluster;
use ecs_model::{ParseDeploymentRefError, ParseDurationError};
use pipeline_aws::{AwsError, SessionError};
use pipeline_http::ClientError;
use pipeline_io::{Exit, Failure, FileError, SecretError};
use rollout::{Outcome, ParseUntilError};

/// Why the program ends with an exit code other than 0.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("--until: {0}")]
    Until(ParseUntilError),
    #[error("--timeout: {0}")]
    Timeout(ParseDurationError),
    #[error("{flag} requires {needs}")]
    FlagNeeds {
        flag: &'static str,
        needs: &'static str,
    },
    #[error("--deployment belongs to service {service} in cluster {cluster}")]
    OtherService { service: String, cluster: String },
    #[error("--deployment is in {there}, but the region is {here}")]
    OtherRegion { there: String, here: String },
    #[error("--probe {why}")]
    Probe { why: &'static str },
    #[error("cannot create an HTTP client for --probe")]
    ProbeClient { source: reqwest::Error },
    #[error(transparent)]
    Roots(#[from] ClientError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("--deployment {number:?} is not an ARN, ecs-svc/ID or a file")]
    BareNumber { number: String },
    #[error("--deployment {path} is not JSON")]
    ResultNotJson {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("--deployment {path} does not contain a deployment")]
    NoDeploymentInFile {
        path: PathBuf,
        source: ParseDeploymentRefError,
    },
    #[error(transparent)]
    DeploymentRef(#[from] ParseDeploymentRefError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Aws(Box<AwsError>),
    #[error("ecs {operation}: the response does not match the documentation of AWS")]
    Response {
        operation: &'static str,
        source: serde_json::Error,
    },
    #[error(transparent)]
    NoCluster(#[from] NoCluster),
    #[error("service {service} does not exist in cluster {cluster}")]
    NoService { cluster: String, service: String },
    #[error("deployment {deployment} not found in service {service}")]
    NeverSeen { service: String, deployment: String },
    #[error("service {service} is deployed by {controller}, not by ECS")]
    ForeignController { service: String, controller: String },
    #[error(
        "service {service} uses the strategy {strategy}, which is visible only in service deployments"
    )]
    NeedsServiceDeployments {
        service: String,
        strategy: &'static str,
    },
    #[error("service {service} uses the strategy ROLLING, which does not have a stage {stage}")]
    NoStages {
        service: String,
        stage: &'static str,
    },
    #[error("AWS could not be reached until the timeout; the deployment of {service} continues")]
    Unreachable {
        service: String,
        source: Box<AwsError>,
    },
    #[error("cannot reach {host} within {after} s{}", reason_of(source.as_deref()))]
    NoContact {
        host: String,
        /// In seconds.
        after: u64,
        source: Option<Box<AwsError>>,
    },
    #[error("lost access to AWS while waiting; the deployment of {service} continues")]
    AccessLost {
        service: String,
        source: Box<AwsError>,
    },
    /// The job was cancelled. The message contains the state of the deployment and what was done.
    #[error("{message}")]
    Interrupted {
        message: String,
        hint: Option<String>,
        source: Option<Box<AwsError>>,
    },
    /// A verdict that is not a success.
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
            Self::Aws(error) | Self::AccessLost { source: error, .. } => error.exit(),
            Self::NoCluster(_) | Self::NoService { .. } | Self::NeverSeen { .. } => Exit::NotFound,
            Self::NeedsServiceDeployments { .. } => Exit::Denied,
            Self::Response { .. } | Self::Unreachable { .. } | Self::NoContact { .. } => {
                Exit::Unreachable
            }
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::ProbeClient { .. } => Exit::Bug,
            Self::Verdict { outcome, .. } => exit_of(outcome),
            Self::Until(_)
            | Self::Timeout(_)
            | Self::BareNumber { .. }
            | Self::ResultNotJson { .. }
            | Self::NoDeploymentInFile { .. }
            | Self::DeploymentRef(_)
            | Self::ForeignController { .. }
            | Self::FlagNeeds { .. }
            | Self::OtherService { .. }
            | Self::OtherRegion { .. }
            | Self::Probe { .. }
            | Self::Roots(_)
            | Self::NoStages { .. } => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Probe { .. } => Some("e.g. --probe https://example.com/health".to_owned()),
            Self::Session(error) => error.hint(),
            Self::Aws(error)
            | Self::Unreachable { source: error, .. }
            | Self::AccessLost { source: error, .. } => error.hint(),
            Self::OtherService { .. } => {
                Some("set --cluster and --service to the ones that it belongs to".to_owned())
            }
            Self::OtherRegion { there, .. } => Some(format!("set --region {there}")),
            Self::Interrupted { hint, .. } => hint.clone(),
            Self::NoContact { .. } => {
                Some("check --region, --endpoint-url, HTTPS_PROXY and the network".to_owned())
            }
            Self::BareNumber { number } => Some(format!("did you mean ecs-svc/{number}?")),
            Self::NoCluster(_) => Some(NoCluster::HINT.to_owned()),
            Self::NoService { .. } => Some("check --cluster, --service and --region".to_owned()),
            Self::NeverSeen { .. } => Some(
                "check --deployment, --cluster and --service; ECS forgets old deployments"
                    .to_owned(),
            ),
            Self::NeedsServiceDeployments { .. } => Some(
                "allow ecs:ListServiceDeployments, ecs:DescribeServiceDeployments and \
                 ecs:DescribeServiceRevisions for the role of this job"
                    .to_owned(),
            ),
            Self::ForeignController { .. } => Some(
                "wait-healthy supports only services with the deployment controller ECS".to_owned(),
            ),
            Self::NoStages { .. } => {
                Some("set --until to running, healthy or completed".to_owned())
            }
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

impl Error {
    /// Names the cluster and the region if AWS does not know the cluster.
    pub fn naming_cluster(self, cluster: &str, region: &str) -> Self {
        match self {
            Self::Aws(source) => match NoCluster::of(source, cluster, region) {
                Ok(error) => error.into(),
                Err(source) => Self::Aws(source),
            },
            other => other,
        }
    }
}

/// The innermost error, which is the most specific one.
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Why AWS could not be reached, as the end of a message.
fn reason_of(error: Option<&AwsError>) -> String {
    error.map_or_else(String::new, |error| format!(": {}", innermost(error)))
}

/// The exit code of an outcome. The table of exit codes is in `pipeline-io`.
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
