//! Checks before the first write whether this role can read what wait-healthy needs as evidence. A
//! permission that is missing then shows before production changes, not after it.
//!
//! Decided here: which reads wait-healthy needs. Never decided here: whether to deploy. Another role
//! may wait for the deployment, so a missing permission is only a warning.

use std::time::Duration;

use ecs_client::{Availability, Operation};
use pipeline_aws::{AwsError, AwsErrorKind};
use serde_json::json;

use crate::context::CommandContext;
use crate::observe::{Observed, current_revision};
use crate::plan::declaration::ServiceDeclaration;

/// A task that does not exist: ECS checks the permission first.
const NO_TASK: &str = "00000000000000000000000000000000";

/// Maximum time for these reads. They are not worth a longer delay.
const LIMIT: Duration = Duration::from_secs(5);

/// Warns about each permission that wait-healthy will lack.
pub async fn check(
    context: &CommandContext<'_>,
    service: &ServiceDeclaration,
    observed: &Observed,
) {
    let reads = async {
        let (list, describe, revision, deployment, targets) = tokio::join!(
            list_tasks(context),
            describe_tasks(context),
            service_revision(context, observed),
            service_deployment(context, observed),
            target_health(context, service, observed),
        );
        [list, describe, revision, deployment, targets]
    };
    let Ok(denied) = tokio::time::timeout(LIMIT, reads).await else {
        return;
    };
    let denied: Vec<&str> = denied.into_iter().flatten().collect();
    if !denied.is_empty() {
        context.step.warn(format!(
            "this role is not allowed to call {}, which wait-healthy needs to prove that the \
             deployment is healthy: allow it (docs/policies/wait-healthy.json), or wait with \
             another role",
            denied.join(", ")
        ));
    }
}

async fn list_tasks(context: &CommandContext<'_>) -> Option<&'static str> {
    let body = json!({"cluster": context.cluster, "serviceName": context.service, "maxResults": 1});
    let listed = context.call(Operation::ListTasks, &body).await;
    is_denied(listed.err().as_ref()).then_some("ecs:ListTasks")
}

async fn describe_tasks(context: &CommandContext<'_>) -> Option<&'static str> {
    let body = json!({"cluster": context.cluster, "tasks": [NO_TASK]});
    let described = context.call(Operation::DescribeTasks, &body).await;
    is_denied(described.err().as_ref()).then_some("ecs:DescribeTasks")
}

async fn service_revision(
    context: &CommandContext<'_>,
    observed: &Observed,
) -> Option<&'static str> {
    let arn = current_revision(observed.service.as_ref()?)?;
    let read = context.reader.service_revision(arn).await;
    let is_unavailable = matches!(&read, Ok(Availability::Unavailable(e)) if is_denied(Some(e)));
    is_unavailable.then_some("ecs:DescribeServiceRevisions")
}

async fn service_deployment(
    context: &CommandContext<'_>,
    observed: &Observed,
) -> Option<&'static str> {
    let last = observed.last.as_ref()?;
    let arn = last.deployment.service_deployment_arn.as_deref()?;
    let read = context.reader.service_deployment(arn).await;
    let is_unavailable = matches!(&read, Ok(Availability::Unavailable(e)) if is_denied(Some(e)));
    is_unavailable.then_some("ecs:DescribeServiceDeployments")
}

async fn target_health(
    context: &CommandContext<'_>,
    service: &ServiceDeclaration,
    observed: &Observed,
) -> Option<&'static str> {
    let declared = service.definition.get("loadBalancers");
    let live = observed.service.as_ref().map(|live| &live["loadBalancers"]);
    let group = declared.or(live)?[0]["targetGroupArn"].as_str()?;
    let read = context.reader.targets(group).await;
    is_denied(read.err().as_ref()).then_some("elasticloadbalancing:DescribeTargetHealth")
}

fn is_denied(error: Option<&AwsError>) -> bool {
    error.is_some_and(|error| error.kind == AwsErrorKind::Denied)
}
