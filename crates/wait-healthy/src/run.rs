//! The story: ask for the deployment, watch it, judge it, step in where that was asked for, say why.

use std::time::Duration;

use ecs_model::DeploymentRef;
use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt, Step};

use crate::args::{Args, GiveUpAction};
use crate::aws::Reader;
use crate::context::WaitContext;
use crate::duration::format_duration;
use crate::error::Error;
use crate::finish::finish;
use crate::hints;
use crate::poller::Poller;
use crate::probe::Probe;
use crate::progress::ProgressReporter;
use crate::report::{Data, State};
use crate::rollback::{RollbackOutcome, take_back};
use crate::wait::Wait;

/// How long a cancelled job may take to ask for a rollback: a runner kills it 7.5 s after SIGINT.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub async fn run(
    args: Args,
    step: &Step,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let plan = args.plan()?;
    if let Some(token) = plan.probe.as_ref().and_then(|probe| probe.token.as_ref()) {
        step.mask(token);
    }
    let probing = plan.probe.as_ref().map(|_| Probe::client()).transpose()?;
    let session = tokio::select! {
        session = Session::open(&args.aws, step) => session.map_err(Error::from)?,
        () = interrupt.received() => return Err(Error::Interrupted {
            said: format!("interrupted before anything was asked of {}", plan.service),
            hint: None,
            source: None,
        }.into()),
    };
    check_region(plan.question.deployment.as_ref(), session.region())?;
    let context = WaitContext::start(plan, step);
    let plan = &context.plan;
    let data = Data {
        cluster: plan.cluster.clone(),
        service: plan.service.clone(),
        region: session.region().to_owned(),
        deployment: plan.question.deployment.clone(),
        until: plan.question.until.as_str(),
        ..Data::default()
    };
    step.data(&data);
    let reader = Reader::new(&session, &plan.cluster, &plan.service);
    let mut wait = Wait {
        context: &context,
        probing,
        poller: Poller::new(reader, &context),
        reporter: ProgressReporter::new(&context),
        data,
    };
    let decided = tokio::select! {
        decided = wait.decide() => decided,
        () = interrupt.received() => {
            wait.reporter.finish();
            let error = tokio::select! {
                error = cancelled(&mut wait) => error,
                () = interrupt.received() => interrupted(&wait, "it goes on"),
            };
            wait.update_data();
            return Err(error.into());
        }
    };
    wait.reporter.finish();
    wait.update_data();
    finish(&session, wait, decided?, interrupt).await
}

fn check_region(deployment: Option<&DeploymentRef>, here: &str) -> Result<(), Error> {
    match deployment.and_then(DeploymentRef::service_ref) {
        Some(home) if home.region != here => Err(Error::OtherRegion {
            there: home.region,
            here: here.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// A cancelled job: ECS is asked to take the deployment back, where that was wanted.
async fn cancelled(wait: &mut Wait<'_>) -> Error {
    if wait.context.plan.on_cancel == GiveUpAction::Leave {
        let mut error = interrupted(wait, "it goes on");
        if let Error::Interrupted { hint, .. } = &mut error {
            let rollback = hints::steer(
                "rollback",
                &wait.context.plan,
                wait.facts().deployment_ref.as_ref(),
            );
            *hint = Some(format!(
                "`{rollback}` takes it back, and --on-cancel rollback does so by itself"
            ));
        }
        return error;
    }
    wait.data.rollback_requested_by = Some("--on-cancel");
    let asked = tokio::time::timeout(LAST_WORDS, take_back(&mut wait.poller)).await;
    match asked {
        Ok(RollbackOutcome::Requested) => interrupted(wait, "ECS was asked to roll it back"),
        Ok(RollbackOutcome::NotNeeded) => interrupted(wait, "there was nothing to take back"),
        Ok(RollbackOutcome::UnknownDeployment) => interrupted(
            wait,
            "ECS could not be asked to roll it back, since its service deployment is not known",
        ),
        Ok(RollbackOutcome::Failed(cause)) => {
            let mut error = interrupted(wait, "ECS was asked to roll it back and refused");
            if let Error::Interrupted { source, .. } = &mut error {
                *source = Some(cause);
            }
            error
        }
        Err(_) => interrupted(wait, "ECS did not answer when it was asked to roll it back"),
    }
}

/// "interrupted after 12 s: deployment … of web is IN_PROGRESS · …; it goes on".
fn interrupted(wait: &Wait<'_>, what: &str) -> Error {
    let facts = wait.facts();
    let state = State::of(facts);
    let after = format_duration(wait.context.clock.elapsed());
    let subject = wait.subject();
    let said = if facts.service().is_some() {
        format!(
            "interrupted after {after}: {subject} is {}; {what}",
            state.line()
        )
    } else {
        format!("interrupted after {after}, before {subject} was seen; {what}")
    };
    Error::Interrupted {
        said,
        hint: None,
        source: None,
    }
}
