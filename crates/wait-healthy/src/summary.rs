//! A verdict as a one-line summary.

use jiff::SignedDuration;
use rollout::{
    DecidedBy, EvidenceSource, Failed, Outcome, Proof, Stopped, Superseded, Until, Verdict,
};

use crate::duration::format_duration;
use crate::report::State;

/// What a summary needs besides the verdict.
pub struct VerdictContext<'a> {
    pub service: &'a str,
    /// The deployment's short name.
    pub deployment: &'a str,
    /// How long it took.
    pub after: SignedDuration,
    /// Our deployment at the last look.
    pub state: &'a State,
    /// The address that answered, where one was asked.
    pub probed: Option<&'a str>,
    /// The flag by which ECS was asked for a rollback.
    pub rollback_by: Option<&'a str>,
}

/// What happened to the deployment, after how long.
pub fn summarize(verdict: &Verdict, context: &VerdictContext<'_>) -> String {
    let subject = format!("deployment {} of {}", context.deployment, context.service);
    let after = format!("after {}", format_duration(context.after));
    let mut summary = match &verdict.outcome {
        Outcome::Succeeded(proof) => format!("{subject} succeeded {after}: {}", proven(*proof)),
        // A stage says nothing of tasks.
        Outcome::Reached(Until::Stage(stage), _) => {
            format!("{subject} reached {} {after}", stage.as_str())
        }
        Outcome::Reached(until, proof) => {
            format!(
                "{subject} reached {} {after}: {}",
                until.as_str(),
                proven(*proof)
            )
        }
        Outcome::Failed(failed) => format!("{subject} failed {after}: {}", failure(failed)),
        Outcome::Stopped(Stopped::ServiceDeleted) => {
            format!("{subject} ended {after}: the service was deleted")
        }
        Outcome::Stopped(Stopped::Stopped { reason }) => {
            format!(
                "{subject} was stopped {after}{}",
                because(reason.as_deref())
            )
        }
        Outcome::RolledBack(back) => {
            let verb = if back.finished {
                "was rolled back"
            } else {
                "is being rolled back"
            };
            format!(
                "{subject} {verb} {after}{}",
                because(back.reason.as_deref())
            )
        }
        Outcome::Superseded(by) => superseded(&subject, &after, by),
        Outcome::Paused(paused) => {
            let stage = paused.stage.map(|s| format!(" at {}", s.as_str()));
            let hook = paused.hook_id.as_ref().map(|id| format!(" (hook {id})"));
            let stage = stage.unwrap_or_default();
            let hook = hook.unwrap_or_default();
            format!("{subject} is paused{stage} {after}, waiting for a person{hook}")
        }
        Outcome::TimedOut(limit) => timed_out(&subject, *limit, context.state),
    };
    if let Some(url) = context.probed {
        summary.push_str(&format!(", and {url} answers"));
    }
    if let Some(decider) = decider(verdict.decided_by, context.rollback_by) {
        summary.push_str(&decider);
    }
    if verdict.evidence == EvidenceSource::Service {
        summary.push_str(" (told from the service alone: its service deployments cannot be read)");
    }
    summary
}

fn superseded(subject: &str, after: &str, superseded: &Superseded) -> String {
    let by = superseded.by.as_ref().and_then(|by| {
        by.service_deployment_arn
            .as_ref()
            .or(by.revision.as_ref())
            .or(by.task_definition.as_ref())
    });
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let or = match (superseded.or_rolled_back, superseded.after_success) {
        (true, _) => "; it may also have been rolled back: the service alone does not tell",
        (false, true) => "; ECS had called it successful, but its tasks were not seen healthy",
        (false, false) => "",
    };
    format!("{subject} was superseded{by} {after}{or}")
}

/// Time was up: a deployment that ECS is done with does not go on.
fn timed_out(subject: &str, limit: SignedDuration, state: &State) -> String {
    let limit = format_duration(limit);
    match state.status.as_str() {
        "SUCCESSFUL" | "COMPLETED" => format!(
            "{subject} is {} by ECS's word, but within {limit} it was not seen healthy: {}",
            state.status,
            state.healthy()
        ),
        _ => format!(
            "{subject} was not decided within {limit}; it goes on: {}",
            state.line()
        ),
    }
}

/// Who decided, where it was not ECS; and who asked for the rollback that it made.
fn decider(decided_by: DecidedBy, rollback_by: Option<&str>) -> Option<String> {
    let asked = |flag| format!(" (because of {flag} rollback)");
    match (decided_by, rollback_by) {
        (DecidedBy::FailFast(limit), flag) => Some(format!(
            " (decided by --fail-fast {limit}, not by ECS{})",
            flag.map(|_| "; the rollback was asked for")
                .unwrap_or_default()
        )),
        (DecidedBy::Probe, _) => Some(" (decided by --probe, not by ECS)".to_owned()),
        (DecidedBy::Ecs | DecidedBy::Deadline, flag) => flag.map(asked),
    }
}

fn proven(proof: Proof) -> String {
    if proof.required == 0 {
        return "desired count 0: nothing ran, nothing proved".to_owned();
    }
    let by = match (proof.by_targets, proof.by_containers) {
        (true, true) => "healthy in the load balancer and by their own checks",
        (true, false) => "healthy in the load balancer",
        (false, true) => "healthy by their own checks",
        (false, false) => "running (no health check vouches for them)",
    };
    format!("{} of {} tasks {by}", proof.seen, proof.required)
}

fn failure(failed: &Failed) -> String {
    match failed {
        Failed::Breaker { reason } => {
            format!(
                "the circuit breaker tripped, and no rollback is configured{}",
                because(reason.as_deref())
            )
        }
        Failed::Alarm { names, reason } => {
            format!(
                "alarm {} went off{}",
                names.join(", "),
                because(reason.as_deref())
            )
        }
        Failed::Rollback { reason } => {
            format!("it could not be rolled back{}", because(reason.as_deref()))
        }
        Failed::First { reason } => format!(
            "it was the service's first, so there is nothing to roll back to{}",
            because(reason.as_deref())
        ),
        Failed::FailFast { stopped } => {
            format!("{stopped} tasks stopped and none was ever healthy")
        }
        Failed::Probe { instead } => format!("its tasks are healthy, but {instead}"),
    }
}

/// A reason of AWS's as the end of a summary. Foreign text.
fn because(reason: Option<&str>) -> String {
    match reason.map(str::trim) {
        None | Some("") => String::new(),
        Some(reason) => format!(
            ": {}",
            pipeline_io::plain_line(reason.trim_end_matches('.'))
        ),
    }
}
