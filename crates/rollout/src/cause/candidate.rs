//! The known causes that the evidence supports.
//!
//! Decided here: the order of evidence. Never here: which candidate is the cause.

use ecs_model::TargetState;

use super::catalogue::{
    cause_of_exit_code, cause_of_id, cause_of_log_line, cause_of_text, known_causes,
};
use super::evidence::Evidence;
use super::group::{ContainerStop, Group};
use super::known_cause::KnownCause;
use super::waiting::Waiting;

/// A known cause, with the evidence that supports it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) known: &'static KnownCause,
    /// The text of ECS that names it.
    pub(super) text: Option<&'a str>,
    /// The container that stopped.
    pub(super) container: Option<&'a ContainerStop>,
    /// The number of tasks that stopped or are held up for it.
    pub(super) tasks: Option<usize>,
    /// What holds tasks up, if none of them stopped.
    pub(super) waiting: Option<&'a Waiting>,
}

impl<'a> Candidate<'a> {
    fn of_text(text: &'a str) -> Option<Self> {
        cause_of_text(text).map(|known| Self {
            known,
            text: Some(text),
            container: None,
            tasks: None,
            waiting: None,
        })
    }
}

/// All candidates, those with the most direct evidence first.
pub(super) fn candidates<'a>(evidence: &Evidence<'a>) -> Vec<Candidate<'a>> {
    let mut found: Vec<Candidate<'a>> = Vec::new();
    for group in evidence.groups {
        found.extend(of_group(group));
    }
    for waiting in evidence.waiting {
        let id = if waiting.dependent.is_some() {
            "dependency-failed"
        } else {
            "container-health"
        };
        found.extend(cause_of_id(id).map(|known| Candidate {
            known,
            text: None,
            container: None,
            tasks: Some(waiting.count),
            waiting: Some(waiting),
        }));
    }
    let unhealthy = evidence.targets.iter().filter(|t| {
        !matches!(
            t.state,
            TargetState::Healthy | TargetState::Initial | TargetState::Draining
        )
    });
    found.extend(unhealthy.filter_map(|target| {
        let description = target.description.as_deref().and_then(Candidate::of_text);
        description.or_else(|| target.reason.as_deref().and_then(Candidate::of_text))
    }));
    // If tasks failed by themselves, these explain more.
    if evidence.groups.is_empty() {
        let reason = evidence.reason.and_then(Candidate::of_text);
        found.extend(reason.filter(|reason| !reason.known.general));
        let claims_failure = claims_that_tasks_failed(evidence);
        let stopped = evidence.stopped.iter();
        found.extend(stopped.filter_map(|group| of_stopped(group, claims_failure)));
    }
    // The newest events are closest to the failure.
    let events = evidence.events.iter().rev();
    found.extend(events.filter_map(|event| Candidate::of_text(&event.message)));
    found.extend(evidence.reason.and_then(Candidate::of_text));
    found
}

fn of_group(group: &Group) -> Vec<Candidate<'_>> {
    let mut found: Vec<Candidate<'_>> = Vec::new();
    let containers = group.containers.iter();
    found.extend(containers.filter_map(|container| {
        let candidate = Candidate::of_text(container.reason.as_deref()?)?;
        Some(Candidate {
            container: Some(container),
            ..candidate
        })
    }));
    let has_exited = group.stop_code.as_deref() == Some("EssentialContainerExited");
    let exited = group.first_failure().filter(|_| has_exited);
    let of_task = group.stopped_reason.as_deref().and_then(Candidate::of_text);
    // That an essential container exited is better explained by its exit code.
    found.extend(of_task.filter(|candidate| exited.is_none() || !candidate.known.general));
    let logged = |known: &'static KnownCause| {
        let mut logs = group.logs.iter();
        let log = logs.find(|log| {
            let mut lines = log.lines.iter();
            lines.any(|line| cause_of_log_line(line) == Some(known))
        })?;
        Some(Candidate {
            known,
            text: None,
            container: group.containers.iter().find(|c| c.name == log.container),
            tasks: None,
            waiting: None,
        })
    };
    // Logs are noisy, so the order of the catalogue decides, not the order of the lines.
    found.extend(known_causes().find_map(logged));
    found.extend(exited.map(|(container, code)| Candidate {
        known: cause_of_exit_code(code),
        text: None,
        container: Some(container),
        tasks: None,
        waiting: None,
    }));
    for candidate in &mut found {
        candidate.tasks = Some(group.count);
    }
    found
}

/// Whether ECS gives failed tasks as the reason. A hook, an alarm or a person needs none.
fn claims_that_tasks_failed(evidence: &Evidence<'_>) -> bool {
    let events = evidence.events.iter().map(|event| event.message.as_str());
    let mut known = events.chain(evidence.reason).filter_map(cause_of_text);
    known.any(|known| known.id == "tasks-failed")
}

/// A task that was stopped, but not for a failure of its own.
fn of_stopped(group: &Group, claims_failure: bool) -> Option<Candidate<'_>> {
    let text = group.stopped_reason.as_deref();
    let is_scaling = text.is_some_and(|text| text.starts_with("Scaling activity"));
    let known = match group.stop_code.as_deref() {
        Some("UserInitiated") => cause_of_id("stopped-by-user"),
        Some("SpotInterruption") => cause_of_id("spot"),
        Some("InfrastructureHealth") => cause_of_id("infrastructure"),
        // Scaling is part of every deployment: it is worth a word only if a failed task is missing.
        Some("ServiceSchedulerInitiated") if !claims_failure => None,
        Some("ServiceSchedulerInitiated") if is_scaling => cause_of_id("scaled-in"),
        _ => text.and_then(cause_of_text),
    };
    Some(Candidate {
        known: known?,
        text,
        container: None,
        tasks: Some(group.count),
        waiting: None,
    })
}
