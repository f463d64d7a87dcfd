//! Requests a rollback, a stop or a continuation of a service deployment. All of these are safe to
//! repeat, so a call without a response is sent again.
//!
//! Between the caller's read and this call the deployment may end, and someone else may answer its
//! hook. So a conflict means that there is nothing left to do, and if ECS rejects a hook, its state
//! is read before this counts as an error.

use ecs_model::{ServiceDeployment, list_from_answer};
use pipeline_aws::{AwsError, AwsErrorKind};
use serde_json::{Value, json};

use crate::ecs::{Ecs, Operation};

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SteerOutcome {
    /// ECS accepted the request.
    Requested,
    /// The deployment has already ended, or its hook was already answered.
    NotNeeded,
}

/// Requests a rollback: at the hook if the deployment is paused there, otherwise by stopping the
/// deployment. This works even if no rollback is configured. If the hook was already answered, the
/// deployment is stopped instead.
///
/// # Errors
/// Any error of ECS except that the deployment has ended.
pub async fn rollback(
    ecs: &Ecs,
    deployment: &str,
    hook: Option<&str>,
) -> Result<SteerOutcome, AwsError> {
    if let Some(hook) = hook {
        match answer_hook(ecs, deployment, hook, "ROLLBACK").await {
            Err(error) if error.kind == AwsErrorKind::Invalid => {}
            ended => return ended,
        }
    }
    end(ecs, deployment, "ROLLBACK").await
}

/// Stops a deployment in its current state, without a rollback.
///
/// # Errors
/// See [`rollback`].
pub async fn stop(ecs: &Ecs, deployment: &str) -> Result<SteerOutcome, AwsError> {
    end(ecs, deployment, "ABORT").await
}

/// Continues a deployment that is paused at a hook.
///
/// # Errors
/// Any error of ECS except that the deployment has ended or that the hook does not wait for an
/// answer any more.
pub async fn continue_deployment(
    ecs: &Ecs,
    deployment: &str,
    hook: &str,
) -> Result<SteerOutcome, AwsError> {
    match answer_hook(ecs, deployment, hook, "CONTINUE").await {
        Err(error)
            if error.kind == AwsErrorKind::Invalid && !waits_at(ecs, deployment, hook).await =>
        {
            Ok(SteerOutcome::NotNeeded)
        }
        ended => ended,
    }
}

async fn answer_hook(
    ecs: &Ecs,
    deployment: &str,
    hook: &str,
    action: &str,
) -> Result<SteerOutcome, AwsError> {
    let body = json!({"serviceDeploymentArn": deployment, "hookId": hook, "action": action});
    steer(ecs, Operation::ContinueServiceDeployment, &body).await
}

async fn end(ecs: &Ecs, deployment: &str, stop_type: &str) -> Result<SteerOutcome, AwsError> {
    let body = json!({"serviceDeploymentArn": deployment, "stopType": stop_type});
    steer(ecs, Operation::StopServiceDeployment, &body).await
}

async fn steer(ecs: &Ecs, operation: Operation, body: &Value) -> Result<SteerOutcome, AwsError> {
    match ecs.call_idempotent(operation, body).await {
        Ok(_) => Ok(SteerOutcome::Requested),
        Err(error) if error.kind == AwsErrorKind::Conflict => Ok(SteerOutcome::NotNeeded),
        Err(error) => Err(error),
    }
}

/// Whether the deployment still waits at this hook. Also true if this cannot be read, because then
/// the rejection is all that is known.
async fn waits_at(ecs: &Ecs, deployment: &str, hook: &str) -> bool {
    let body = json!({"serviceDeploymentArns": [deployment]});
    let operation = Operation::DescribeServiceDeployments;
    let Ok(answer) = ecs.call_idempotent(operation, &body).await else {
        return true;
    };
    let found = list_from_answer::<ServiceDeployment>(&answer, "serviceDeployments");
    let Some(found) = found.ok().and_then(|mut found| found.pop()) else {
        return true;
    };
    let is_this_hook = |id: &Option<String>| id.as_deref() == Some(hook);
    !found.status.is_final()
        && found
            .lifecycle_hook_details
            .iter()
            .any(|h| is_this_hook(&h.hook_id) && h.awaits_action())
}
