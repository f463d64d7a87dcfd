//! Where a person can step in: a pause, and a rollback.

use ecs_model::ServiceDeploymentStatus;

use crate::facts::Facts;
use crate::verdict::Paused;

/// How ECS is asked to roll a deployment back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackRequest {
    /// It is paused: `ContinueServiceDeployment` of this hook with the action ROLLBACK.
    AtHook { deployment: String, hook: String },
    /// `StopServiceDeployment` with the type ROLLBACK: it works without any rollback configured.
    Stop { deployment: String },
}

impl Facts {
    /// The pause at which our deployment stands until a person continues it.
    pub fn pause(&self) -> Option<Paused> {
        let deployment = self.service_deployment.as_ref()?;
        let under_way = matches!(
            deployment.status,
            ServiceDeploymentStatus::Pending
                | ServiceDeploymentStatus::InProgress
                | ServiceDeploymentStatus::Other(_)
        );
        let hook = deployment
            .lifecycle_hook_details
            .iter()
            .find(|h| under_way && h.awaits_action())?;
        Some(Paused {
            hook_id: hook.hook_id.clone(),
            stage: deployment.lifecycle_stage,
            timeout_action: hook.timeout_action.clone(),
            expires_at: hook.expires_at,
        })
    }

    /// The call with which ECS rolls our deployment back. `None` if it has an end already, is on
    /// its way back, or is not known as a service deployment.
    pub fn rollback_request(&self) -> Option<RollbackRequest> {
        let deployment = self.service_deployment_arn()?.to_owned();
        let under_way = self
            .service_deployment
            .as_ref()
            .is_none_or(|d| d.status.rank() <= ServiceDeploymentStatus::InProgress.rank());
        if !under_way {
            return None;
        }
        let hook = self.pause().and_then(|paused| paused.hook_id);
        Some(match hook {
            // At a pause the hook is answered.
            Some(hook) => RollbackRequest::AtHook { deployment, hook },
            None => RollbackRequest::Stop { deployment },
        })
    }
}
