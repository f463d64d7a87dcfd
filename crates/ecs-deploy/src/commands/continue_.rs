//! `continue`: continues a paused deployment. One that is not paused any more has already been
//! continued.

use ecs_client::{SteerOutcome, continue_deployment};
use pipeline_io::Done;

use super::found_deployment::FoundDeployment;
use crate::context::CommandContext;
use crate::error::Error;
use crate::request::ContinueRequest;

pub async fn run(context: &CommandContext<'_>, request: ContinueRequest) -> Result<Done, Error> {
    let listed = context.deployments().await?;
    let found = FoundDeployment::find(context, request.deployment, &listed).await?;
    let hook = found.hook(request.hook.as_deref())?;
    let Some(hook) = hook.filter(|_| !found.now.status.is_final()) else {
        let sentence = format!("{}, and not paused", found.description());
        return Ok(context.done(found.data(context), "unchanged", &sentence));
    };
    if !context.dry_run
        && continue_deployment(context.ecs(), found.arn(), &hook).await? == SteerOutcome::NotNeeded
    {
        let sentence = format!(
            "{}, but was already continued or has ended",
            found.description()
        );
        return Ok(context.done(found.data(context), "unchanged", &sentence));
    }
    let sentence = format!("{}; continued past {hook}", found.description());
    Ok(context.done(found.data(context), "continued", &sentence))
}
