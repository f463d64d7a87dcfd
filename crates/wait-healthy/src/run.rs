//! The steps from top to bottom: validate, open a session, wait, and report. A cancelled job ends
//! here.

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
use crate::report::{DeploymentState, WaitData};
use crate::rollback::{RollbackOutcome, request_rollback};
use crate::wait::Wait;

/// How long a cancelled job may take to request a rollback. A GitHub runner kills it 7.5 s after
/// SIGINT.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

pub async fn run(
    args: Args,
    step: &Step,
    interrupt: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let request = args.request()?;
    if let Some(token) = request
        .probe
        .as_ref()
        .and_then(|probe| probe.token.as_ref())
    {
        step.mask(token);
    }
    let probing = request
        .probe
        .as_ref()
        .map(|_| Probe::client())
        .transpose()?;
    let session = tokio::select! {
        session = Session::open(&args.aws, step) => session.map_err(Error::from)?,
        () = interrupt.received() => return Err(Error::Interrupted {
            message: format!("interrupted before the first read of {}", request.service),
            hint: None,
            source: None,
        }.into()),
    };
    check_region(request.question.deployment.as_ref(), session.region())?;
    let context = WaitContext::start(request, step);
    let request = &context.request;
    let data = WaitData {
        cluster: request.cluster.clone(),
        service: request.service.clone(),
        region: session.region().to_owned(),
        deployment: request.question.deployment.clone(),
        until: request.question.until.as_str(),
        ..WaitData::default()
    };
    step.data(&data);
    let reader = Reader::new(&session, &request.cluster, &request.service);
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
                () = interrupt.received() => interrupted(&wait, "it continues"),
            };
            wait.update_data();
            return Err(error.into());
        }
    };
    wait.reporter.finish();
    wait.update_data();
    let decided = decided.map_err(|error| {
        let cluster = &wait.context.request.cluster;
        error.naming_cluster(cluster, session.region())
    })?;
    finish(&session, wait, decided, interrupt).await
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

/// Ends a cancelled job. It requests a rollback if `--on-cancel rollback` is set.
async fn cancelled(wait: &mut Wait<'_>) -> Error {
    if wait.context.request.on_cancel == GiveUpAction::Leave {
        let mut error = interrupted(wait, "it continues");
        if let Error::Interrupted { hint, .. } = &mut error {
            let rollback = hints::steering_command(
                "rollback",
                &wait.context.request,
                wait.facts().deployment_ref.as_ref(),
            );
            *hint = Some(format!(
                "`{rollback}` rolls it back; --on-cancel rollback does so automatically"
            ));
        }
        return error;
    }
    wait.data.rollback_requested_by = Some("--on-cancel");
    let asked = tokio::time::timeout(CANCEL_TIMEOUT, request_rollback(&mut wait.poller)).await;
    match asked {
        Ok(RollbackOutcome::Requested) => interrupted(wait, "ECS was asked to roll it back"),
        Ok(RollbackOutcome::NotNeeded) => interrupted(wait, "there was nothing to roll back"),
        Ok(RollbackOutcome::UnknownDeployment) => interrupted(
            wait,
            "no rollback was requested, because its service deployment is not known",
        ),
        Ok(RollbackOutcome::Failed(cause)) => {
            let mut error = interrupted(wait, "ECS rejected the request to roll it back");
            if let Error::Interrupted { source, .. } = &mut error {
                *source = Some(cause);
            }
            error
        }
        Err(_) => interrupted(wait, "ECS did not answer the request to roll it back"),
    }
}

/// E.g. "interrupted after 12 s: deployment … of web is IN_PROGRESS · …; it continues".
fn interrupted(wait: &Wait<'_>, what: &str) -> Error {
    let facts = wait.facts();
    let state = DeploymentState::of(facts);
    let after = format_duration(wait.context.clock.elapsed());
    let subject = wait.subject();
    let message = if facts.service().is_some() {
        format!(
            "interrupted after {after}: {subject} is {}; {what}",
            state.line()
        )
    } else {
        format!("interrupted after {after}, before {subject} was seen; {what}")
    };
    Error::Interrupted {
        message,
        hint: None,
        source: None,
    }
}
