//! The deployment's handle: what the write's answer does not say is found by listing.

use std::time::Duration;

use ecs_model::DeploymentRef;

use crate::context::CommandContext;

/// A service deployment is listed a moment after the write; it is looked for this often.
const LOOKS: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(400);

/// Finds the service deployment's ARN. Without it the handle still names the deployment, so
/// nothing here fails.
pub async fn complete(handle: &mut DeploymentRef, context: &CommandContext<'_>) {
    for look in 0..LOOKS {
        if handle.service_deployment_arn.is_some() {
            return;
        }
        if look > 0 {
            tokio::time::sleep(BETWEEN).await;
        }
        let listed = match context.deployments().await {
            Ok(listed) if !listed.is_empty() => listed,
            // Service deployments cannot be read here: looking again shows no more.
            _ => return,
        };
        let ours = listed.iter().find(|l| {
            let revision = l.target_service_revision_arn.as_deref();
            handle.is_service_deployment(&l.service_deployment_arn, revision, l.created_at)
        });
        if let Some(ours) = ours {
            handle.service_deployment_arn = Some(ours.service_deployment_arn.clone());
            if handle.service_revision_arn.is_none() {
                handle.service_revision_arn = ours.target_service_revision_arn.clone();
            }
        }
    }
}
