//! Another deployment that is in progress: it is named, and then replaced, waited for or refused.

use std::time::Duration;

use ecs_model::short_name;
use jiff::Timestamp;
use pipeline_http::{RetryPolicy, poll};
use tokio::time::Instant;

use crate::args::IfInProgress;
use crate::context::CommandContext;
use crate::error::Error;
use crate::observe::observe;
use crate::plan::last_deployment::{Last, Standing};
use crate::plan::service::ServicePlan;
use crate::request::DeployRequest;

/// The pauses between two looks at a deployment that is waited for.
const PAUSES: RetryPolicy = RetryPolicy {
    tries: usize::MAX,
    first: Duration::from_secs(1),
    factor: 2.0,
    longest: Duration::from_secs(5),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// Does what `--if-in-progress` says about the deployment that the plan would replace; `true` if
/// time has passed and the plan must be made anew.
pub async fn settle(
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
        IfInProgress::Fail => Err(Error::Active {
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
        last = observed.last.filter(Last::is_active);
        Ok::<_, Error>(last.is_none().then_some(()))
    });
    ended.await?;
    let Some(last) = last else {
        context.step.info("the deployment in progress has ended");
        return Ok(());
    };
    Err(Error::StillActive {
        service: context.service.clone(),
        which: described(&last, Timestamp::now()),
        waited: format!(
            "{:#}",
            jiff::SignedDuration::from_secs(limit.as_secs() as i64)
        ),
    })
}

/// `ecs-svc/1 of web:41, since 2026-03-02T09:00:00Z (4m 3s)`.
pub fn described(last: &Last, now: Timestamp) -> String {
    let mut text = last.handle.name().unwrap_or("unnamed").to_owned();
    if let Some(revision) = &last.handle.task_definition_arn {
        text.push_str(&format!(" of {}", short_name(revision)));
    }
    if let Some(since) = last.since {
        let seconds = now.duration_since(since).as_secs().max(0);
        let ago = jiff::SignedDuration::from_secs(seconds);
        text.push_str(&format!(", since {since:.0} ({ago:#})"));
    }
    if let Standing::GoingBack(word) = &last.standing {
        text.push_str(&format!(", {word}"));
    }
    text
}
