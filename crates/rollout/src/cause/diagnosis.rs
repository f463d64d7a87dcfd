//! The diagnosis: the known cause that the evidence supports best.
//!
//! Decided here: the order of evidence, the most direct first. For the largest group of stopped tasks
//! these are its texts, its log lines and its exit code; then the other groups, the target health,
//! the events (newest first) and the deployment's own reason. A special cause precedes a general one.
//! Never here: what a text means.

use ecs_model::{ServiceEvent, TargetHealth, TargetState};

use super::catalogue::{cause_of_exit_code, cause_of_log_line, cause_of_text, known_causes};
use super::group::Group;
use super::known_cause::KnownCause;

/// The evidence from which a cause is derived.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Failed tasks in groups, with the logs that could be read; the largest group first.
    pub groups: &'a [Group],
    /// Targets of our tasks that are not healthy.
    pub targets: &'a [TargetHealth],
    /// Events since our deployment began, oldest first.
    pub events: &'a [ServiceEvent],
    /// `statusReason`, `rolloutStateReason`, or an alarm's names.
    pub reason: Option<&'a str>,
}

/// The cause of a failure; `None` if no known cause matches.
pub fn diagnose(evidence: &Evidence<'_>) -> Option<&'static KnownCause> {
    let candidates = candidates(evidence);
    let special = candidates.iter().find(|cause| !cause.general);
    special.or(candidates.first()).copied()
}

/// All matching causes, those with the most direct evidence first.
fn candidates(evidence: &Evidence<'_>) -> Vec<&'static KnownCause> {
    let mut found = Vec::new();
    for group in evidence.groups {
        found.extend(of_group(group));
    }
    let unhealthy = evidence.targets.iter().filter(|t| {
        !matches!(
            t.state,
            TargetState::Healthy | TargetState::Initial | TargetState::Draining
        )
    });
    found.extend(unhealthy.filter_map(|target| {
        let description = target.description.as_deref().and_then(cause_of_text);
        description.or_else(|| target.reason.as_deref().and_then(cause_of_text))
    }));
    // The newest events are closest to the failure.
    found.extend(
        evidence
            .events
            .iter()
            .rev()
            .filter_map(|event| cause_of_text(&event.message)),
    );
    found.extend(evidence.reason.and_then(cause_of_text));
    found
}

fn of_group(group: &Group) -> Vec<&'static KnownCause> {
    let mut found: Vec<&'static KnownCause> = Vec::new();
    let texts = group
        .containers
        .iter()
        .filter_map(|c| c.reason.as_deref())
        .chain(group.stopped_reason.as_deref());
    found.extend(texts.filter_map(cause_of_text));
    let logged: Vec<&'static KnownCause> = group
        .logs
        .iter()
        .flat_map(|log| &log.lines)
        .filter_map(|line| cause_of_log_line(line))
        .collect();
    // Logs are noisy, so the order of the catalogue decides, not the order of the lines.
    found.extend(known_causes().find(|cause| logged.contains(cause)));
    if group.stop_code.as_deref() == Some("EssentialContainerExited") {
        let worst = group
            .containers
            .iter()
            .filter_map(|c| c.exit_code)
            .max_by_key(|code| (*code != 0, *code != 143 && *code != 137, *code));
        found.extend(worst.map(cause_of_exit_code));
    }
    found
}
