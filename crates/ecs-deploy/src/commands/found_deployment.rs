//! The deployment that a command is about, in its current state.

use ecs_model::{
    DeploymentRef, ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use pipeline_io::Done;

use crate::context::CommandContext;
use crate::error::Error;
use crate::report::ResultData;

/// A deployment in its current state.
pub struct FoundDeployment {
    deployment: DeploymentRef,
    pub now: ServiceDeployment,
}

impl FoundDeployment {
    /// Finds the named deployment in the list, or the last one if `named` is `None`.
    ///
    /// # Errors
    /// If it does not exist, or if service deployments cannot be read.
    pub async fn find(
        context: &CommandContext<'_>,
        named: Option<DeploymentRef>,
        listed: &[ServiceDeploymentBrief],
    ) -> Result<Self, Error> {
        let mut deployment = named.unwrap_or_default();
        let ours = |l: &&ServiceDeploymentBrief| {
            let revision = l.target_service_revision_arn.as_deref();
            deployment.name().is_none()
                || deployment.is_service_deployment(
                    &l.service_deployment_arn,
                    revision,
                    l.created_at,
                )
        };
        let found = listed.iter().filter(ours).max_by_key(|l| l.created_at);
        if let Some(found) = found {
            deployment.service_deployment_arn = Some(found.service_deployment_arn.clone());
            deployment.service_revision_arn = found.target_service_revision_arn.clone();
            deployment.created_at = found.created_at;
        }
        let none = || Error::NoDeployment {
            service: context.service.clone(),
            which: deployment.name().map(str::to_owned),
        };
        let arn = deployment
            .service_deployment_arn
            .as_deref()
            .ok_or_else(none)?;
        let now = context.reader.service_deployment(arn).await?;
        let now = now.into_result().map_err(Error::Aws)?.ok_or_else(none)?;
        Ok(Self { deployment, now })
    }

    /// The ARN of the service deployment.
    pub fn arn(&self) -> &str {
        self.deployment
            .service_deployment_arn
            .as_deref()
            .unwrap_or_default()
    }

    /// The name for people: the ARN, or the ID.
    pub fn name(&self) -> &str {
        self.deployment.name().unwrap_or_default()
    }

    /// The hook that the deployment is paused at until a person acts; `wanted` selects one of
    /// several.
    ///
    /// # Errors
    /// If it is paused at several hooks, or only at another one.
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
                hint: "set --hook to one of these IDs".into(),
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

    /// Whether it still proceeds towards what it deploys.
    pub fn is_running(&self) -> bool {
        !self.now.status.is_final() && !self.is_going_back()
    }

    /// Its name and status as a sentence.
    pub fn description(&self) -> String {
        format!("deployment {} is {}", self.name(), self.now.status.as_str())
    }

    /// The data of the result.
    pub fn data(&self, context: &CommandContext<'_>) -> ResultData {
        let mut data = context.data();
        data.deployment = Some(self.deployment.clone());
        data
    }

    /// Finishes without an action, because the deployment has ended or is being stopped.
    pub fn nothing_to_stop(&self, context: &CommandContext<'_>) -> Done {
        let sentence = format!("{}: nothing to stop", self.description());
        context.done(self.data(context), "unchanged", &sentence)
    }

    /// Finishes without an action, because the deployment ended between the read and the call.
    pub fn ended_meanwhile(&self, context: &CommandContext<'_>) -> Done {
        let sentence = format!("{}, but has already ended", self.description());
        context.done(self.data(context), "unchanged", &sentence)
    }
}
