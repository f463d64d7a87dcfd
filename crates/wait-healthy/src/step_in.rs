//! Stepping in: ECS is asked to take a deployment back that nobody waits for any more.

use pipeline_aws::AwsError;

use crate::Error;
use crate::observe::Observer;

/// What came of asking.
#[derive(Debug)]
pub enum Asked {
    /// ECS takes it back.
    Yes,
    /// It has its end, or is on its way back already.
    Needless,
    /// Its service deployment is not known, so ECS cannot be asked.
    Unknown,
    /// AWS refused.
    Refused(Box<AwsError>),
}

/// Asks ECS to take our deployment back. `StopServiceDeployment` works without any rollback
/// configured.
pub async fn take_back(observer: &mut Observer) -> Asked {
    if observer.watch.way_back().is_none()
        && let Err(Error::Aws(error)) = observer.find().await
    {
        return Asked::Refused(error);
    }
    let Some(way) = observer.watch.way_back() else {
        let is_known = observer
            .watch
            .handle()
            .is_some_and(|h| h.service_deployment_arn.is_some());
        return if is_known {
            Asked::Needless
        } else {
            Asked::Unknown
        };
    };
    match observer.reader.take_back(&way).await {
        Ok(true) => Asked::Yes,
        Ok(false) => Asked::Needless,
        Err(error) => Asked::Refused(Box::new(error)),
    }
}
