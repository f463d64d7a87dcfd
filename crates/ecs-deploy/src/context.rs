//! What every command works with: the session, the service that is meant, and how it is read.
//!
//! Decided here: that service deployments which cannot be read are mentioned once and not asked for
//! again. Nothing here writes.

use std::sync::atomic::{AtomicBool, Ordering};

use ecs_client::{
    Availability, DeploymentPages, Ecs, Operation, ReadError, RetryMode, ServiceReader, Tags,
};
use ecs_model::{DeploymentRef, ServiceDeploymentBrief};
use pipeline_aws::{AwsArgs, AwsError, AwsErrorKind, Session};
use pipeline_io::{Done, Step};
use serde_json::Value;

use crate::error::Error;
use crate::report::Data;

/// The most listed service deployments that are read: some months of deployments.
const PAGES: DeploymentPages = DeploymentPages {
    size: 100,
    limit: 3,
};

/// What a command works with.
pub struct CommandContext<'a> {
    pub session: Session,
    pub reader: ServiceReader,
    /// The cluster's name or ARN.
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
    /// If there is no region, or if there are no credentials.
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

    /// The region's name.
    pub fn region(&self) -> &str {
        self.session.region()
    }

    /// The client of ECS, for writes.
    pub fn ecs(&self) -> &Ecs {
        self.reader.ecs()
    }

    /// The result's data, as far as it is known before anything was asked.
    pub fn data(&self) -> Data {
        Data::of(&self.cluster, &self.service, self.region())
    }

    /// Ends with a word, the deployment that it is about, and a sentence.
    pub fn done(&self, mut data: Data, word: &'static str, said: &str) -> Done {
        let (word, said) = if self.dry_run {
            ("planned", format!("dry run, nothing was done: {said}"))
        } else {
            (word, said.to_owned())
        };
        self.step.info(said);
        data.action = Some(word);
        data.leave(self.step);
        let name = data.deployment.as_ref().and_then(DeploymentRef::name);
        Done::value(word, name.unwrap_or_default())
    }

    /// The error that this service does not exist.
    pub fn no_service(&self) -> Error {
        Error::NoService {
            service: self.service.clone(),
            cluster: self.cluster.clone(),
        }
    }

    /// Asks, or does what can be done twice without harm.
    ///
    /// # Errors
    /// What ECS answered to the last try.
    pub async fn ask(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.reader.ask(operation, body).await
    }

    /// The service with its tags; `None` if there is none of that name.
    pub async fn describe_service(&self) -> Result<Option<Value>, Error> {
        let read = self.reader.service(Tags::Included).await;
        read.map_err(|e| self.without_cluster(e))
    }

    /// The service's deployments, newest ones certainly among them. Empty if the service does not
    /// exist, and if they cannot be read: then the service's own `rolloutState` decides.
    pub async fn deployments(&self) -> Result<Vec<ServiceDeploymentBrief>, Error> {
        let unavailable = &self.service_deployments_unavailable;
        if unavailable.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        match self.reader.service_deployments(PAGES).await {
            Ok(Availability::Available(listed)) => Ok(listed),
            Ok(Availability::Unavailable(e)) => {
                self.step.info(format!(
                    "service deployments cannot be listed ({}): rolloutState is taken instead",
                    e.code.as_deref().unwrap_or("no answer")
                ));
                unavailable.store(true, Ordering::Relaxed);
                Ok(Vec::new())
            }
            Err(ReadError::Aws(e)) if e.is("ServiceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(self.without_cluster(error)),
        }
    }

    /// A registered revision with its tags, by ARN, by `family:revision`, or a family's newest
    /// active one; `None` if there is none.
    pub async fn task_definition(&self, name: &str) -> Result<Option<Value>, Error> {
        Ok(self.reader.task_definition(name, Tags::Included).await?)
    }

    /// A service revision; `None` if it cannot be read.
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
            ReadError::Aws(source) if source.is("ClusterNotFoundException") => Error::NoCluster {
                cluster: self.cluster.clone(),
                region: self.region().to_owned(),
                source,
            },
            error => error.into(),
        }
    }
}
