//! The deployment's handle: what the write's answer does not say is found by listing.

use std::time::Duration;

use ecs_model::DeploymentRef;
use pipeline_http::poll;
use tokio::time::Instant;

use crate::context::CommandContext;

/// A service deployment is listed a moment after the write; it is looked for this often.
const LOOKS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(400);
/// After this long no further look begins.
const LONGEST: Duration = Duration::from_secs(60);

/// Finds the service deployment's ARN. Without it the handle still names the deployment, so
/// nothing here fails.
pub async fn complete(handle: &mut DeploymentRef, context: &CommandContext<'_>) {
    if handle.service_deployment_arn.is_some() {
        return;
    }
    let pauses = std::iter::repeat_n(BETWEEN, LOOKS - 1);
    let found = poll(pauses, Instant::now() + LONGEST, async || {
        let listed = match context.deployments().await {
            Ok(listed) if !listed.is_empty() => listed,
            _ => return Err(CannotBeListed),
        };
        let ours = listed.into_iter().find(|l| {
            let revision = l.target_service_revision_arn.as_deref();
            handle.is_service_deployment(&l.service_deployment_arn, revision, l.created_at)
        });
        Ok(ours)
    });
    if let Ok(Some(ours)) = found.await {
        handle.service_deployment_arn = Some(ours.service_deployment_arn);
        if handle.service_revision_arn.is_none() {
            handle.service_revision_arn = ours.target_service_revision_arn;
        }
    }
}

/// Service deployments cannot be read here, so that another look shows no more.
struct CannotBeListed;
