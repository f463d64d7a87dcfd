//! The story: ask for the deployment, watch it, judge it, say why.

use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt, Step};
use rollout::{Failed, Outcome, Stopped, Verdict, Watch};

use crate::args::Plan;
use crate::aws::Reader;
use crate::cause::{self, Cause};
use crate::clock::Clock;
use crate::observe::Observer;
use crate::report::{Data, Tasks, Teller};
use crate::{Args, Error, sentence};

pub async fn run(
    args: Args,
    step: &Step,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let plan = args.plan()?;
    let session = Session::open(&args.aws, step).await.map_err(Error::from)?;
    let clock = Clock::start();
    let mut data = Data {
        cluster: plan.cluster.clone(),
        service: plan.service.clone(),
        region: session.region().to_owned(),
        handle: plan.question.handle.clone(),
        until: plan.question.until.word(),
        ..Data::default()
    };
    step.data(&data);
    let reader = Reader::new(&session, &plan.cluster, &plan.service);
    let mut observer = Observer::new(reader, &plan, clock);
    let mut teller = Teller::new(step, clock.started());
    let watched = tokio::select! {
        verdict = observer.observe(&plan, &mut teller) => verdict,
        () = interrupt.came() => Err(Error::Interrupted {
            service: plan.service.clone(),
            seconds: clock.elapsed().as_secs(),
        }),
    };
    data.handle = observer.watch.handle().cloned();
    data.tasks = Tasks::of(&observer.watch);
    step.data(&data);
    let verdict = watched?;
    let handle = observer.watch.handle();
    // The short name is for people; the result file has them all.
    let deployment = handle
        .and_then(|h| h.ecs_svc_id.as_deref().or(h.name()))
        .unwrap_or("?");
    let sentence = sentence::verdict(&verdict, &plan.service, deployment, clock.elapsed());
    data.sentence = Some(sentence.clone());
    step.output("verdict", verdict.outcome.name());
    step.output("sentence", &sentence);
    if is_good(&verdict.outcome) {
        step.data(&data);
        return Ok(Done::value(verdict.outcome.name(), sentence));
    }
    let cause = why(&session, &mut observer, &teller, &verdict, &plan, step).await;
    cause::show(&cause, step);
    step.output("cause", cause.sentence.clone().unwrap_or_default());
    let remedy = hint(&cause);
    data.cause = Some(cause);
    step.data(&data);
    Err(Error::Verdict {
        sentence,
        remedy,
        outcome: Box::new(verdict.outcome),
    }
    .into())
}

fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Succeeded(_) | Outcome::Reached(..))
}

/// The diagnosis and its remedy as the error's hint.
fn hint(cause: &Cause) -> Option<String> {
    let sentence = cause.sentence.as_deref()?;
    Some(match &cause.remedy {
        Some(remedy) => format!("{sentence} {remedy}"),
        None => sentence.to_owned(),
    })
}

/// Looks once more at the tasks, since the last ones may have stopped a moment ago, and gathers.
async fn why(
    session: &Session,
    observer: &mut Observer,
    teller: &Teller<'_>,
    verdict: &Verdict,
    plan: &Plan,
    step: &Step,
) -> Cause {
    if let Err(error) = observer.read_tasks().await {
        step.note(format!(
            "the tasks could not be looked at once more: {error}"
        ));
    }
    let reason = reason(&verdict.outcome, &observer.watch);
    let definition = observer.definition.as_ref();
    let events = &teller.events;
    let lines = plan.log_lines;
    cause::gather(
        session,
        &observer.watch,
        definition,
        events,
        reason.as_deref(),
        lines,
        step,
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
