//! The errors of ecs-deploy, each with its exit code and a hint.

use ecs_client::{NoCluster, ReadError};
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SourceLocation};

use crate::declare::DeclareError;
use crate::plan::service::PlanError;
use crate::plan::verify::Check;

/// In the error of ECS if a service of this name exists, or existed until a moment ago.
pub const NOT_IDEMPOTENT: &str = "was not idempotent";

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
    #[error(transparent)]
    NoCluster(#[from] NoCluster),
    #[error("service {service} does not exist in cluster {cluster}")]
    NoService { service: String, cluster: String },
    #[error(
        "service {service} does not exist in cluster {cluster}, and there is no definition to create it from"
    )]
    NothingToCreate { service: String, cluster: String },
    #[error("task definition {name} does not exist, or is not active")]
    NoRevision { name: String },
    #[error("ECS would reject the definitions: {}", list(.problems))]
    Mismatch { problems: Vec<Check> },
    #[error("ECS cannot describe {what}: {reason}")]
    CannotDescribe { what: String, reason: String },
    #[error("ecs {operation}: the response does not have the documented form")]
    UnexpectedAnswer {
        operation: &'static str,
        source: serde_json::Error,
    },
    #[error(transparent)]
    PlanError(#[from] PlanError),
    #[error("a deployment of service {service} is in progress: {which}")]
    InProgress { service: String, which: String },
    #[error("the deployment of service {service} did not end within {waited}: {which}")]
    StillInProgress {
        service: String,
        which: String,
        waited: String,
    },
    #[error("{phase}: {command} {how}: {why}")]
    OneOffTask {
        phase: &'static str,
        command: String,
        how: String,
        why: String,
    },
    #[error("{phase}: {command} did not end in time")]
    OneOffTimeout {
        phase: &'static str,
        command: String,
        task: String,
    },
    #[error("{}", no_deployment(.service, .which.as_deref()))]
    NoDeployment {
        service: String,
        /// The name that was given, if any.
        which: Option<String>,
    },
    #[error("service {service} cannot be rolled back: {why}")]
    NoRollbackTarget { service: String, why: String },
    #[error("{given} is not the last deployment: {last} is")]
    NotLast { given: String, last: String },
    #[error("service {service} still has {left} tasks")]
    TasksLeft { service: String, left: u64 },
    #[error("service {service} is still DRAINING, although none of its tasks is left")]
    StillDraining { service: String },
    /// A write that failed; `state` describes what was done and what was not.
    #[error("{what} failed")]
    Write {
        what: String,
        state: String,
        source: Box<AwsError>,
    },
    /// Another writer changed a declared member.
    #[error("another writer changed service {service} at the same time: {members}")]
    OtherWriter {
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
            ReadError::Answer { operation, source } => Self::UnexpectedAnswer { operation, source },
            ReadError::Failure { what, reason } => Self::CannotDescribe { what, reason },
        }
    }
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. }
            | Self::Document { .. }
            | Self::Declare(_)
            | Self::Mismatch { .. } => Exit::Invalid,
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Aws(error) => error.exit(),
            // The input is valid; the name of a deleted service is not free yet.
            Self::Write { source, .. } if source.message.contains(NOT_IDEMPOTENT) => Exit::Failed,
            Self::Write { source, .. } => source.exit(),
            Self::NoCluster(_)
            | Self::NoService { .. }
            | Self::NothingToCreate { .. }
            | Self::NoRevision { .. } => Exit::NotFound,
            Self::CannotDescribe { .. } | Self::UnexpectedAnswer { .. } => Exit::Unreachable,
            Self::PlanError(PlanError::Draining { .. }) => Exit::Failed,
            Self::PlanError(_) => Exit::Invalid,
            Self::InProgress { .. } | Self::OtherWriter { .. } => Exit::Superseded,
            Self::StillInProgress { .. } | Self::OneOffTimeout { .. } => Exit::TimedOut,
            Self::OneOffTask { .. } => Exit::Failed,
            Self::NoDeployment { .. } | Self::NoRollbackTarget { .. } => Exit::NotFound,
            Self::NotLast { .. } => Exit::Superseded,
            Self::TasksLeft { .. } | Self::StillDraining { .. } => Exit::TimedOut,
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
            Self::NoCluster(_) => Some(NoCluster::HINT.to_owned()),
            Self::NoService { .. } => Some("check --service, --cluster and --region".into()),
            Self::NothingToCreate { .. } => Some(
                "to create it, set --service-definition, --outputs or --subnets; otherwise check \
                 --service, --cluster and --region"
                    .into(),
            ),
            Self::NoRevision { name } => Some(format!(
                "check the name and --region; if it was deregistered, deploy a copy of it: \
                 `render-taskdef --task-definition {name} --out task.json`, then \
                 `--task-definition task.json`"
            )),
            Self::Mismatch { .. } => {
                Some("nothing was changed; `ecs-deploy verify` checks the definitions, too".into())
            }
            Self::PlanError(error) => Some(plan_hint(error)),
            Self::InProgress { .. } => Some(
                "`--if-in-progress wait` waits for it, `--if-in-progress proceed` replaces it"
                    .into(),
            ),
            Self::StillInProgress { .. } => Some("set a longer --in-progress-timeout, e.g. 1h".into()),
            Self::Write { state, source, .. } => Some(match (known(source), source.hint()) {
                (Some(hint), _) => format!("{hint}; {state}"),
                (None, Some(hint)) => format!("{hint}; {state}"),
                (None, None) => state.clone(),
            }),
            Self::OtherWriter { state, .. } => Some(state.clone()),
            Self::OneOffTask { phase, .. } => Some(after_one_off(phase)),
            Self::OneOffTimeout { phase, task, .. } => Some(format!(
                "task {task} continues, and a re-run joins it; set a longer --task-timeout if needed; {}",
                after_one_off(phase)
            )),
            Self::NoDeployment { .. } => Some("check --deployment, --service and --region".into()),
            Self::NoRollbackTarget { .. } => {
                Some("deploy a registered revision with --task-definition FAMILY:REVISION".into())
            }
            Self::NotLast { .. } => Some("omit --deployment to roll back the last one".into()),
            Self::TasksLeft { .. } => Some(
                "run `ecs-deploy delete` again to continue; if autoscaling keeps the tasks running, remove \
                 its scalable target"
                    .into(),
            ),
            Self::StillDraining { .. } => {
                Some("ECS ends this by itself; run `ecs-deploy delete` again to see whether it has".into())
            }
            Self::CannotDescribe { .. } | Self::UnexpectedAnswer { .. } => None,
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Self::Document { place, .. } => place.clone(),
            _ => None,
        }
    }
}

