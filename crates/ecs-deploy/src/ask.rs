//! The questions that are asked of ECS, and what no answer means. Nothing here writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecs_model::{ServiceDeploymentBrief, list_from_answer};
use pipeline_aws::{AwsError, Ecs, Kind, Operation};
use pipeline_io::Step;
use serde_json::{Value, json};

use crate::error::Error;
use crate::plan::live::Declared;

/// How often a question is asked whose answer was garbled on its way; the SDK repeats the others.
const TRIES: u32 = 3;

/// The most listed service deployments that are read: some months of deployments.
const MAX_PAGES: usize = 3;

/// A service's cluster, name and client.
#[derive(Debug, Clone)]
pub struct Ask {
    pub ecs: Ecs,
    pub cluster: String,
    pub service: String,
    pub region: String,
    /// Whether service deployments were refused: said once, and not asked for again.
    blind: Arc<AtomicBool>,
}

impl Ask {
    pub fn new(ecs: Ecs, declared: &Declared, region: &str) -> Self {
        Self {
            ecs,
            cluster: declared.cluster.clone(),
            service: declared.service.clone(),
            region: region.to_owned(),
            blind: Arc::default(),
        }
    }

    /// Asks, or does what can be done twice without harm.
    pub async fn ask(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        let mut n = 1;
        loop {
            match self.ecs.call(operation, body).await {
                Err(e) if e.is_garbled() && n < TRIES => n += 1,
                ended => return ended,
            }
        }
    }

    /// The service with its tags; `None` where there is none of that name.
    pub async fn service(&self) -> Result<Option<Value>, Error> {
        let body =
            json!({"cluster": self.cluster, "services": [self.service], "include": ["TAGS"]});
        let asked = self.ask(Operation::DescribeServices, &body).await;
        let answer = asked.map_err(|e| self.without_cluster(e))?;
        if let Some(service) = answer["services"].get(0) {
            return Ok(Some(service.clone()));
        }
        match answer["failures"][0]["reason"].as_str() {
            Some("MISSING") | None => Ok(None),
            Some(reason) => Err(Error::Answer {
                what: format!("service {}", self.service),
                reason: reason.to_owned(),
            }),
        }
    }

    /// The service's deployments, newest ones certainly among them. Empty where the service does
    /// not exist, and where they cannot be read: then the service's own `rolloutState` decides.
    pub async fn deployments(&self, step: &Step) -> Result<Vec<ServiceDeploymentBrief>, Error> {
        let mut body = json!({"cluster": self.cluster, "service": self.service, "maxResults": 100});
        let mut listed = Vec::new();
        if self.blind.load(Ordering::Relaxed) {
            return Ok(listed);
        }
        for _ in 0..MAX_PAGES {
            let answer = match self.listed(&body).await {
                Ok(answer) => answer,
                Err(e) if e.is("ServiceNotFoundException") => return Ok(Vec::new()),
                Err(e) if e.is("ClusterNotFoundException") => return Err(self.without_cluster(e)),
                Err(e) if is_unsupported(&e) => {
                    step.note(format!(
                        "service deployments cannot be listed ({}): rolloutState is taken instead",
                        e.code.as_deref().unwrap_or("no answer")
                    ));
                    self.blind.store(true, Ordering::Relaxed);
                    return Ok(Vec::new());
                }
                Err(e) => return Err(e.into()),
            };
            listed.extend(list_from_answer(&answer, "serviceDeployments").unwrap_or_default());
            match answer["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => break,
            }
        }
        Ok(listed)
    }

    /// One page. It is asked for once before the SDK's own tries begin: where nobody plays the call,
    /// these would take seconds and change nothing.
    async fn listed(&self, body: &Value) -> Result<Value, AwsError> {
        let operation = Operation::ListServiceDeployments;
        match self.ecs.call_once(operation, body).await {
            Err(e) if e.kind != Kind::NotFound && !is_unsupported(&e) => {
                self.ask(operation, body).await
            }
            ended => ended,
        }
    }

    /// A registered revision with its tags, by ARN, by `family:revision`, or a family's newest
    /// active one; `None` where there is none.
    pub async fn revision(&self, name: &str) -> Result<Option<Value>, Error> {
        let body = json!({"taskDefinition": name, "include": ["TAGS"]});
        match self.ask(Operation::DescribeTaskDefinition, &body).await {
            Ok(answer) => Ok(Some(answer)),
            Err(e) if e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// A service revision; `None` where it cannot be read.
    pub async fn service_revision(&self, arn: &str) -> Result<Option<Value>, Error> {
        let body = json!({"serviceRevisionArns": [arn]});
        match self.ask(Operation::DescribeServiceRevisions, &body).await {
            Ok(answer) => Ok(answer["serviceRevisions"].get(0).cloned()),
            Err(e) if is_unsupported(&e) || e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn without_cluster(&self, error: AwsError) -> Error {
        if error.is("ClusterNotFoundException") {
            Error::NoCluster {
                cluster: self.cluster.clone(),
                region: self.region.clone(),
                source: Box::new(error),
            }
        } else {
            error.into()
        }
    }
}

/// Calls of 2024 that a role may not allow yet and an emulator may not have.
fn is_unsupported(error: &AwsError) -> bool {
    error.kind == Kind::Denied
        || error.is("UnsupportedFeatureException")
        || error.is("UnknownOperationException")
        || error.is_unplayed()
}
