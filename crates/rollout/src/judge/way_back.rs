//! Where a person can step in: a pause, and the way back.

use crate::verdict::{Paused, WayBack};
use crate::watch::Watch;
use ecs_model::ServiceDeploymentStatus;

impl Watch {
    /// The pause at which our deployment stands until a person continues it.
    pub fn pause(&self) -> Option<Paused> {
        let deployment = self.deployment.as_ref()?;
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

    /// The call with which ECS takes our deployment back. None where it has an end already, is
    /// on its way back, or is not known as a service deployment.
    pub fn way_back(&self) -> Option<WayBack> {
        let known = self.handle.as_ref()?.service_deployment_arn.clone()?;
        let under_way = self
            .deployment
            .as_ref()
            .is_none_or(|d| d.status.rank() <= ServiceDeploymentStatus::InProgress.rank());
        if !under_way {
            return None;
        }
        let hook = self.pause().and_then(|paused| paused.hook_id);
        Some(match hook {
            // At a pause the hook is answered.
            Some(hook) => WayBack::AtHook {
                deployment: known,
                hook,
            },
            None => WayBack::Stop { deployment: known },
        })
    }
}
