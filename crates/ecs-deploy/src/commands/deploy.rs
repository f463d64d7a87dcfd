//! The deployment from start to end: read the current state, decide, show the plan, register the
//! revision, run the tasks before the deployment, write the service, compare the response, and
//! report the deployment.

use ecs_model::{DeploymentRef, family_of};
use pipeline_io::Done;

use crate::apply::{apply, register};
use crate::context::CommandContext;
use crate::decision::Decision;
use crate::error::Error;
use crate::in_progress;
use crate::observe::{Observed, observe};
use crate::plan::members::DeploymentEffect;
use crate::plan::one_off::Phase;
use crate::prune;
use crate::report::ResultData;
use crate::request::DeployRequest;
use crate::show;
use crate::task_phase;
use crate::wait_permissions;

/// How often a run plans again because the service was created or deleted while it planned.
const PLANS: u32 = 3;

/// Creates or updates the service to match its declaration.
pub async fn run(context: &CommandContext<'_>, request: &DeployRequest) -> Result<Done, Error> {
    let step = context.step;
    let mut data = context.data();
    let mut is_checked = false;
    for _ in 0..PLANS {
        let (mut observed, mut decision) = observe_and_decide(context, request, &data).await?;
        if context.dry_run {
            return show::planned(context, request, &decision, &observed, data);
        }
        (observed, decision) =
            resolve_competing(context, request, observed, decision, &data).await?;
        if decision.plan.starts != DeploymentEffect::None && !is_checked {
            wait_permissions::check(context, &request.service, &observed).await;
            is_checked = true;
        }
        let arn = register(context, request, &decision, &mut data).await?;
        if decision.plan.starts != DeploymentEffect::None && request.one_off.has(Phase::Before) {
            let live = observed.service.as_ref();
            task_phase::run(context, request, Phase::Before, &arn, live, &mut data).await?;
            // The tasks took time. In the meantime the service may have changed, and another
            // deployment may have started.
            (observed, decision) = observe_and_decide(context, request, &data).await?;
            (observed, decision) =
                resolve_competing(context, request, observed, decision, &data).await?;
        }
        let applied = apply(context, request, &arn, observed, decision, &mut data);
        let Some(plan) = applied.await? else {
            step.info(format!(
                "service {} changed while this run planned: planning again",
                context.service
            ));
            continue;
        };
        task_phase::after(context, request, &plan, &arn, &mut data).await?;
        if let Some(keep) = request.options.keep_revisions {
            prune::run(keep, family_of(&arn), context, &mut data).await;
        }
        let name = data.deployment.as_ref().and_then(DeploymentRef::name);
        return Ok(Done::value(plan.action.as_str(), name.unwrap_or_default()));
    }
    Err(Error::OtherWriter {
        service: context.service.clone(),
        members: "it is created and deleted again and again".into(),
        state: "nothing was changed; another pipeline seems to deploy it, too".into(),
    })
}

/// Applies `--if-in-progress` to another deployment in progress. After a wait this plans again,
/// because someone may have deployed in the meantime.
async fn resolve_competing(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    mut observed: Observed,
    mut decision: Decision,
    data: &ResultData,
) -> Result<(Observed, Decision), Error> {
    while in_progress::resolve(context, request, &decision.plan).await? {
        (observed, decision) = observe_and_decide(context, request, data).await?;
    }
    Ok((observed, decision))
}

/// Reads the service and decides.
async fn observe_and_decide(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    data: &ResultData,
) -> Result<(Observed, Decision), Error> {
    let observed = observe(context, &request.service).await?;
    let known = data.task_definition.as_ref().map(|r| r.arn.clone());
    let decision = Decision::make(context, request, &observed, known).await?;
    Ok((observed, decision))
}
