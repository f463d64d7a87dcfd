//! Reads the state before anything is done: the service, its last deployment, and the revision that
//! would run.

use ecs_model::{DeploymentRef, family_of, from_answer};
use serde_json::Value;

use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::last_deployment::{LastDeployment, last_deployment};
use crate::plan::live::LiveService;
use crate::plan::members::only_in_revision;
use crate::plan::revision::RegisteredRevision;

/// A service as it was read.
#[derive(Debug)]
pub struct Observed {
    pub service: Option<Value>,
    pub last: Option<LastDeployment>,
    /// The service revision of the PRIMARY deployment, if a declared member needs it.
    pub revision: Option<Value>,
}

impl Observed {
    /// The service for the plan.
    pub fn live(&self) -> Option<LiveService<'_>> {
        Some(LiveService {
            service: self.service.as_ref()?,
            revision: self.revision.as_ref(),
        })
    }

    /// The task definition that the service runs.
    pub fn runs(&self) -> Option<&str> {
        let service = self.service.as_ref().filter(|s| s["status"] == "ACTIVE")?;
        service["taskDefinition"].as_str()
    }
}

/// Reads the service and its deployments.
///
/// # Errors
/// If the cluster does not exist, or if a call fails.
pub async fn observe(
    context: &CommandContext<'_>,
    declared: &ServiceDeclaration,
) -> Result<Observed, Error> {
    let (service, listed) = tokio::try_join!(context.describe_service(), context.deployments())?;
    let Some(service) = service else {
        return Ok(Observed {
            service: None,
            last: None,
            revision: None,
        });
    };
    let typed = from_answer(&service).map_err(|e| Error::CannotDescribe {
        what: format!("service {}", context.service),
        reason: e.to_string(),
    })?;
    let needs_revision = declared.definition.keys().any(|m| only_in_revision(m));
    let revision = match current_revision(&service) {
        Some(arn) if needs_revision => context.service_revision(arn).await?,
        _ => None,
    };
    Ok(Observed {
        last: last_deployment(&typed, &listed),
        service: Some(service),
        revision,
    })
}

/// The ARN of the PRIMARY deployment's service revision: it ends with the deployment's number.
pub fn current_revision(service: &Value) -> Option<&str> {
    let primary: DeploymentRef = crate::plan::lost_write::primary(service)?.parse().ok()?;
    service["currentServiceRevisions"]
        .as_array()?
        .iter()
        .filter_map(|r| r["arn"].as_str())
        .find(|arn| primary.is_revision(arn))
}

/// The ARN of the revision that is identical to this document: the one that the service runs,
/// otherwise the newest active one of the family. `None` if the document must be registered.
///
/// # Errors
/// If a call fails.
pub async fn same_revision(
    context: &CommandContext<'_>,
    document: &Value,
    runs: Option<&str>,
    newest: Option<Value>,
) -> Result<Option<String>, Error> {
    let family = document["family"].as_str().unwrap_or_default();
    let is_ours = |found: &Value| {
        RegisteredRevision(found).is_active() && RegisteredRevision(found).matches(document)
    };
    let arn = |found: &Value| RegisteredRevision(found).arn().map(str::to_owned);
    if let Some(runs) = runs.filter(|runs| family_of(runs) == family) {
        let newest_arn = newest.as_ref().and_then(arn);
        let running = if newest_arn.as_deref() == Some(runs) {
            newest.clone()
        } else {
            context.task_definition(runs).await?
        };
        if let Some(running) = running.filter(is_ours) {
            return Ok(arn(&running));
        }
    }
    Ok(newest.filter(is_ours).as_ref().and_then(arn))
}
