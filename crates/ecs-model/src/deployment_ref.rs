//! A deployment's handle: what names *our* deployment, and how its names are joined.
//!
//! ECS names one deployment in three ways. `deployments[].id` and a task's `startedBy` are
//! `ecs-svc/NUMBER`; the service revision's ARN ends in the same number; the service deployment
//! has an ARN of its own, whose target is that revision. The task definition names no deployment,
//! since `forceNewDeployment` repeats it. The answer to the write carries the first two, not the
//! third (`currentServiceDeployment` is absent from it, or outdated), so that one is found by
//! listing: the service deployment whose target revision has our number and that was not created
//! before our write.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::{Arn, ParseArnError, is_arn, short_name};
use crate::time;

/// What begins every classic deployment id.
const PREFIX: &str = "ecs-svc/";

/// How much earlier than the write's own answer says a service deployment may have been created.
/// An older one with our revision is an earlier deployment of it, whose verdict is not ours.
const CREATED_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// Names of one deployment. Each part may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentRef {
    /// `arn:aws:ecs:…:service-deployment/CLUSTER/SERVICE/ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_deployment_arn: Option<String>,
    /// `ecs-svc/NUMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecs_svc_id: Option<String>,
    /// The task definition that it deploys. It identifies nothing; it is for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<String>,
    /// `arn:aws:ecs:…:service-revision/CLUSTER/SERVICE/NUMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_revision_arn: Option<String>,
    /// When ECS says that the deployment was created, by AWS's clock.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "time::optional"
    )]
    pub created_at: Option<Timestamp>,
}

/// Why a text names no deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDeploymentRefError {
    /// Neither an ARN nor an `ecs-svc/` id.
    #[error(
        "`{0}` names no deployment: expected a service deployment's ARN, ecs-svc/NUMBER, or a result file of ecs-deploy"
    )]
    Text(String),
    /// It begins as an ARN does, and is not a whole one.
    #[error(transparent)]
    Arn(#[from] ParseArnError),
    /// An ARN of something else; what it is.
    #[error("`{arn}` is the ARN of a {is}, not of a service deployment or service revision")]
    OtherArn { arn: String, is: String },
    /// A JSON document without a handle in it; what it is.
    #[error("{0}")]
    Document(&'static str),
    /// The answer to a write without any deployment in it.
    #[error("the service in ECS's answer has no PRIMARY deployment")]
    Answer,
}

/// Where a service deployment's or revision's ARN says that it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRef {
    pub region: String,
    pub cluster: String,
    pub service: String,
}

impl FromStr for DeploymentRef {
    type Err = ParseDeploymentRefError;

    /// Reads what a person or a script writes: a service deployment's ARN, a service revision's
    /// ARN, or `ecs-svc/NUMBER`.
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
                let mut handle = Self {
                    service_revision_arn: Some(text.to_owned()),
                    ..Self::default()
                };
                handle.join();
                Ok(handle)
            }
            ("ecs", Some(kind), _) => Err(other(kind.to_owned())),
            (service, ..) => Err(other(format!("resource of {service}"))),
        }
    }
}

impl DeploymentRef {
    /// Reads a handle out of a JSON document: a result of ecs-deploy (`data.handle`), or a bare
    /// handle.
    ///
    /// # Errors
    /// Says what the document is instead: another verb's result, or a failed ecs-deploy's.
    pub fn from_document(document: &Value) -> Result<Self, ParseDeploymentRefError> {
        let verb = document.get("verb").and_then(Value::as_str);
        let bare = match (verb, document.get("data")) {
            (Some("ecs-deploy"), Some(data)) => data
                .get("deployment")
                .filter(|h| h.is_object())
                .ok_or(ParseDeploymentRefError::Document(
                    "the result of ecs-deploy has no handle: no deployment began",
                ))?,
            (Some(_), _) => {
                return Err(ParseDeploymentRefError::Document(
                    "the document is not a result of ecs-deploy",
                ));
            }
            (None, _) => document,
        };
        let mut handle = Self::deserialize(bare).map_err(|_| {
            ParseDeploymentRefError::Document("the document holds no deployment's handle")
        })?;
        handle.join();
        if handle.service_deployment_arn.is_none() && handle.ecs_svc_id.is_none() {
            return Err(ParseDeploymentRefError::Document(
                "the document holds no deployment's handle",
            ));
        }
        Ok(handle)
    }

