//! `stop`: stops a deployment in its current state, without a rollback.

use ecs_client::SteerOutcome;
use ecs_model::DeploymentRef;
use pipeline_io::Done;

use super::found_deployment::FoundDeployment;
use crate::context::CommandContext;
use crate::error::Error;

pub async fn run(
    context: &CommandContext<'_>,
    deployment: Option<DeploymentRef>,
) -> Result<Done, Error> {
    let listed = context.deployments().await?;
    let found = FoundDeployment::find(context, deployment, &listed).await?;
    if !found.is_running() {
        return Ok(found.nothing_to_stop(context));
    }
    if !context.dry_run
        && ecs_client::stop(context.ecs(), found.arn()).await? == SteerOutcome::NotNeeded
    {
        return Ok(found.ended_meanwhile(context));
    }
    let sentence = format!(
        "{}: requested its stop, without a rollback",
        found.description()
    );
    Ok(context.done(found.data(context), "stop-requested", &sentence))
}
