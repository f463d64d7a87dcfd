//! The end of a wait: the verdict is said, and where it is no success, why.

use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt};
use rollout::{Facts, Failed, Outcome, Stopped, Verdict};

use crate::cause::{self, Cause};
use crate::error::Error;
use crate::hints;
use crate::report::State;
use crate::summary::{VerdictContext, summarize};
use crate::wait::{Wait, is_good};

/// Says the verdict, leaves it to later steps, and gives the exit.
pub async fn finish(
    session: &Session,
    mut wait: Wait<'_>,
    verdict: Verdict,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let state = State::of(wait.facts());
    let summary = summarize(
        &verdict,
        &VerdictContext {
            service: &wait.context.plan.service,
            deployment: &wait.name(),
            after: wait.context.clock.elapsed(),
            state: &state,
            probed: wait.data.probe.as_ref().map(|p| p.url.as_str()),
            rollback_by: wait.data.rollback_requested_by,
        },
    );
    let step = wait.context.step;
    wait.data.decide(&verdict);
    wait.data.summary = Some(summary.clone());
    step.data(&wait.data);
    step.output("verdict", verdict.outcome.name());
    step.output("summary", &summary);
    if is_good(&verdict.outcome) {
        return Ok(Done::value(verdict.outcome.name(), summary));
    }
    let cause = tokio::select! {
        cause = why(session, &mut wait, &verdict) => cause,
        // The verdict stands; only its cause is cut short.
        () = interrupt.received() => {
            step.info("interrupted: the cause is not looked for any further");
            Cause::default()
        }
    };
    cause::show(&cause, step);
    step.output("cause", cause.summary.clone().unwrap_or_default());
    let hint = hints::hint(&wait.context.plan, wait.facts(), &verdict.outcome, &cause);
    wait.data.cause = Some(cause);
    step.data(&wait.data);
    Err(Error::Verdict {
        summary,
        hint,
        outcome: Box::new(verdict.outcome),
    }
    .into())
}

/// Looks once more at the tasks, since the last ones may have stopped a moment ago, and gathers.
async fn why(session: &Session, wait: &mut Wait<'_>, verdict: &Verdict) -> Cause {
    // What a person holds, and an address before the tasks, is not in their logs.
    if matches!(
        verdict.outcome,
        Outcome::Paused(_) | Outcome::Failed(Failed::Probe { .. })
    ) {
        return Cause::default();
    }
    if let Err(error) = wait.poller.read_tasks().await {
        wait.context.step.info(format!(
            "the tasks could not be looked at once more: {error}"
        ));
    }
    let facts = wait.facts();
    let reason = reason(&verdict.outcome, facts);
    // Being replaced is no fault of ours; what had failed by then is told.
    let is_told =
        !matches!(verdict.outcome, Outcome::Superseded(_)) || facts.failed_tasks().next().is_some();
    if !is_told {
        return Cause::default();
    }
    cause::gather(session, wait.context, facts, reason.as_deref()).await
}

/// ECS's own reason for the outcome.
fn reason(outcome: &Outcome, facts: &Facts) -> Option<String> {
    let own = match outcome {
        Outcome::Failed(
            Failed::Breaker { reason }
            | Failed::Alarm { reason, .. }
            | Failed::Rollback { reason }
            | Failed::First { reason },
        )
        | Outcome::Stopped(Stopped::Stopped { reason }) => reason.clone(),
        Outcome::RolledBack(back) => back.reason.clone(),
        _ => None,
    };
    own.or_else(|| facts.service_deployment.as_ref()?.status_reason.clone())
}
