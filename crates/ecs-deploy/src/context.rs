//! What every command needs: the session, the service, and how to read it.
//!
//! Decided here: if service deployments cannot be read, this is reported once and they are not
//! requested again. Nothing here writes.

use std::sync::atomic::{AtomicBool, Ordering};

use ecs_client::{
    Availability, DeploymentPages, Ecs, NoCluster, Operation, ReadError, RetryMode, ServiceReader,
    Tags,
};
use ecs_model::{DeploymentRef, ServiceDeploymentBrief};
use pipeline_aws::{AwsArgs, AwsError, AwsErrorKind, Session};
use pipeline_io::{Done, Step};
use serde_json::Value;

use crate::error::Error;
use crate::report::ResultData;

/// How many service deployments are read at most: some months of deployments.
const PAGES: DeploymentPages = DeploymentPages {
    size: 100,
    limit: 3,
};

/// What a command works with.
pub struct CommandContext<'a> {
    pub session: Session,
    pub reader: ServiceReader,
    /// The name or ARN of the cluster.
    pub cluster: String,
    pub service: String,
    pub dry_run: bool,
    pub step: &'a Step,
    service_deployments_unavailable: AtomicBool,
}

impl<'a> CommandContext<'a> {
    /// Opens the session for a service.
    ///
    /// # Errors
    /// If no region or no credentials are configured.
    pub async fn open(
        aws: &AwsArgs,
        cluster: String,
        service: String,
        dry_run: bool,
        step: &'a Step,
    ) -> Result<Self, Error> {
        let session = Session::open(aws, step).await?;
        Ok(Self {
            reader: ServiceReader::new(&session, &cluster, &service, RetryMode::Standard),
            session,
            cluster,
            service,
            dry_run,
            step,
            service_deployments_unavailable: AtomicBool::new(false),
        })
    }

    /// The name of the region.
    pub fn region(&self) -> &str {
        self.session.region()
    }

    /// The ECS client, for writes.
    pub fn ecs(&self) -> &Ecs {
        self.reader.ecs()
    }

    /// The data of the result, as far as it is known without a request.
    pub fn data(&self) -> ResultData {
        ResultData::of(&self.cluster, &self.service, self.region())
    }

    /// Finishes with an action word, the deployment in `data`, and a sentence for people.
    pub fn done(&self, mut data: ResultData, word: &'static str, sentence: &str) -> Done {
        let (word, sentence) = if self.dry_run {
            ("planned", format!("dry run, nothing was done: {sentence}"))
        } else {
            (word, sentence.to_owned())
        };
        self.step.info(sentence);
        data.action = Some(word);
        data.publish(self.step);
        let name = data.deployment.as_ref().and_then(DeploymentRef::name);
        Done::value(word, name.unwrap_or_default())
    }

    /// The error for a service that does not exist.
    pub fn no_service(&self) -> Error {
        Error::NoService {
            service: self.service.clone(),
            cluster: self.cluster.clone(),
        }
    }

    /// Calls an operation that is safe to repeat.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn call(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.reader.call(operation, body).await
    }

    /// Reads the service with its tags; `None` if it does not exist.
    ///
    /// # Errors
    /// If the cluster does not exist, or if the call fails.
    pub async fn describe_service(&self) -> Result<Option<Value>, Error> {
        let read = self.reader.service(Tags::Included).await;
        read.map_err(|e| self.without_cluster(e))
    }

    /// Lists the service deployments; the newest ones are always included. Empty if the service
    /// does not exist, and if they cannot be read: then the service's `rolloutState` decides.
    ///
    /// # Errors
    /// If the cluster does not exist, or if the call fails.
    pub async fn deployments(&self) -> Result<Vec<ServiceDeploymentBrief>, Error> {
        let unavailable = &self.service_deployments_unavailable;
        if unavailable.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        match self.reader.service_deployments(PAGES).await {
            Ok(Availability::Available(listed)) => Ok(listed),
            Ok(Availability::Unavailable(e)) => {
                self.step.info(format!(
                    "service deployments cannot be listed ({}): rolloutState is used instead",
                    e.code.as_deref().unwrap_or("no response")
                ));
                unavailable.store(true, Ordering::Relaxed);
                Ok(Vec::new())
            }
            Err(ReadError::Aws(e)) if e.is("ServiceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(self.without_cluster(error)),
        }
    }

    /// Reads a registered revision with its tags. `name` is an ARN, `family:revision`, or a family
    /// (its newest active revision). `None` if it does not exist.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn task_definition(&self, name: &str) -> Result<Option<Value>, Error> {
        Ok(self.reader.task_definition(name, Tags::Included).await?)
    }

    /// Reads a service revision; `None` if it does not exist or cannot be read.
    ///
    /// # Errors
    /// If the call fails for another reason.
    pub async fn service_revision(&self, arn: &str) -> Result<Option<Value>, Error> {
        match self.reader.service_revision(arn).await {
            Ok(Availability::Available(found)) => Ok(found),
            Ok(Availability::Unavailable(_)) => Ok(None),
            Err(e) if e.kind == AwsErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn without_cluster(&self, error: ReadError) -> Error {
        match error {
            ReadError::Aws(source) => match NoCluster::of(source, &self.cluster, self.region()) {
                Ok(error) => error.into(),
                Err(source) => Error::Aws(source),
            },
            error => error.into(),
        }
    }
}
