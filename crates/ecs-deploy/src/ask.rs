//! The questions that are asked of ECS, and what no answer means. Nothing here writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecs_client::{
    Availability, DeploymentPages, Ecs, Operation, ReadError, RetryMode, ServiceReader, Tags,
};
use ecs_model::ServiceDeploymentBrief;
use pipeline_aws::{AwsError, Kind, Session};
use pipeline_io::Step;
use serde_json::Value;

use crate::error::Error;
use crate::plan::live::Declared;

/// The most listed service deployments that are read: some months of deployments.
const PAGES: DeploymentPages = DeploymentPages {
    size: 100,
    limit: 3,
};

/// A service's cluster, name and client.
#[derive(Debug, Clone)]
pub struct Ask {
    pub reader: ServiceReader,
    pub cluster: String,
    pub service: String,
    pub region: String,
    /// Whether service deployments were refused: said once, and not asked for again.
    blind: Arc<AtomicBool>,
}

impl Ask {
    pub fn new(session: &Session, declared: &Declared) -> Self {
        let (cluster, service) = (&declared.cluster, &declared.service);
        Self {
            reader: ServiceReader::new(session, cluster, service, RetryMode::Standard),
            cluster: cluster.clone(),
            service: service.clone(),
            region: session.region().to_owned(),
            blind: Arc::default(),
        }
    }

    /// The client.
    pub fn ecs(&self) -> &Ecs {
        self.reader.ecs()
    }

    /// Asks, or does what can be done twice without harm.
    pub async fn ask(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.reader.ask(operation, body).await
    }

    /// The service with its tags; `None` where there is none of that name.
    pub async fn service(&self) -> Result<Option<Value>, Error> {
        let read = self.reader.service(Tags::Included).await;
        read.map_err(|e| self.without_cluster(e))
    }

    /// The service's deployments, newest ones certainly among them. Empty where the service does
    /// not exist, and where they cannot be read: then the service's own `rolloutState` decides.
    pub async fn deployments(&self, step: &Step) -> Result<Vec<ServiceDeploymentBrief>, Error> {
        if self.blind.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        match self.reader.service_deployments(PAGES).await {
            Ok(Availability::Available(listed)) => Ok(listed),
            Ok(Availability::Unavailable(e)) => {
                step.note(format!(
                    "service deployments cannot be listed ({}): rolloutState is taken instead",
                    e.code.as_deref().unwrap_or("no answer")
                ));
                self.blind.store(true, Ordering::Relaxed);
                Ok(Vec::new())
            }
            Err(ReadError::Aws(e)) if e.is("ServiceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(self.without_cluster(error)),
        }
    }

    /// A registered revision with its tags, by ARN, by `family:revision`, or a family's newest
    /// active one; `None` where there is none.
    pub async fn revision(&self, name: &str) -> Result<Option<Value>, Error> {
        Ok(self.reader.task_definition(name, Tags::Included).await?)
    }

    /// A service revision; `None` where it cannot be read.
    pub async fn service_revision(&self, arn: &str) -> Result<Option<Value>, Error> {
        match self.reader.service_revision(arn).await {
            Ok(Availability::Available(found)) => Ok(found),
            Ok(Availability::Unavailable(_)) => Ok(None),
            Err(e) if e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn without_cluster(&self, error: ReadError) -> Error {
        match error {
            ReadError::Aws(source) if source.is("ClusterNotFoundException") => Error::NoCluster {
                cluster: self.cluster.clone(),
                region: self.region.clone(),
                source,
            },
            error => error.into(),
        }
    }
}
