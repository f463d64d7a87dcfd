//! The deployment that a command is about, as ECS shows it now.

use ecs_model::{
    DeploymentRef, ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use pipeline_io::Done;

use crate::context::CommandContext;
use crate::error::Error;
use crate::report::Data;

/// A deployment as it is now.
pub struct FoundDeployment {
    handle: DeploymentRef,
    pub now: ServiceDeployment,
}

impl FoundDeployment {
    /// The deployment that is named among those that are listed, or the last one.
    ///
    /// # Errors
    /// If there is none, or if service deployments cannot be read.
    pub async fn find(
        context: &CommandContext<'_>,
        named: Option<DeploymentRef>,
        listed: &[ServiceDeploymentBrief],
    ) -> Result<Self, Error> {
        let mut handle = named.unwrap_or_default();
        let ours = |l: &&ServiceDeploymentBrief| {
            let revision = l.target_service_revision_arn.as_deref();
            handle.name().is_none()
                || handle.is_service_deployment(&l.service_deployment_arn, revision, l.created_at)
        };
        let found = listed.iter().filter(ours).max_by_key(|l| l.created_at);
        if let Some(found) = found {
            handle.service_deployment_arn = Some(found.service_deployment_arn.clone());
            handle.service_revision_arn = found.target_service_revision_arn.clone();
            handle.created_at = found.created_at;
        }
        let none = || Error::NoDeployment {
            service: context.service.clone(),
            which: handle.name().unwrap_or("any").to_owned(),
        };
        let arn = handle.service_deployment_arn.as_deref().ok_or_else(none)?;
        let now = context.reader.service_deployment(arn).await?;
        let now = now.or_error().map_err(Error::Aws)?.ok_or_else(none)?;
        Ok(Self { handle, now })
    }

    /// The service deployment's ARN.
    pub fn arn(&self) -> &str {
        self.handle
            .service_deployment_arn
            .as_deref()
            .unwrap_or_default()
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.handle.name().unwrap_or_default()
    }

    /// The hook at which it stands until a person acts; `wanted` chooses among several.
    ///
    /// # Errors
    /// If it is paused at several hooks, or at another one.
    pub fn hook(&self, wanted: Option<&str>) -> Result<Option<String>, Error> {
        let waiting: Vec<&str> = self
            .now
            .lifecycle_hook_details
            .iter()
            .filter(|h| h.awaits_action())
            .filter_map(|h| h.hook_id.as_deref())
            .collect();
        match (wanted, waiting.as_slice()) {
            (_, []) => Ok(None),
            (Some(id), waiting) if waiting.contains(&id) => Ok(Some(id.to_owned())),
            (None, [one]) => Ok(Some((*one).to_owned())),
            _ => Err(Error::Usage {
                message: format!("the deployment is paused at {}", waiting.join(" and ")),
                hint: "--hook ID says which one is meant".into(),
            }),
        }
    }

    fn is_going_back(&self) -> bool {
        matches!(
            self.now.status,
            ServiceDeploymentStatus::StopRequested
                | ServiceDeploymentStatus::RollbackRequested
                | ServiceDeploymentStatus::RollbackInProgress
        )
    }

    /// Whether it still moves towards what it deploys.
    pub fn is_running(&self) -> bool {
        !self.now.status.is_final() && !self.is_going_back()
    }

    /// Its name and status, as a person reads them.
    pub fn said(&self) -> String {
        format!("deployment {} is {}", self.name(), self.now.status.as_str())
    }

    /// The result's data about it.
    pub fn data(&self, context: &CommandContext<'_>) -> Data {
        let mut data = context.data();
        data.deployment = Some(self.handle.clone());
        data
    }

    /// Ends without doing anything: it has ended, or is going back.
    pub fn nothing_to_stop(&self, context: &CommandContext<'_>) -> Done {
        let said = format!("{}: nothing to stop", self.said());
        context.done(self.data(context), "unchanged", &said)
    }

    /// Ends without anything done: it came to its end between our look and our call.
    pub fn ended_meanwhile(&self, context: &CommandContext<'_>) -> Done {
        let said = format!("{}, and has ended meanwhile", self.said());
        context.done(self.data(context), "unchanged", &said)
    }
}
