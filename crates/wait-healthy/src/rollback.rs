//! Asks ECS to roll back a deployment on which the wait gave up.

use pipeline_aws::AwsError;

use crate::error::Error;
use crate::poller::Poller;

/// The result of a rollback request.
#[derive(Debug)]
pub enum RollbackOutcome {
    /// ECS accepted the request.
    Requested,
    /// The deployment has ended or is already being rolled back.
    NotNeeded,
    /// The ARN of the service deployment is not known, so there is nothing to send.
    UnknownDeployment,
    /// AWS rejected the request or could not be reached.
    Failed(Box<AwsError>),
}

/// Asks ECS to roll our deployment back. This works even if no rollback is configured.
pub async fn request_rollback(poller: &mut Poller<'_>) -> RollbackOutcome {
    if poller.watch.facts().rollback_request().is_none()
        && let Err(Error::Aws(error)) = poller.find_deployment().await
    {
        return RollbackOutcome::Failed(error);
    }
    let Some(request) = poller.watch.facts().rollback_request() else {
        return if poller.watch.facts().service_deployment_arn().is_some() {
            RollbackOutcome::NotNeeded
        } else {
            RollbackOutcome::UnknownDeployment
        };
    };
    match poller.reader.request_rollback(&request).await {
        Ok(true) => RollbackOutcome::Requested,
        Ok(false) => RollbackOutcome::NotNeeded,
        Err(error) => RollbackOutcome::Failed(Box::new(error)),
    }
}
