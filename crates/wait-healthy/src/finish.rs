//! The end of a wait: reports the verdict and, if it is not a success, the cause.

use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt};
use rollout::{Facts, Failed, Outcome, Stopped, Verdict};

use crate::cause::{self, Cause};
use crate::error::Error;
use crate::headline;
use crate::hints;
use crate::report::DeploymentState;
use crate::summary::{VerdictContext, summarize};
use crate::wait::{Wait, is_good};

/// Reports the verdict, writes it for later steps, and returns how the program ends.
pub async fn finish(
    session: &Session,
    mut wait: Wait<'_>,
    verdict: Verdict,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let state = DeploymentState::of(wait.facts());
    let summary = summarize(
        &verdict,
        &VerdictContext {
            service: &wait.context.request.service,
            deployment: &wait.name(),
            after: wait.context.clock.elapsed(),
            state: &state,
            has_unhealthy_tasks: wait.facts().has_unhealthy_tasks(),
            probed: wait.data.probe.as_ref().map(|p| p.url.as_str()),
            rollback_by: wait.data.rollback_requested_by,
        },
    );
    let step = wait.context.step;
    wait.data.decide(&verdict);
    wait.data.summary = Some(summary.clone());
    step.data(&wait.data);
    step.output("verdict", verdict.outcome.name());
    if is_good(&verdict.outcome) {
        step.output("summary", &summary);
        return Ok(Done::value(verdict.outcome.name(), summary));
    }
    let cause = tokio::select! {
        cause = why(session, &mut wait, &verdict) => cause,
        // The verdict is known; only its cause is missing.
        () = interrupt.received() => {
            step.info("interrupted while looking for the cause");
            Cause::default()
        }
    };
    cause::show(&cause, step);
    step.output("cause", cause.summary.clone().unwrap_or_default());
    let hint = hints::hint(
        &wait.context.request,
        wait.facts(),
        &verdict.outcome,
        &cause,
    );
    let clause = cause.clause.as_deref();
    let summary = headline::with_cause(summary, &verdict.outcome, clause, wait.facts());
    step.output("summary", &summary);
    wait.data.summary = Some(summary.clone());
    wait.data.cause = Some(cause);
    step.data(&wait.data);
    Err(Error::Verdict {
        summary,
        hint,
        outcome: Box::new(verdict.outcome),
    }
    .into())
}

/// Reads the tasks again, since some may have stopped a moment ago, and gathers the cause.
async fn why(session: &Session, wait: &mut Wait<'_>, verdict: &Verdict) -> Cause {
    // The logs of the tasks do not explain a pause or a failed probe.
    if matches!(
        verdict.outcome,
        Outcome::Paused(_) | Outcome::Failed(Failed::Probe { .. })
    ) {
        return Cause::default();
    }
    let ended = wait.poller.read_round(&mut wait.reporter).await;
    if let Err(error) = ended {
        let step = wait.context.step;
        step.info(format!("cannot read the tasks again: {error}"));
    }
    let facts = wait.facts();
    let reason = reason(&verdict.outcome, facts);
    // A superseded deployment did not fail. But if tasks had failed by then, that is worth knowing.
    let has_cause =
        !matches!(verdict.outcome, Outcome::Superseded(_)) || facts.failed_tasks().next().is_some();
    if !has_cause {
        return Cause::default();
    }
    cause::gather(session, wait.context, facts, reason.as_deref()).await
}

/// The reason that ECS gives for the outcome.
fn reason(outcome: &Outcome, facts: &Facts) -> Option<String> {
    let own = match outcome {
        Outcome::Failed(
            Failed::Breaker { reason }
            | Failed::Alarm { reason, .. }
            | Failed::Rollback { reason }
            | Failed::NoRollback { reason }
            | Failed::First { reason },
        )
        | Outcome::Stopped(Stopped::Stopped { reason }) => reason.clone(),
        Outcome::RolledBack(back) => back.reason.clone(),
        _ => None,
    };
    own.or_else(|| facts.service_deployment.as_ref()?.status_reason.clone())
}
