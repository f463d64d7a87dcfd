//! What a person can do next, by the verdict.

use ecs_model::DeploymentRef;
use rollout::{Facts, Failed, Outcome};

use crate::args::Plan;
use crate::cause::Cause;
use crate::report::Pause;

/// The verdict's hint: the diagnosis with its remedy, and what can be done with the deployment.
pub fn hint(plan: &Plan, facts: &Facts, outcome: &Outcome, cause: &Cause) -> Option<String> {
    let next = match outcome {
        Outcome::Paused(paused) => Some(at_pause(plan, facts, &Pause::of(paused))),
        // What ECS is done with only a new deployment can undo.
        Outcome::TimedOut(_) if facts.rollback_request().is_none() => Some(format!(
            "`{}` goes back to the revision before.",
            steer("rollback", plan, facts.deployment_ref.as_ref())
        )),
        Outcome::TimedOut(_) => Some(format!(
            "`{}` takes it back, and --on-timeout rollback does so by itself.",
            steer("rollback", plan, facts.deployment_ref.as_ref())
        )),
        Outcome::Superseded(superseded) => {
            let by = superseded.by.as_ref();
            let name = by.and_then(|b| b.service_deployment_arn.as_ref().or(b.revision.as_ref()));
            name.map(|name| {
                format!("The later deployment decides now: wait-healthy --deployment {name}.")
            })
        }
        Outcome::Failed(Failed::Probe { instead }) => Some(probed(plan, facts, instead)),
        Outcome::Failed(Failed::FailFast { .. }) => Some(format!(
            "ECS goes on trying: `{}` takes it back, and --on-fail-fast rollback does so by itself.",
            steer("rollback", plan, facts.deployment_ref.as_ref())
        )),
        _ => None,
    };
    let remedy = cause.remedy.as_deref();
    let parts = [cause.summary.as_deref(), remedy, next.as_deref()];
    let told: Vec<&str> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// Which hook holds the deployment, how it goes on, and what happens if nobody acts.
pub fn at_pause(plan: &Plan, facts: &Facts, pause: &Pause) -> String {
    let mut go_on = steer("continue", plan, facts.deployment_ref.as_ref());
    if let Some(hook) = &pause.hook_id {
        go_on.push_str(&format!(" --hook {hook}"));
    }
    let mut advice = format!(
        "`{go_on}` lets it go on, `{}` takes it back.",
        steer("rollback", plan, facts.deployment_ref.as_ref())
    );
    if let Some(action) = &pause.timeout_action {
        let when = pause.expires_at.map(|at| format!(" at {at:.0}"));
        advice.push_str(&format!(
            " If nobody acts, ECS does {action}{}.",
            when.unwrap_or_default()
        ));
    }
    advice
}

/// The command with which a person steers the deployment.
pub fn steer(verb: &str, plan: &Plan, deployment: Option<&DeploymentRef>) -> String {
    let mut command = format!(
        "ecs-deploy {verb} --cluster {} --service {}",
        plan.cluster, plan.service
    );
    if let Some(name) = deployment.and_then(DeploymentRef::name) {
        command.push_str(&format!(" --deployment {name}"));
    }
    command
}

fn probed(plan: &Plan, facts: &Facts, instead: &str) -> String {
    let refused = [" answered 401", " answered 403"];
    if refused.iter().any(|word| instead.contains(word)) {
        return match plan.probe.as_ref().and_then(|p| p.token.as_ref()) {
            Some(_) => "The token is not accepted there.".to_owned(),
            None => {
                "It asks for a token: set FARGATE_PROBE_TOKEN, or --probe-token-file.".to_owned()
            }
        };
    }
    format!(
        "The tasks are healthy for ECS and the load balancer, so look at what stands before them \
         (listener, API, name, certificate). `{}` goes back to the revision before.",
        steer("rollback", plan, facts.deployment_ref.as_ref())
    )
}
