//! `DeploymentRef`: identifies *our* deployment by all names that ECS has for it.
//!
//! ECS identifies one deployment in three ways. `deployments[].id` and a task's `startedBy` are
//! `ecs-svc/NUMBER`. The ARN of the service revision ends in the same number. The service deployment
//! has an ARN of its own, and its target is that revision. A task definition does not identify a
//! deployment, because `forceNewDeployment` deploys the same one again. The response to the write
//! contains the first two, but not the third (`currentServiceDeployment` is absent or outdated). The
//! third one is found by listing: the service deployment whose target revision has our number, and
//! that was not created before our write.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::{Arn, ParseArnError, is_arn, short_name};
use crate::time;

/// The prefix of every classic deployment ID.
const PREFIX: &str = "ecs-svc/";

/// How much earlier our service deployment may have been created than the response to the write
/// shows. An older one is an earlier deployment of the same revision, whose verdict is not ours.
const CREATED_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// The names of one deployment. Each of them may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentRef {
    /// `arn:aws:ecs:…:service-deployment/CLUSTER/SERVICE/ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_deployment_arn: Option<String>,
    /// `ecs-svc/NUMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecs_svc_id: Option<String>,
    /// The task definition that it deploys. It is for people, and does not identify the deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<String>,
    /// `arn:aws:ecs:…:service-revision/CLUSTER/SERVICE/NUMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_revision_arn: Option<String>,
    /// The creation time that ECS reports, by AWS's clock.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "time::optional"
    )]
    pub created_at: Option<Timestamp>,
}

/// Why a text or document does not identify a deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDeploymentRefError {
    /// Neither an ARN nor an `ecs-svc/` ID.
    #[error(
        "`{0}` is not a deployment: expected the ARN of a service deployment, ecs-svc/NUMBER, or a result file of ecs-deploy"
    )]
    Text(String),
    /// It starts as an ARN does, but is not a complete one.
    #[error(transparent)]
    Arn(#[from] ParseArnError),
    /// The ARN of something else, and what that is.
    #[error("`{arn}` is the ARN of a {is}, not of a service deployment or service revision")]
    OtherArn { arn: String, is: String },
    /// A JSON document without a deployment, and what it is instead.
    #[error("{0}")]
    Document(&'static str),
    /// A response to a write without a deployment.
    #[error("the service in the response of ECS has no PRIMARY deployment")]
    Answer,
}

/// The service that a deployment or a service revision belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRef {
    pub region: String,
    pub cluster: String,
    pub service: String,
}

impl FromStr for DeploymentRef {
    type Err = ParseDeploymentRefError;

    /// Parses the ARN of a service deployment or service revision, or `ecs-svc/NUMBER`.
    fn from_str(text: &str) -> Result<Self, ParseDeploymentRefError> {
        let text = text.trim();
        if let Some(number) = text.strip_prefix(PREFIX) {
            return match number {
                "" => Err(ParseDeploymentRefError::Text(text.to_owned())),
                _ => Ok(Self {
                    ecs_svc_id: Some(text.to_owned()),
                    ..Self::default()
                }),
            };
        }
        if !is_arn(text) {
            return Err(ParseDeploymentRefError::Text(text.to_owned()));
        }
        let arn = Arn::try_from(text)?;
        let other = |is: String| ParseDeploymentRefError::OtherArn {
            arn: text.to_owned(),
            is,
        };
        match (arn.service, arn.kind(), arn.path().len()) {
            ("ecs", Some("service-deployment"), 3) => Ok(Self {
                service_deployment_arn: Some(text.to_owned()),
                ..Self::default()
            }),
            ("ecs", Some("service-revision"), 3) => {
                let mut deployment = Self {
                    service_revision_arn: Some(text.to_owned()),
                    ..Self::default()
                };
                deployment.join();
                Ok(deployment)
            }
            ("ecs", Some(kind), _) => Err(other(kind.to_owned())),
            (service, ..) => Err(other(format!("resource of {service}"))),
        }
    }
}

impl DeploymentRef {
    /// Reads a JSON document: a result file of ecs-deploy (`data.deployment`), or only the deployment.
    ///
    /// # Errors
    /// If the document is something else, e.g. the result of another verb or of a failed ecs-deploy.
    pub fn from_document(document: &Value) -> Result<Self, ParseDeploymentRefError> {
        let verb = document.get("verb").and_then(Value::as_str);
        let bare = match (verb, document.get("data")) {
            (Some("ecs-deploy"), Some(data)) => data
                .get("deployment")
                .filter(|h| h.is_object())
                .ok_or(ParseDeploymentRefError::Document(
                    "this result of ecs-deploy contains no deployment, because it did not start one",
                ))?,
            (Some(_), _) => {
                return Err(ParseDeploymentRefError::Document(
                    "the document is not a result of ecs-deploy",
                ));
            }
            (None, _) => document,
        };
        let mut deployment = Self::deserialize(bare).map_err(|_| {
            ParseDeploymentRefError::Document("the document does not identify a deployment")
        })?;
        deployment.join();
        if deployment.service_deployment_arn.is_none() && deployment.ecs_svc_id.is_none() {
            return Err(ParseDeploymentRefError::Document(
                "the document does not identify a deployment",
            ));
        }
        Ok(deployment)
    }

