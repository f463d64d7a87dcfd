//! `delete`: scales the service to zero, waits until its tasks are gone, and deletes it, e.g.
//! before `terraform destroy`. A re-run continues where the last one stopped.

use std::time::Duration;

use ecs_client::Operation;
use pipeline_http::{RetryPolicy, poll};
use pipeline_io::Done;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::context::CommandContext;
use crate::error::Error;

/// The pauses between two reads of a service that is scaling to zero.
const PAUSES: RetryPolicy = RetryPolicy {
    tries: usize::MAX,
    first: Duration::from_millis(500),
    factor: 2.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

pub async fn run(context: &CommandContext<'_>, timeout: Duration) -> Result<Done, Error> {
    let name = &context.service;
    let data = context.data();
    let deadline = Instant::now() + timeout;
    let mut printed = String::new();
    let mut did = false;
    let (mut left, mut is_draining) = (0, false);
    let gone = poll(PAUSES.pauses(), deadline, async || {
        let service = context.describe_service().await?.unwrap_or_default();
        let status = service["status"].as_str().unwrap_or("INACTIVE").to_owned();
        let count = |member: &str| service[member].as_u64().unwrap_or_default();
        left = count("runningCount") + count("pendingCount");
        is_draining = status == "DRAINING";
        if status == "INACTIVE" {
            let word = if did { "deleted" } else { "unchanged" };
            let done = context.done(data.clone(), word, &format!("service {name} is gone"));
            return Ok::<_, Error>(Some(done));
        }
        if context.dry_run {
            let plan = format!(
                "service {name} ({status}, {left} tasks) would be scaled to zero and deleted"
            );
            return Ok(Some(context.done(data.clone(), "deleted", &plan)));
        }
        did = true;
        let now = match status.as_str() {
            "ACTIVE" if count("desiredCount") > 0 && !is_daemon(&service) => {
                scale_to_zero(context).await?;
                format!("scaling service {name} to zero")
            }
            // ECS stops the tasks of a daemon service only when the service is deleted with
            // `force`.
            "ACTIVE" if left == 0 || is_daemon(&service) => {
                let body = json!({"cluster": context.cluster, "service": name, "force": is_daemon(&service)});
                match context.call(Operation::DeleteService, &body).await {
                    Ok(_) => {}
                    Err(e) if e.is("ServiceNotFoundException") => {}
                    Err(e) => return Err(e.into()),
                }
                format!("deleting service {name}")
            }
            status => format!("service {name} is {status}: {left} tasks left"),
        };
        if now != printed {
            context.step.info(&now);
            printed = now;
        }
        Ok(None)
    });
    if let Some(done) = gone.await? {
        return Ok(done);
    }
    let service = name.clone();
    Err(match left {
        0 if is_draining => Error::StillDraining { service },
        left => Error::TasksLeft { service, left },
    })
}

fn is_daemon(service: &Value) -> bool {
    service["schedulingStrategy"] == "DAEMON"
}

/// Scales to zero, which is safe to repeat.
async fn scale_to_zero(context: &CommandContext<'_>) -> Result<(), Error> {
    let body = json!({"cluster": context.cluster, "service": context.service, "desiredCount": 0});
    match context.call(Operation::UpdateService, &body).await {
        Ok(_) => Ok(()),
        Err(e) if e.is("ServiceNotActiveException") || e.is("ServiceNotFoundException") => Ok(()),
        Err(e) => Err(e.into()),
    }
}