    /// Reads the handle out of the answer of `CreateService` or `UpdateService`: its PRIMARY
    /// deployment, and the service revision of the same number. `currentServiceDeployment` is not
    /// looked at: it may name an earlier one.
    ///
    /// # Errors
    /// Where the answer has no PRIMARY deployment.
    pub fn from_write(answer: &Value) -> Result<Self, ParseDeploymentRefError> {
        let service = answer.get("service").unwrap_or(answer);
        let deployments = service.get("deployments").and_then(Value::as_array);
        let primary = deployments
            .into_iter()
            .flatten()
            .find(|d| d.get("status").and_then(Value::as_str) == Some("PRIMARY"))
            .ok_or(ParseDeploymentRefError::Answer)?;
        let text = |member: &str| primary.get(member)?.as_str().map(str::to_owned);
        let mut handle = Self {
            ecs_svc_id: text("id"),
            task_definition_arn: text("taskDefinition"),
            created_at: primary.get("createdAt").and_then(time::read),
            ..Self::default()
        };
        if handle.ecs_svc_id.is_none() {
            return Err(ParseDeploymentRefError::Answer);
        }
        let revisions = service
            .get("currentServiceRevisions")
            .and_then(Value::as_array);
        handle.service_revision_arn = revisions
            .into_iter()
            .flatten()
            .filter_map(|r| r.get("arn")?.as_str())
            .find(|arn| handle.is_revision(arn))
            .map(str::to_owned);
        Ok(handle)
    }

    /// Fills in what one name says of another: the number is the same in both.
    pub fn join(&mut self) {
        if let (None, Some(number)) = (&self.ecs_svc_id, self.number()) {
            self.ecs_svc_id = Some(format!("{PREFIX}{number}"));
        }
    }

    /// The number that the classic deployment id and the service revision's ARN share.
    pub fn number(&self) -> Option<&str> {
        match (&self.ecs_svc_id, &self.service_revision_arn) {
            (Some(id), _) => id.strip_prefix(PREFIX),
            (None, Some(arn)) => revision_number(arn),
            (None, None) => None,
        }
    }

    /// Whether this service revision is the one that our deployment deploys.
    pub fn is_revision(&self, revision_arn: &str) -> bool {
        self.number().is_some() && revision_number(revision_arn) == self.number()
    }

    /// Whether this classic deployment id, or task's `startedBy`, is ours.
    pub fn is_deployment(&self, ecs_svc_id: &str) -> bool {
        self.number().is_some() && ecs_svc_id.strip_prefix(PREFIX) == self.number()
    }

    /// Whether a listed service deployment is ours: by its ARN where we know it, else by the
    /// revision that it deploys and the time at which it was created.
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

    /// Cluster and service, where an ARN in the handle names them.
    pub fn home(&self) -> Option<ServiceRef> {
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

    /// The shortest name that finds the deployment again: its ARN, else its id.
    pub fn name(&self) -> Option<&str> {
        self.service_deployment_arn
            .as_deref()
            .or(self.ecs_svc_id.as_deref())
    }
}

/// The classic deployment id, `ecs-svc/NUMBER`, of the deployment that deploys a service revision.
pub fn ecs_svc_id(revision_arn: &str) -> Option<String> {
    revision_number(revision_arn).map(|number| format!("{PREFIX}{number}"))
}

/// The number at the end of a service revision's ARN.
fn revision_number(arn: &str) -> Option<&str> {
    Some(short_name(arn)).filter(|number| !number.is_empty())
}