    /// Reads the response of `CreateService` or `UpdateService`: its PRIMARY deployment, and the
    /// service revision of the same number. `currentServiceDeployment` is ignored, because it may
    /// be an earlier one.
    ///
    /// # Errors
    /// If the response has no PRIMARY deployment.
    pub fn from_write(answer: &Value) -> Result<Self, ParseDeploymentRefError> {
        let service = answer.get("service").unwrap_or(answer);
        let deployments = service.get("deployments").and_then(Value::as_array);
        let primary = deployments
            .into_iter()
            .flatten()
            .find(|d| d.get("status").and_then(Value::as_str) == Some("PRIMARY"))
            .ok_or(ParseDeploymentRefError::Answer)?;
        let text = |member: &str| primary.get(member)?.as_str().map(str::to_owned);
        let mut deployment = Self {
            ecs_svc_id: text("id"),
            task_definition_arn: text("taskDefinition"),
            created_at: primary.get("createdAt").and_then(time::read),
            ..Self::default()
        };
        if deployment.ecs_svc_id.is_none() {
            return Err(ParseDeploymentRefError::Answer);
        }
        let revisions = service
            .get("currentServiceRevisions")
            .and_then(Value::as_array);
        deployment.service_revision_arn = revisions
            .into_iter()
            .flatten()
            .filter_map(|r| r.get("arn")?.as_str())
            .find(|arn| deployment.is_revision(arn))
            .map(str::to_owned);
        Ok(deployment)
    }

    /// Derives the deployment ID from the service revision, which ends in the same number.
    pub fn join(&mut self) {
        if let (None, Some(number)) = (&self.ecs_svc_id, self.number()) {
            self.ecs_svc_id = Some(format!("{PREFIX}{number}"));
        }
    }

    /// The number that the deployment ID and the ARN of the service revision have in common.
    pub fn number(&self) -> Option<&str> {
        match (&self.ecs_svc_id, &self.service_revision_arn) {
            (Some(id), _) => id.strip_prefix(PREFIX),
            (None, Some(arn)) => revision_number(arn),
            (None, None) => None,
        }
    }

    /// Whether our deployment deploys this service revision.
    pub fn is_revision(&self, revision_arn: &str) -> bool {
        self.number().is_some() && revision_number(revision_arn) == self.number()
    }

    /// Whether this deployment ID, or `startedBy` of a task, is ours.
    pub fn is_deployment(&self, ecs_svc_id: &str) -> bool {
        self.number().is_some() && ecs_svc_id.strip_prefix(PREFIX) == self.number()
    }

    /// Whether a listed service deployment is ours: by its ARN if we know it, else by the revision
    /// that it deploys and by its creation time.
    pub fn is_service_deployment(
        &self,
        arn: &str,
        target_revision_arn: Option<&str>,
        created_at: Option<Timestamp>,
    ) -> bool {
        if let Some(ours) = &self.service_deployment_arn {
            return ours == arn;
        }
        let not_before = match (created_at, self.created_at) {
            (Some(created), Some(write)) => created >= write - CREATED_SLACK,
            _ => true,
        };
        not_before && target_revision_arn.is_some_and(|revision| self.is_revision(revision))
    }

    /// Region, cluster and service, if one of the ARNs contains them.
    pub fn service_ref(&self) -> Option<ServiceRef> {
        let arn = self
            .service_deployment_arn
            .as_deref()
            .or(self.service_revision_arn.as_deref())?;
        let arn = Arn::try_from(arn).ok().filter(|arn| arn.service == "ecs")?;
        let [cluster, service, _] = arn.path()[..] else {
            return None;
        };
        Some(ServiceRef {
            region: arn.region.to_owned(),
            cluster: cluster.to_owned(),
            service: service.to_owned(),
        })
    }

    /// The name by which the deployment can be found again: its ARN, else its ID.
    pub fn name(&self) -> Option<&str> {
        self.service_deployment_arn
            .as_deref()
            .or(self.ecs_svc_id.as_deref())
    }
}

/// The ID, `ecs-svc/NUMBER`, of the deployment that deploys a service revision.
pub fn ecs_svc_id(revision_arn: &str) -> Option<String> {
    revision_number(revision_arn).map(|number| format!("{PREFIX}{number}"))
}

/// The number at the end of the ARN of a service revision.
fn revision_number(arn: &str) -> Option<&str> {
    Some(short_name(arn)).filter(|number| !number.is_empty())
}