fn list(problems: &[Check]) -> String {
    let sentences = problems.iter().map(Check::sentence);
    sentences.collect::<Vec<_>>().join("; ")
}

fn no_deployment(service: &str, which: Option<&str>) -> String {
    match which {
        Some(which) => format!("deployment {which} not found in service {service}"),
        None => format!("service {service} has no deployment"),
    }
}

fn after_one_off(phase: &str) -> String {
    match phase {
        "--pre-deploy-task" => "the service was not changed; a re-run starts the failed task again",
        _ => "the service was written and its deployment continues; a re-run starts the failed task again",
    }
    .to_owned()
}

fn plan_hint(error: &PlanError) -> String {
    match error {
        PlanError::Draining { .. } => {
            "its tasks are still stopping; run again in some minutes, when it is INACTIVE".into()
        }
        PlanError::CreateOnly { changes, .. } => {
            if changes.iter().any(|c| c.member == "launchType") {
                "declare the live value; to switch from capacity providers to a launch type, declare \
                 \"capacityProviderStrategy\": []; to switch from a launch type to capacity \
                 providers, declare only capacityProviderStrategy"
                    .into()
            } else {
                "declare the live value, or delete the service (`ecs-deploy delete`) and run again".into()
            }
        }
        PlanError::Controller { .. } => {
            "to let ECS deploy it, declare \"deploymentController\": {\"type\": \"ECS\"} in the service \
             definition"
                .into()
        }
    }
}

/// A hint for AWS errors whose message does not contain the next action.
fn known(error: &AwsError) -> Option<String> {
    let says = |part: &str| error.message.contains(part);
    let hint = if says("does not have an associated load balancer") {
        "the target group is not attached to a listener: apply the infrastructure first"
    } else if says("Role is not valid") {
        "ECS cannot assume the role in executionRoleArn or taskRoleArn; a new role needs some seconds"
    } else if says("did not have a container port") || says("does not exist in the task definition")
    {
        "loadBalancers and the task definition must contain the same container and port"
    } else if says("Network Configuration must be provided") {
        "declare networkConfiguration in the service definition, or set --subnets"
    } else if says("Error retrieving subnet information") || says("security group information") {
        "networkConfiguration contains a subnet or security group that does not exist in this \
         account and region; check --region and --outputs"
    } else if says(NOT_IDEMPOTENT) {
        "ECS keeps the name of a deleted service for a while; run again in some minutes"
    } else if says("No Fargate configuration exists") {
        "use a combination of cpu and memory that Fargate supports; `render-taskdef` lists them"
    } else {
        return None;
    };
    Some(hint.to_owned())
}
