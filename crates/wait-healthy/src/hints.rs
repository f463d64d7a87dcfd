//! What you can do next, depending on the verdict.

use ecs_model::DeploymentRef;
use rollout::{Facts, Failed, Outcome};

use crate::args::WaitRequest;
use crate::cause::Cause;
use crate::headline::begins_with_cause;
use crate::report::Pause;

/// The hint for a verdict: the diagnosis, its remedy, and what you can do with the deployment.
pub fn hint(
    request: &WaitRequest,
    facts: &Facts,
    outcome: &Outcome,
    cause: &Cause,
) -> Option<String> {
    let next = match outcome {
        Outcome::Paused(paused) => Some(at_pause(request, facts, &Pause::of(paused))),
        // Without a sign of unhealthy tasks, the deployment is most likely good.
        Outcome::TimedOut(_)
            if facts.rollback_request().is_none() && !facts.has_unhealthy_tasks() =>
        {
            Some(format!(
                "Do not roll back because of this. `{} --timeout 30m` looks again.",
                wait_command(request, facts.deployment_ref.as_ref())
            ))
        }
        // If ECS has completed the deployment, only a new one can undo it.
        Outcome::TimedOut(_) if facts.rollback_request().is_none() => Some(format!(
            "`{}` returns to the previous revision.",
            steering_command("rollback", request, facts.deployment_ref.as_ref())
        )),
        Outcome::TimedOut(_) => Some(format!(
            "`{}` rolls it back; --on-timeout rollback does so automatically.",
            steering_command("rollback", request, facts.deployment_ref.as_ref())
        )),
        Outcome::Superseded(superseded) => {
            let by = superseded.by.as_ref();
            let name = by.and_then(|b| b.service_deployment_arn.as_ref().or(b.revision.as_ref()));
            name.map(|name| {
                format!(
                    "A newer deployment replaced this one. Follow it: `wait-healthy --cluster {} \
                     --service {} --deployment {name}`.",
                    request.cluster, request.service
                )
            })
        }
        Outcome::Failed(Failed::Probe { instead }) => Some(probed(request, facts, instead)),
        Outcome::Failed(Failed::FailFast { .. }) => Some(format!(
            "ECS keeps trying. `{}` rolls it back; --on-fail-fast rollback does so automatically.",
            steering_command("rollback", request, facts.deployment_ref.as_ref())
        )),
        _ => None,
    };
    let remedy = cause.remedy.as_deref();
    let summary = cause.summary.as_deref();
    let summary = summary.filter(|_| !begins_with_cause(outcome));
    let parts = [summary, remedy, next.as_deref()];
    let known: Vec<&str> = parts.into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(" "))
}

/// How you can end a pause, and what happens if nobody does.
pub fn at_pause(request: &WaitRequest, facts: &Facts, pause: &Pause) -> String {
    let mut resume = steering_command("continue", request, facts.deployment_ref.as_ref());
    if let Some(hook) = &pause.hook_id {
        resume.push_str(&format!(" --hook {hook}"));
    }
    let mut advice = format!(
        "`{resume}` continues it, `{}` rolls it back.",
        steering_command("rollback", request, facts.deployment_ref.as_ref())
    );
    if let Some(action) = &pause.timeout_action {
        let when = pause.expires_at.map(|at| format!(" at {at:.0}"));
        let action = match action.as_str() {
            "CONTINUE" => "continues it",
            "ROLLBACK" => "rolls it back",
            other => other,
        };
        advice.push_str(&format!(
            " If nobody acts, ECS {action}{}.",
            when.unwrap_or_default()
        ));
    }
    advice
}

/// The command that waits for this deployment again.
fn wait_command(request: &WaitRequest, deployment: Option<&DeploymentRef>) -> String {
    let mut command = format!(
        "wait-healthy --cluster {} --service {}",
        request.cluster, request.service
    );
    if let Some(name) = deployment.and_then(DeploymentRef::name) {
        command.push_str(&format!(" --deployment {name}"));
    }
    command
}

/// An `ecs-deploy` command for this deployment.
pub fn steering_command(
    verb: &str,
    request: &WaitRequest,
    deployment: Option<&DeploymentRef>,
) -> String {
    let mut command = format!(
        "ecs-deploy {verb} --cluster {} --service {}",
        request.cluster, request.service
    );
    if let Some(name) = deployment.and_then(DeploymentRef::name) {
        command.push_str(&format!(" --deployment {name}"));
    }
    command
}

fn probed(request: &WaitRequest, facts: &Facts, instead: &str) -> String {
    let refused = [" answered 401", " answered 403"];
    if refused.iter().any(|status| instead.contains(status)) {
        return match request.probe.as_ref().and_then(|p| p.token.as_ref()) {
            Some(_) => "The URL rejected the token.".to_owned(),
            None => "The URL requires a token: set FARGATE_PROBE_TOKEN or --probe-token-file."
                .to_owned(),
        };
    }
    format!(
        "The tasks are healthy in ECS and the load balancer, so check what is in front of them \
         (listener, API, DNS name, certificate). `{}` returns to the previous revision.",
        steering_command("rollback", request, facts.deployment_ref.as_ref())
    )
}
