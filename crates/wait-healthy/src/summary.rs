//! A verdict as a one-line summary.

use jiff::SignedDuration;
use rollout::{
    DecidedBy, EvidenceSource, Failed, Outcome, Proof, ProofGap, Stopped, Superseded, Until,
    Verdict,
};

use crate::duration::format_duration;
use crate::report::DeploymentState;

/// What a summary needs besides the verdict.
pub struct VerdictContext<'a> {
    pub service: &'a str,
    /// The deployment's short name.
    pub deployment: &'a str,
    /// How long it took.
    pub after: SignedDuration,
    /// Our deployment when it was last read.
    pub state: &'a DeploymentState,
    /// Whether anything reports that a task of ours is unhealthy or failed.
    pub has_unhealthy_tasks: bool,
    /// The URL that responded, if `--probe` is set.
    pub probed: Option<&'a str>,
    /// The flag that requested the rollback.
    pub rollback_by: Option<&'a str>,
}

/// What happened to the deployment, and after how long.
pub fn summarize(verdict: &Verdict, context: &VerdictContext<'_>) -> String {
    let subject = format!("deployment {} of {}", context.deployment, context.service);
    let after = format!("after {}", format_duration(context.after));
    let mut summary = match &verdict.outcome {
        Outcome::Succeeded(proof) => format!("{subject} succeeded {after}: {}", proof_text(*proof)),
        // A stage proves nothing about tasks.
        Outcome::Reached(Until::Stage(stage), _) => {
            format!("{subject} reached {} {after}", stage.as_str())
        }
        Outcome::Reached(until, proof) => {
            format!(
                "{subject} reached {} {after}: {}",
                until.as_str(),
                proof_text(*proof)
            )
        }
        Outcome::Failed(failed) => format!("{subject} failed {after}: {}", failure_text(failed)),
        Outcome::Stopped(Stopped::ServiceDeleted) => {
            format!("{subject} ended {after}: the service was deleted")
        }
        Outcome::Stopped(Stopped::ServiceRecreated) => {
            format!("{subject} ended {after}: the service was deleted and created again")
        }
        Outcome::Stopped(Stopped::Stopped { reason }) => {
            format!(
                "{subject} was stopped {after}{}",
                reason_suffix(reason.as_deref())
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
                reason_suffix(back.reason.as_deref())
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
        Outcome::TimedOut(limit) => timed_out(&subject, *limit, context),
    };
    if let Some(url) = context.probed {
        summary.push_str(&format!(", and {url} answers"));
    }
    if let Some(decider) = decided_by_suffix(verdict.decided_by, context.rollback_by) {
        summary.push_str(&decider);
    }
    if verdict.evidence == EvidenceSource::Service {
        summary.push_str(" (judged from the service only)");
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
        (true, _) => "; it may also have been rolled back, which the service alone does not show",
        (false, true) => "; ECS had completed it, but its tasks were not seen healthy",
        (false, false) => "",
    };
    format!("{subject} was superseded{by} {after}{or}")
}

/// The summary for a timeout. A deployment that ECS has completed does not continue.
fn timed_out(subject: &str, limit: SignedDuration, context: &VerdictContext<'_>) -> String {
    let limit = format_duration(limit);
    let state = context.state;
    match state.status.as_str() {
        "SUCCESSFUL" | "COMPLETED" if !context.has_unhealthy_tasks => format!(
            "{subject} is {} in ECS and no task is reported unhealthy, but the proof that all are \
             healthy was incomplete after {limit}: {}",
            state.status,
            state.healthy()
        ),
        "SUCCESSFUL" | "COMPLETED" => format!(
            "{subject} is {} in ECS, but its tasks were not seen healthy within {limit}: {}",
            state.status,
            state.healthy()
        ),
        _ => format!(
            "{subject} did not finish within {limit}; it continues: {}",
            state.line()
        ),
    }
}

/// Who decided, if it was not ECS, and which flag requested the rollback.
fn decided_by_suffix(decided_by: DecidedBy, rollback_by: Option<&str>) -> Option<String> {
    let asked = |flag| format!(" (because of {flag} rollback)");
    match (decided_by, rollback_by) {
        (DecidedBy::FailFast(limit), flag) => Some(format!(
            " (decided by --fail-fast {limit}, not by ECS{})",
            flag.map(|_| "; a rollback was requested")
                .unwrap_or_default()
        )),
        (DecidedBy::Probe, _) => Some(" (decided by --probe, not by ECS)".to_owned()),
        (DecidedBy::Ecs | DecidedBy::Deadline, flag) => flag.map(asked),
    }
}

fn proof_text(proof: Proof) -> String {
    if proof.required == 0 {
        return "desired count 0, so nothing ran and nothing was proved".to_owned();
    }
    if proof.gap == Some(ProofGap::TasksDenied) {
        return format!(
            "{} of {} tasks running by ECS's count; their health was not proved, because this role \
             may not call ecs:ListTasks and ecs:DescribeTasks",
            proof.seen, proof.required
        );
    }
    let by = match (proof.by_targets, proof.by_containers) {
        (true, true) => "healthy in the load balancer and by their own checks",
        (true, false) => "healthy in the load balancer",
        (false, true) => "healthy by their own checks",
        (false, false) => "running (without a health check)",
    };
    let gap = match proof.gap {
        Some(ProofGap::TargetsDenied) => {
            "; their targets were not checked, because this role may not call \
             elasticloadbalancing:DescribeTargetHealth"
        }
        Some(ProofGap::TargetsAreInstances) => {
            ", and as many targets are healthy; the targets are instances, which cannot be matched \
             to tasks"
        }
        Some(ProofGap::TasksDenied) | None => "",
    };
    format!("{} of {} tasks {by}{gap}", proof.seen, proof.required)
}

fn failure_text(failed: &Failed) -> String {
    match failed {
        Failed::Breaker { reason } => {
            format!(
                "the circuit breaker tripped, and no rollback is configured{}",
                reason_suffix(reason.as_deref())
            )
        }
        Failed::NoRollback { reason } => {
            format!(
                "the circuit breaker triggered, but ECS did not start the rollback{}",
                reason_suffix(reason.as_deref())
            )
        }
        Failed::Alarm { names, reason } => {
            format!(
                "alarm {} went off{}",
                names.join(", "),
                reason_suffix(reason.as_deref())
            )
        }
        Failed::Rollback { reason } => {
            format!(
                "it could not be rolled back{}",
                reason_suffix(reason.as_deref())
            )
        }
        Failed::First { reason } => format!(
            "it is the first deployment of the service, so there is nothing to roll back to{}",
            reason_suffix(reason.as_deref())
        ),
        Failed::FailFast { stopped } => {
            format!("{stopped} tasks stopped, and no task was ever healthy")
        }
        Failed::Probe { instead } => format!("its tasks are healthy, but {instead}"),
    }
}

/// A reason from AWS as the end of a summary. It is untrusted text.
fn reason_suffix(reason: Option<&str>) -> String {
    match reason.map(str::trim) {
        None | Some("") => String::new(),
        Some(reason) => format!(
            ": {}",
            pipeline_io::plain_line(reason.trim_end_matches('.'))
        ),
    }
}
