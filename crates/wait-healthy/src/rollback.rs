//! Stepping in: ECS is asked to take a deployment back that nobody waits for any more.

use pipeline_aws::AwsError;

use crate::error::Error;
use crate::poller::Poller;

/// What came of asking.
#[derive(Debug)]
pub enum RollbackOutcome {
    /// ECS takes it back.
    Requested,
    /// It has its end, or is on its way back already.
    NotNeeded,
    /// Its service deployment is not known, so ECS cannot be asked.
    UnknownDeployment,
    /// AWS refused.
    Failed(Box<AwsError>),
}

/// Asks ECS to take our deployment back. `StopServiceDeployment` works without any rollback
/// configured.
pub async fn take_back(poller: &mut Poller<'_>) -> RollbackOutcome {
    if poller.watch.facts().rollback_request().is_none()
        && let Err(Error::Aws(error)) = poller.find().await
    {
        return RollbackOutcome::Failed(error);
    }
    let Some(way) = poller.watch.facts().rollback_request() else {
        return if poller.watch.facts().service_deployment_arn().is_some() {
            RollbackOutcome::NotNeeded
        } else {
            RollbackOutcome::UnknownDeployment
        };
    };
    match poller.reader.take_back(&way).await {
        Ok(true) => RollbackOutcome::Requested,
        Ok(false) => RollbackOutcome::NotNeeded,
        Err(error) => RollbackOutcome::Failed(Box::new(error)),
    }
}
