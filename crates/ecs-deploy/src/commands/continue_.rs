//! Lets a paused deployment continue. One that is not paused any more has been continued already.

use ecs_client::{Steered, continue_deployment};
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
        let said = format!("{}, and not paused", found.said());
        return Ok(context.done(found.data(context), "unchanged", &said));
    };
    if !context.dry_run
        && continue_deployment(context.ecs(), found.arn(), &hook).await? == Steered::NotNeeded
    {
        let said = format!(
            "{}, and has been continued or ended meanwhile",
            found.said()
        );
        return Ok(context.done(found.data(context), "unchanged", &said));
    }
    let said = format!("{} and goes on past {hook}", found.said());
    Ok(context.done(found.data(context), "continued", &said))
}
