//! What can go wrong, each with its exit code and what to do.

use ecs_client::ReadError;
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SourceLocation};

use crate::declare::DeclareError;
use crate::plan::service::Refused;

/// An error of ecs-deploy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{message}")]
    Usage { message: String, hint: String },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{message}")]
    Document {
        message: String,
        place: Option<SourceLocation>,
        hint: Option<String>,
    },
    #[error(transparent)]
    Declare(#[from] DeclareError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Aws(Box<AwsError>),
    #[error("cluster {cluster} does not exist in {region}")]
    NoCluster {
        cluster: String,
        region: String,
        source: Box<AwsError>,
    },
    #[error("service {service} does not exist in cluster {cluster}")]
    NoService { service: String, cluster: String },
    #[error(
        "service {service} does not exist in cluster {cluster}, and nothing says how to create it"
    )]
    NothingToCreate { service: String, cluster: String },
    #[error("task definition {name} does not exist, or is not active")]
    NoRevision { name: String },
    #[error("ECS cannot describe {what}: {reason}")]
    Answer { what: String, reason: String },
    #[error("ecs {operation}: the answer is not as AWS documents it")]
    Unexpected {
        operation: &'static str,
        source: serde_json::Error,
    },
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("a deployment of service {service} is in progress: {which}")]
    Active { service: String, which: String },
    #[error("the deployment in progress of service {service} did not end in {waited}: {which}")]
    StillActive {
        service: String,
        which: String,
        waited: String,
    },
    #[error("{phase}: {said} {how}: {why}")]
    OneOff {
        phase: &'static str,
        said: String,
        how: String,
        why: String,
    },
    #[error("{phase}: {said} has not ended in time")]
    OneOffTimeout {
        phase: &'static str,
        said: String,
        task: String,
    },
    #[error("service {service} has no deployment {which}")]
    NoDeployment { service: String, which: String },
    #[error("service {service} cannot be rolled back: {why}")]
    NoSuccess { service: String, why: String },
    #[error("{given} is not the last deployment: {last} is")]
    NotLast { given: String, last: String },
    #[error("service {service} still has {left} tasks")]
    NotGone { service: String, left: u64 },
    /// A write that did not end well; `state` says what was done and what was not.
    #[error("{what} failed")]
    Write {
        what: String,
        state: String,
        source: Box<AwsError>,
    },
    /// Another writer changed what is declared here.
    #[error("another writer changed service {service} meanwhile: {members}")]
    Lost {
        service: String,
        members: String,
        state: String,
    },
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Aws(error) => Self::Aws(error),
            ReadError::Answer { operation, source } => Self::Unexpected { operation, source },
            ReadError::Failure { what, reason } => Self::Answer { what, reason },
        }
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Document { .. } | Self::Declare(_) => Exit::Invalid,
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Aws(error) => error.exit(),
            Self::Write { source, .. } => source.exit(),
            Self::NoCluster { .. }
            | Self::NoService { .. }
            | Self::NothingToCreate { .. }
            | Self::NoRevision { .. } => Exit::NotFound,
            Self::Answer { .. } | Self::Unexpected { .. } => Exit::Unreachable,
            Self::Refused(Refused::Draining { .. }) => Exit::Failed,
            Self::Refused(_) => Exit::Invalid,
            Self::Active { .. } | Self::Lost { .. } => Exit::Superseded,
            Self::StillActive { .. } | Self::OneOffTimeout { .. } => Exit::TimedOut,
            Self::OneOff { .. } => Exit::Failed,
            Self::NoDeployment { .. } | Self::NoSuccess { .. } => Exit::NotFound,
            Self::NotLast { .. } => Exit::Superseded,
            Self::NotGone { .. } => Exit::TimedOut,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => Some(hint.clone()),
            Self::Document { hint, .. } => hint.clone(),
            Self::File(error) => error.hint(),
            Self::Declare(error) => error.hint(),
            Self::Session(error) => error.hint(),
            Self::Aws(error) => error.hint(),
            Self::NoCluster { .. } => {
                Some("check --cluster and --region; Infra's output is ecs_cluster_name".into())
            }
            Self::NoService { .. } => Some("check --service, --cluster and --region".into()),
            Self::NothingToCreate { .. } => Some(
                "give --service-definition, or --outputs of the infrastructure, or --subnets; \
                 or check --service, --cluster and --region"
                    .into(),
            ),
            Self::NoRevision { .. } => {
                Some("a deregistered revision cannot be deployed; register it again".into())
            }
            Self::Refused(refused) => Some(refused_hint(refused)),
            Self::Active { .. } => Some(
                "--if-in-progress wait waits for its end, --if-in-progress proceed replaces it"
                    .into(),
            ),
            Self::StillActive { .. } => Some("--in-progress-timeout gives it longer".into()),
            Self::Write { state, source, .. } => Some(match (known(source), source.hint()) {
                (Some(hint), _) => format!("{hint}; {state}"),
                (None, Some(hint)) => format!("{hint}; {state}"),
                (None, None) => state.clone(),
            }),
            Self::Lost { state, .. } => Some(state.clone()),
            Self::OneOff { phase, .. } => Some(after_one_off(phase)),
            Self::OneOffTimeout { phase, task, .. } => Some(format!(
                "task {task} goes on, and a rerun joins it; --task-timeout gives it longer; {}",
                after_one_off(phase)
            )),
            Self::NoDeployment { .. } => Some("check --deployment, --service and --region".into()),
            Self::NoSuccess { .. } => {
                Some("--task-definition FAMILY:REVISION deploys a registered revision".into())
            }
            Self::NotLast { .. } => Some("leave --deployment out to undo the last one".into()),
            Self::NotGone { .. } => Some(
                "a rerun goes on; autoscaling may hold the service up: remove its scalable target"
                    .into(),
            ),
            Self::Answer { .. } | Self::Unexpected { .. } => None,
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Self::Document { place, .. } => place.clone(),
            _ => None,
        }
    }
}

