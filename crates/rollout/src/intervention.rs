//! How a person can intervene: a pause that waits for them, and a rollback on request.

use ecs_model::ServiceDeploymentStatus;

use crate::facts::Facts;
use crate::verdict::Paused;

/// The call that makes ECS roll a deployment back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackRequest {
    /// At a pause: `ContinueServiceDeployment` for this hook with the action ROLLBACK.
    AtHook { deployment: String, hook: String },
    /// `StopServiceDeployment` with the type ROLLBACK. It works even if no rollback is configured.
    Stop { deployment: String },
}

impl Facts {
    /// The pause that our deployment has reached and that only a person can end.
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

    /// The call that rolls our deployment back. `None` if it has ended, is already being rolled
    /// back, or if its service deployment is not known.
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
            // ECS rejects a stop at a pause; the hook must be answered.
            Some(hook) => RollbackRequest::AtHook { deployment, hook },
            None => RollbackRequest::Stop { deployment },
        })
    }
}
