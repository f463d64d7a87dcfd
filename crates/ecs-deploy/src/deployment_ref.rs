//! Completes the reference to a deployment: what the response to the write lacks is looked up in
//! the list of service deployments.

use std::time::Duration;

use ecs_model::DeploymentRef;
use pipeline_http::poll;
use tokio::time::Instant;

use crate::context::CommandContext;

/// A service deployment is listed shortly after the write. This is the number of reads.
const LOOKS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(400);
/// No further read starts after this time.
const LONGEST: Duration = Duration::from_secs(60);

/// Finds the ARN of the service deployment. The reference identifies the deployment without it,
/// too, so nothing here fails.
pub async fn complete(deployment: &mut DeploymentRef, context: &CommandContext<'_>) {
    if deployment.service_deployment_arn.is_some() {
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
            deployment.is_service_deployment(&l.service_deployment_arn, revision, l.created_at)
        });
        Ok(ours)
    });
    if let Ok(Some(ours)) = found.await {
        deployment.service_deployment_arn = Some(ours.service_deployment_arn);
        if deployment.service_revision_arn.is_none() {
            deployment.service_revision_arn = ours.target_service_revision_arn;
        }
    }
}

/// Service deployments cannot be read, so another read does not help.
struct CannotBeListed;
