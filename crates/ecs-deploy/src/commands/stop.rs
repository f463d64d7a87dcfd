//! Stops a deployment where it is, without a rollback.

use ecs_client::Steered;
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
    if !context.dry_run && ecs_client::stop(context.ecs(), found.arn()).await? == Steered::NotNeeded
    {
        return Ok(found.ended_meanwhile(context));
    }
    let said = format!("{}: ECS is asked to stop it (ABORT)", found.said());
    Ok(context.done(found.data(context), "stop-requested", &said))
}
