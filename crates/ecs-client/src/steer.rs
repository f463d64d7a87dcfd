//! Asks ECS to roll a deployment back, to stop it, or to continue it past a lifecycle hook. Each may
//! be asked twice without harm, so a lost answer is asked for again.
//!
//! A deployment may end, and somebody else may answer its hook, between the caller's look and this
//! call. So a conflict means that nothing is left to do, and a hook that ECS does not accept any
//! more is looked into before it counts as an error.

use ecs_model::{ServiceDeployment, list_from_answer};
use pipeline_aws::{AwsError, AwsErrorKind};
use serde_json::{Value, json};

use crate::ecs::{Ecs, Operation};

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steered {
    /// ECS does what was asked.
    Requested,
    /// The deployment has ended meanwhile, or its hook was answered already.
    NotNeeded,
}

/// Has ECS roll a deployment back: at the hook at which it is paused, else by stopping it. This
/// works without any rollback configured. If the hook was answered meanwhile, the deployment is
/// stopped instead.
///
/// # Errors
/// Whatever ECS answers, except that the deployment has ended.
pub async fn rollback(
    ecs: &Ecs,
    deployment: &str,
    hook: Option<&str>,
) -> Result<Steered, AwsError> {
    if let Some(hook) = hook {
        match answer_hook(ecs, deployment, hook, "ROLLBACK").await {
            Err(error) if error.kind == AwsErrorKind::Invalid => {}
            ended => return ended,
        }
    }
    end(ecs, deployment, "ROLLBACK").await
}

/// Has ECS stop a deployment where it is, without a rollback.
///
/// # Errors
/// As [`rollback`].
pub async fn stop(ecs: &Ecs, deployment: &str) -> Result<Steered, AwsError> {
    end(ecs, deployment, "ABORT").await
}

/// Lets a deployment continue past the hook at which it is paused.
///
/// # Errors
/// Whatever ECS answers, except that the deployment has ended, or that the hook does not wait for
/// an answer any more.
pub async fn continue_deployment(
    ecs: &Ecs,
    deployment: &str,
    hook: &str,
) -> Result<Steered, AwsError> {
    match answer_hook(ecs, deployment, hook, "CONTINUE").await {
        Err(error)
            if error.kind == AwsErrorKind::Invalid && !waits_at(ecs, deployment, hook).await =>
        {
            Ok(Steered::NotNeeded)
        }
        ended => ended,
    }
}

async fn answer_hook(
    ecs: &Ecs,
    deployment: &str,
    hook: &str,
    action: &str,
) -> Result<Steered, AwsError> {
    let body = json!({"serviceDeploymentArn": deployment, "hookId": hook, "action": action});
    steer(ecs, Operation::ContinueServiceDeployment, &body).await
}

async fn end(ecs: &Ecs, deployment: &str, stop_type: &str) -> Result<Steered, AwsError> {
    let body = json!({"serviceDeploymentArn": deployment, "stopType": stop_type});
    steer(ecs, Operation::StopServiceDeployment, &body).await
}

async fn steer(ecs: &Ecs, operation: Operation, body: &Value) -> Result<Steered, AwsError> {
    match ecs.ask(operation, body).await {
        Ok(_) => Ok(Steered::Requested),
        Err(error) if error.kind == AwsErrorKind::Conflict => Ok(Steered::NotNeeded),
        Err(error) => Err(error),
    }
}

/// Whether the deployment still waits at this hook; yes if that cannot be read, since then the
/// refusal is all that is known.
async fn waits_at(ecs: &Ecs, deployment: &str, hook: &str) -> bool {
    let body = json!({"serviceDeploymentArns": [deployment]});
    let operation = Operation::DescribeServiceDeployments;
    let Ok(answer) = ecs.ask(operation, &body).await else {
        return true;
    };
    let found = list_from_answer::<ServiceDeployment>(&answer, "serviceDeployments");
    let Some(found) = found.ok().and_then(|mut found| found.pop()) else {
        return true;
    };
    let is_it = |id: &Option<String>| id.as_deref() == Some(hook);
    !found.status.is_final()
        && found
            .lifecycle_hook_details
            .iter()
            .any(|h| is_it(&h.hook_id) && h.awaits_action())
}