fn after_one_off(phase: &str) -> String {
    match phase {
        "--pre-deploy-task" => "the service was not touched; a rerun runs what failed anew",
        _ => "the service was written, and its deployment goes on; a rerun runs what failed anew",
    }
    .to_owned()
}

fn refused_hint(refused: &Refused) -> String {
    match refused {
        Refused::Draining { .. } => {
            "its tasks are still stopping; run again when it is INACTIVE, which takes minutes".into()
        }
        Refused::CreateOnly { changes, .. } => {
            if changes.iter().any(|c| c.member == "launchType") {
                "declare what runs; to leave capacity providers for the launch type write \
                 \"capacityProviderStrategy\": []; to leave the launch type declare only \
                 capacityProviderStrategy"
                    .into()
            } else {
                "declare what runs, or delete the service (`ecs-deploy delete`) and run again".into()
            }
        }
        Refused::Controller { .. } => {
            "to take them over, declare \"deploymentController\": {\"type\": \"ECS\"} in the service \
             definition"
                .into()
        }
    }
}

/// What AWS's refusals of a write mean, where its words do not say what to do.
fn known(error: &AwsError) -> Option<String> {
    let says = |part: &str| error.message.contains(part);
    let hint = if says("does not have an associated load balancer") {
        "the target group is on no listener: apply the infrastructure first"
    } else if says("Role is not valid") {
        "executionRoleArn or taskRoleArn names no role that ECS can assume; a role that was just \
         created needs some seconds"
    } else if says("did not have a container port") || says("does not exist in the task definition")
    {
        "loadBalancers and the task definition must name the same container and port"
    } else if says("Network Configuration must be provided") {
        "declare networkConfiguration in the service definition, or give --subnets"
    } else if says("Error retrieving subnet information") || says("security group information") {
        "networkConfiguration names a subnet or security group that this account and region do not \
         have; check --region and --outputs"
    } else if says("No Fargate configuration exists") {
        "render-taskdef lists the pairs of cpu and memory that Fargate has"
    } else {
        return None;
    };
    Some(hint.to_owned())
}
