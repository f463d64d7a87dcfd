//! Reads from AWS, and turns each response into an observation.
//!
//! Decided here: which missing things are observations and which are errors. Never here: when to
//! read.

use ecs_client::{
    Availability, DeploymentPages, Operation, ReadError, RetryMode, ServiceReader, SteerOutcome,
    TASKS_PER_CALL, Tags, rollback, typed,
};
use ecs_model::Task;
use pipeline_aws::{AwsError, AwsErrorKind, Session};
use rollout::{Observation, RollbackRequest};

use crate::error::Error;

/// One page of the newest deployments. The deployment that we wait for is among them.
const NEWEST: DeploymentPages = DeploymentPages { size: 20, limit: 1 };

/// Reads one service of one cluster. Each call is repeated briefly; then the next poll retries.
#[derive(Debug, Clone)]
pub struct Reader {
    service: ServiceReader,
    /// The host of ECS, for messages.
    host: String,
}

impl Reader {
    pub fn new(session: &Session, cluster: &str, service: &str) -> Self {
        let host = match session.config().endpoint_url() {
            Some(url) => url.to_owned(),
            None => format!("ecs.{}.amazonaws.com", session.region()),
        };
        Self {
            service: ServiceReader::new(session, cluster, service, RetryMode::Brief),
            host,
        }
    }

    /// The most tasks that [`Self::described`] takes.
    pub const BATCH: usize = TASKS_PER_CALL;

    /// The host or URL to which requests are sent.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the number of requests since the last call.
    pub fn take_asked(&self) -> u32 {
        self.service.take_request_count()
    }

    pub async fn service(&self) -> Result<Observation, Error> {
        match self.service.service(Tags::Excluded).await {
            Ok(Some(service)) => {
                let service = typed(Operation::DescribeServices, &service)?;
                Ok(Observation::Service(Box::new(service)))
            }
            Ok(None) | Err(ReadError::Failure { .. }) => Ok(Observation::NoService),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn listing(&self) -> Result<Observation, Error> {
        Ok(match self.service.service_deployments(NEWEST).await? {
            Availability::Available(listed) => Observation::Listing(listed),
            Availability::Unavailable(_) => Observation::NoServiceDeployments,
        })
    }

    pub async fn deployment(&self, arn: &str) -> Result<Observation, Error> {
        Ok(match self.service.service_deployment(arn).await? {
            Availability::Available(Some(found)) => Observation::ServiceDeployment(Box::new(found)),
            Availability::Available(None) => Observation::NoServiceDeployment,
            Availability::Unavailable(_) => Observation::NoServiceDeployments,
        })
    }

    pub async fn revision(&self, arn: &str) -> Result<Option<Observation>, Error> {
        let found = match self.service.service_revision(arn).await? {
            Availability::Available(found) => found,
            Availability::Unavailable(_) => return Ok(Some(Observation::NoRevision)),
        };
        let Some(found) = found else {
            return Ok(None);
        };
        let revision = typed(Operation::DescribeServiceRevisions, &found)?;
        Ok(Some(Observation::Revision(Box::new(revision))))
    }

    pub async fn task_definition(&self, arn: &str) -> Result<Observation, Error> {
        match self.service.task_definition(arn, Tags::Excluded).await {
            Ok(Some(answer)) => {
                let operation = Operation::DescribeTaskDefinition;
                let definition = typed(operation, &answer["taskDefinition"])?;
                Ok(Observation::TaskDefinition(Box::new(definition)))
            }
            Ok(None) => Ok(Observation::NoTaskDefinition),
            Err(error) if error.kind == AwsErrorKind::Denied => Ok(Observation::NoTaskDefinition),
            Err(error) => Err(error.into()),
        }
    }

    /// The ARNs of all tasks of the service: running, pending, and those that stopped within the
    /// last hour.
    pub async fn task_arns(&self) -> Result<Vec<String>, Error> {
        Ok(self.service.task_arns().await?)
    }

    /// Some tasks of the service.
    pub async fn described(&self, arns: &[String]) -> Result<Observation, Error> {
        let tasks = self.service.describe_batch(arns).await?;
        let typed = |task| typed(Operation::DescribeTasks, task);
        let tasks: Result<Vec<Task>, ReadError> = tasks.iter().map(typed).collect();
        Ok(Observation::DescribedTasks(tasks?))
    }

    /// The targets of a group. A deleted group has none; the events of the service explain why.
    pub async fn targets(&self, group: &str) -> Result<Observation, Error> {
        Ok(Observation::Targets {
            group: group.to_owned(),
            targets: self.service.targets(group).await?,
        })
    }

    /// Asks ECS to roll a deployment back. Returns `false` if the deployment has ended meanwhile.
    pub async fn request_rollback(&self, request: &RollbackRequest) -> Result<bool, AwsError> {
        let (deployment, hook) = match request {
            RollbackRequest::AtHook { deployment, hook } => (deployment, Some(hook.as_str())),
            RollbackRequest::Stop { deployment } => (deployment, None),
        };
        let steered = rollback(self.service.ecs(), deployment, hook).await?;
        Ok(steered == SteerOutcome::Requested)
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Aws(error) => Self::Aws(error),
            ReadError::Answer { operation, source } => Self::Response { operation, source },
            ReadError::Failure { what, reason } => Self::Response {
                operation: "DescribeServices",
                source: serde::de::Error::custom(format!("{what}: {reason}")),
            },
        }
    }
}
