//! A deployment, top to bottom: look at what there is, decide, show it, register, run what comes
//! before, write the service, compare the answer, give the deployment's reference.

use ecs_model::{DeploymentRef, family_of};
use pipeline_io::Done;

use crate::active;
use crate::apply::{apply, register};
use crate::context::CommandContext;
use crate::decision::Decision;
use crate::error::Error;
use crate::jobs;
use crate::observe::{Observed, observe};
use crate::plan::members::Effect;
use crate::plan::oneoff::Phase;
use crate::prune;
use crate::report::Data;
use crate::request::DeployRequest;
use crate::show;

/// How often a plan is made anew because the service came to be, or went, while we planned.
const PLANS: u32 = 3;

/// Makes the service be what is declared.
pub async fn run(context: &CommandContext<'_>, request: &DeployRequest) -> Result<Done, Error> {
    let step = context.step;
    let mut data = context.data();
    for _ in 0..PLANS {
        let (mut observed, mut decision) = look(context, request, &data).await?;
        if context.dry_run {
            return show::planned(context, request, &decision, &observed, data);
        }
        (observed, decision) = alone(context, request, observed, decision, &data).await?;
        let arn = register(context, request, &decision, &mut data).await?;
        if decision.plan.starts != Effect::None && request.one_off.has(Phase::Before) {
            let live = observed.service.as_ref();
            jobs::run(context, request, Phase::Before, &arn, live, &mut data).await?;
            // That took its time: the service may be another one by now, and be deployed by
            // someone else.
            (observed, decision) = look(context, request, &data).await?;
            (observed, decision) = alone(context, request, observed, decision, &data).await?;
        }
        let applied = apply(context, request, &arn, observed, decision, &mut data);
        let Some(plan) = applied.await? else {
            step.info(format!(
                "service {} changed while this run planned: planning again",
                context.service
            ));
            continue;
        };
        jobs::after(context, request, &plan, &arn, &mut data).await?;
        if let Some(keep) = request.options.keep_revisions {
            prune::run(keep, family_of(&arn), context, &mut data).await;
        }
        let name = data.deployment.as_ref().and_then(DeploymentRef::name);
        return Ok(Done::value(plan.action.as_str(), name.unwrap_or_default()));
    }
    Err(Error::Lost {
        service: context.service.clone(),
        members: "it is created and deleted again and again".into(),
        state: "nothing was changed; see who else deploys it".into(),
    })
}

/// Does what `--if-in-progress` says about another deployment in progress; after a wait the plan is
/// made anew, and someone may have deployed meanwhile.
async fn alone(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    mut observed: Observed,
    mut decision: Decision,
    data: &Data,
) -> Result<(Observed, Decision), Error> {
    while active::settle(context, request, &decision.plan).await? {
        (observed, decision) = look(context, request, data).await?;
    }
    Ok((observed, decision))
}

/// Looks at the service and decides.
async fn look(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    data: &Data,
) -> Result<(Observed, Decision), Error> {
    let observed = observe(context, &request.service).await?;
    let known = data.task_definition.as_ref().map(|r| r.arn.clone());
    let decision = Decision::make(context, request, &observed, known).await?;
    Ok((observed, decision))
}
