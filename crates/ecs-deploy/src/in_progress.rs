//! Another deployment in progress: it is reported, and then replaced, waited for or treated as an
//! error.

use std::time::Duration;

use ecs_model::short_name;
use jiff::Timestamp;
use pipeline_http::{RetryPolicy, poll};
use tokio::time::Instant;

use crate::args::IfInProgress;
use crate::context::CommandContext;
use crate::error::Error;
use crate::observe::observe;
use crate::plan::last_deployment::{DeploymentState, LastDeployment};
use crate::plan::service::ServicePlan;
use crate::request::DeployRequest;

/// The pauses between two reads while waiting for a deployment.
const PAUSES: RetryPolicy = RetryPolicy {
    tries: usize::MAX,
    first: Duration::from_secs(1),
    factor: 2.0,
    longest: Duration::from_secs(5),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// Applies `--if-in-progress` to the deployment that the plan would replace. Returns `true` if it
/// waited, so that the caller must plan again.
///
/// # Errors
/// If `--if-in-progress` is `fail`, or if the deployment does not end in time.
pub async fn resolve(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    plan: &ServicePlan,
) -> Result<bool, Error> {
    let step = context.step;
    let Some(competing) = &plan.competing else {
        return Ok(false);
    };
    let which = described(competing, Timestamp::now());
    match request.options.if_in_progress {
        IfInProgress::Proceed => {
            step.info(format!("replacing the deployment in progress: {which}"));
            Ok(false)
        }
        IfInProgress::Fail => Err(Error::InProgress {
            service: context.service.clone(),
            which,
        }),
        IfInProgress::Wait => {
            step.info(format!("waiting for the deployment in progress: {which}"));
            wait(context, request).await?;
            Ok(true)
        }
    }
}

async fn wait(context: &CommandContext<'_>, request: &DeployRequest) -> Result<(), Error> {
    let limit = request.options.in_progress_timeout;
    let mut last = None;
    let ended = poll(PAUSES.pauses(), Instant::now() + limit, async || {
        let observed = observe(context, &request.service).await?;
        last = observed.last.filter(LastDeployment::is_active);
        Ok::<_, Error>(last.is_none().then_some(()))
    });
    ended.await?;
    let Some(last) = last else {
        context.step.info("the deployment in progress has ended");
        return Ok(());
    };
    Err(Error::StillInProgress {
        service: context.service.clone(),
        which: described(&last, Timestamp::now()),
        waited: format!(
            "{:#}",
            jiff::SignedDuration::from_secs(limit.as_secs() as i64)
        ),
    })
}

/// A description for people, e.g. `ecs-svc/1 of web:41, since 2026-03-02T09:00:00Z (4m 3s)`.
pub fn described(last: &LastDeployment, now: Timestamp) -> String {
    let mut text = last.deployment.name().unwrap_or("unnamed").to_owned();
    if let Some(revision) = &last.deployment.task_definition_arn {
        text.push_str(&format!(" of {}", short_name(revision)));
    }
    if let Some(since) = last.since {
        let seconds = now.duration_since(since).as_secs().max(0);
        let ago = jiff::SignedDuration::from_secs(seconds);
        text.push_str(&format!(", since {since:.0} ({ago:#})"));
    }
    if let DeploymentState::GoingBack(word) = &last.state {
        text.push_str(&format!(", {word}"));
    }
    text
}
