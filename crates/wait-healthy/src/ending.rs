//! The end of a wait: the verdict is said, and where it is no success, why.

use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt};
use rollout::{Failed, Outcome, Stopped, Verdict, Watch};

use crate::cause::{self, Cause};
use crate::report::State;
use crate::sentence::{self, About};
use crate::wait::{Wait, is_good};
use crate::{Error, advice};

/// Says the verdict, leaves it to later steps, and gives the exit.
pub async fn ending(
    session: &Session,
    mut wait: Wait<'_>,
    verdict: Verdict,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let state = State::of(&wait.observer.watch);
    let sentence = sentence::verdict(
        &verdict,
        &About {
            service: &wait.plan.service,
            deployment: &wait.name(),
            after: wait.clock.elapsed(),
            state: &state,
            probed: wait.data.probe.as_ref().map(|p| p.url.as_str()),
            asked_by: wait.data.rollback_asked_by,
        },
    );
    let step = wait.step;
    wait.data.decide(&verdict);
    wait.data.sentence = Some(sentence.clone());
    step.data(&wait.data);
    step.output("verdict", verdict.outcome.name());
    step.output("sentence", &sentence);
    if is_good(&verdict.outcome) {
        return Ok(Done::value(verdict.outcome.name(), sentence));
    }
    let cause = tokio::select! {
        cause = why(session, &mut wait, &verdict) => cause,
        // The verdict stands; only its cause is cut short.
        () = interrupt.came() => {
            step.note("interrupted: the cause is not looked for any further");
            Cause::default()
        }
    };
    cause::show(&cause, step);
    step.output("cause", cause.sentence.clone().unwrap_or_default());
    let hint = advice::hint(wait.plan, &wait.observer.watch, &verdict.outcome, &cause);
    wait.data.cause = Some(cause);
    step.data(&wait.data);
    Err(Error::Verdict {
        sentence,
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
    if let Err(error) = wait.observer.read_tasks().await {
        wait.step.note(format!(
            "the tasks could not be looked at once more: {error}"
        ));
    }
    let watch = &wait.observer.watch;
    let reason = reason(&verdict.outcome, watch);
    // Being replaced is no fault of ours; what had failed by then is told.
    let is_told =
        !matches!(verdict.outcome, Outcome::Superseded(_)) || watch.failed_tasks().next().is_some();
    if !is_told {
        return Cause::default();
    }
    cause::gather(
        session,
        watch,
        wait.observer.definition.as_ref(),
        &wait.teller.events,
        reason.as_deref(),
        wait.plan.log_lines,
        wait.step,
    )
    .await
}

/// ECS's own reason for the outcome.
fn reason(outcome: &Outcome, watch: &Watch) -> Option<String> {
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
    own.or_else(|| watch.deployment()?.status_reason.clone())
}
