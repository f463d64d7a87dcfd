//! One sentence of diagnosis, and what to do about it.
//!
//! Evidence is asked in the order of how directly it speaks: why the most tasks stopped, what the
//! crashed container's last lines say, its exit code; what the load balancer says of the targets;
//! events; the deployment's own reason. Among texts of equal standing the special class wins.

use super::catalogue::{self, Class, class, class_of_log_line, class_of_text, classes};
use super::exit_code::class_id;
use super::group::Group;
use ecs_model::{ServiceEvent, TargetHealth, TargetState};

/// All that speaks for a cause.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Failed tasks, grouped, with the logs that could be had; the largest group first.
    pub groups: &'a [Group],
    /// Targets of our tasks that are not healthy.
    pub targets: &'a [TargetHealth],
    /// Events since our deployment began, oldest first.
    pub events: &'a [ServiceEvent],
    /// `statusReason`, `rolloutStateReason`, or an alarm's names.
    pub reason: Option<&'a str>,
}

/// Log lines of a container.
pub type Logs = super::group::LogTail;

/// A known cause.
#[derive(Debug, Clone, Copy)]
pub struct Diagnosis {
    pub class: &'static Class,
}

impl Diagnosis {
    /// The cause as a sentence.
    pub fn sentence(&self) -> String {
        catalogue::sentence(self.class.meaning) + "."
    }
}

impl PartialEq for Diagnosis {
    fn eq(&self, other: &Self) -> bool {
        self.class.id == other.class.id
    }
}

/// Classes that only repeat that something failed. Any other evidence is better.
const GENERAL: [&str; 5] = [
    "crashed",
    "elb-health",
    "tasks-failed",
    "nothing-to-roll-back-to",
    "stopped-by-user",
];

/// Finds the cause.
pub fn diagnose(evidence: &Evidence<'_>) -> Option<Diagnosis> {
    let mut general = None;
    for class in candidates(evidence) {
        if !GENERAL.contains(&class.id) {
            return Some(Diagnosis { class });
        }
        general.get_or_insert(class);
    }
    general.map(|class| Diagnosis { class })
}

/// Classes in the order of their evidence's weight.
fn candidates(evidence: &Evidence<'_>) -> Vec<&'static Class> {
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
        let description = target.description.as_deref().and_then(class_of_text);
        description.or_else(|| target.reason.as_deref().and_then(class_of_text))
    }));
    // The last events speak of the end.
    found.extend(
        evidence
            .events
            .iter()
            .rev()
            .filter_map(|event| class_of_text(&event.message)),
    );
    found.extend(evidence.reason.and_then(class_of_text));
    found
}

fn of_group(group: &Group) -> Vec<&'static Class> {
    let mut found: Vec<&'static Class> = Vec::new();
    let texts = group
        .containers
        .iter()
        .filter_map(|c| c.reason.as_deref())
        .chain(group.stopped_reason.as_deref());
    found.extend(texts.filter_map(class_of_text));
    let said: Vec<&'static Class> = group
        .logs
        .iter()
        .flat_map(|log| &log.lines)
        .filter_map(|line| class_of_log_line(line))
        .collect();
    // Logs are noisy: the class that stands first in the catalogue wins.
    found.extend(classes().find(|class| said.iter().any(|s| s.id == class.id)));
    if group.stop_code.as_deref() == Some("EssentialContainerExited") {
        let worst = group
            .containers
            .iter()
            .filter_map(|c| c.exit_code)
            .max_by_key(|code| (*code != 0, *code != 143 && *code != 137, *code));
        found.extend(worst.and_then(|code| class(class_id(code))));
    }
    found
}
