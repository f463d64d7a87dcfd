//! A verdict as a sentence.

use jiff::SignedDuration;
use rollout::{Basis, DecidedBy, Failed, Outcome, Proof, Stopped, Verdict};

/// What happened to `deployment` of `service`, after how long.
pub fn verdict(
    verdict: &Verdict,
    service: &str,
    deployment: &str,
    after: SignedDuration,
) -> String {
    let subject = format!("deployment {deployment} of {service}");
    let after = format!("after {}", seconds(after));
    let mut sentence = match &verdict.outcome {
        Outcome::Succeeded(proof) => format!("{subject} succeeded {after}: {}", proven(*proof)),
        Outcome::Reached(until, proof) => {
            format!(
                "{subject} reached {} {after}: {}",
                until.word(),
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
        Outcome::Superseded(superseded) => {
            let by = superseded.by.as_ref().and_then(|by| {
                by.service_deployment_arn
                    .as_ref()
                    .or(by.revision.as_ref())
                    .or(by.task_definition.as_ref())
            });
            let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
            let or = if superseded.or_rolled_back {
                "; it may also have been rolled back: the service alone does not tell"
            } else {
                ""
            };
            format!("{subject} was superseded{by} {after}{or}")
        }
        Outcome::Paused(paused) => {
            let stage = paused.stage.map(|s| format!(" at {}", s.word()));
            let hook = paused.hook_id.as_ref().map(|id| format!(" (hook {id})"));
            let stage = stage.unwrap_or_default();
            let hook = hook.unwrap_or_default();
            format!("{subject} is paused{stage} {after}, waiting for a person{hook}")
        }
        Outcome::TimedOut(limit) => {
            format!(
                "{subject} was not decided within {}; it goes on",
                seconds(*limit)
            )
        }
    };
    if let DecidedBy::FailFast(limit) = verdict.decided_by {
        sentence.push_str(&format!(" (decided by --fail-fast {limit}, not by ECS)"));
    }
    if verdict.basis == Basis::Service {
        sentence.push_str(" (told from the service alone: its service deployments cannot be read)");
    }
    sentence
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
    }
}

/// A reason of AWS's as the end of a sentence. Foreign text.
fn because(reason: Option<&str>) -> String {
    match reason.map(str::trim) {
        None | Some("") => String::new(),
        Some(reason) => format!(
            ": {}",
            pipeline_io::plain_line(reason.trim_end_matches('.'))
        ),
    }
}

/// As `4 s` or `2 min 10 s`.
pub fn seconds(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
