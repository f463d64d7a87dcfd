//! The diagnosis: what failed, why and what to do, in words for people.
//!
//! Decided here: the cause that the evidence supports best, and its sentence. Evidence is considered in
//! the order of [`Evidence`]'s members; a special cause precedes a general one. If no known cause
//! explains why tasks stopped, the newest stop reason's own words are the cause. Never here: what a
//! single text means.

use super::candidate::{Candidate, candidates};
use super::catalogue::cause_of_text;
use super::evidence::Evidence;
use super::group::{ContainerStop, Group};
use super::known_cause::{KnownCause, fill, sentence};
use super::reason::Reason;

/// The longest quotation from a text of AWS or of a person, in characters.
const QUOTED: usize = 300;

/// A cause in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The known cause in docs/causes.md; `None` if the cause is a stop reason's own words.
    pub code: Option<&'static str>,
    /// What failed and why: a clause without a full stop. It may contain untrusted text.
    pub clause: String,
    /// How many of the failed tasks have this cause, and how many failed.
    pub tasks: Option<(usize, usize)>,
    /// What to do: one or two sentences.
    pub remedy: Option<String>,
}

impl Diagnosis {
    /// The clause with the number of tasks, e.g. `container app exited with code 3 (4 of 4 tasks)`.
    pub fn counted(&self) -> String {
        match self.tasks {
            Some((some, all)) => format!("{} ({some} of {all} tasks)", self.clause),
            None => self.clause.clone(),
        }
    }

    /// The clause as a sentence.
    pub fn summary(&self) -> String {
        sentence(&self.counted())
    }
}

/// The cause of a failure; `None` if the evidence does not contain any.
pub fn diagnose(evidence: &Evidence<'_>) -> Option<Diagnosis> {
    let candidates = candidates(evidence);
    let special = candidates.iter().find(|c| !c.known.general);
    // A general cause of a task or target is still closer than the words of the deployment.
    let general = candidates.iter().find(|c| c.known.general);
    let stopped: usize = evidence.groups.iter().map(|group| group.count).sum();
    let counted = |candidate: &Candidate<'_>| {
        let all = if evidence.groups.is_empty() {
            candidate.tasks.unwrap_or(0)
        } else {
            stopped
        };
        describe(candidate, all)
    };
    let is_direct = |candidate: &&Candidate<'_>| candidate.tasks.is_some();
    special
        .or(general.filter(is_direct))
        .map(counted)
        .or_else(|| own_words(evidence.groups))
        .or_else(|| own_words(evidence.stopped))
        .or_else(|| own_words_of_event(evidence))
        .or_else(|| general.map(counted))
}

/// The cause that a single text of ECS names.
pub fn diagnose_text(text: &str) -> Option<Diagnosis> {
    let known = cause_of_text(text)?;
    Some(of_known(known, Some(text)))
}

fn describe(candidate: &Candidate<'_>, all: usize) -> Diagnosis {
    let mut diagnosis = of_known(candidate.known, candidate.text);
    if let Some(waiting) = candidate.waiting {
        diagnosis.clause = waiting.clause();
    }
    if let Some(container) = candidate.container {
        diagnosis.clause = in_container(container, &diagnosis.clause, candidate);
    }
    diagnosis.tasks = candidate.tasks.map(|some| (some, all.max(some)));
    diagnosis
}

/// A known cause with the resource and the permission that a text names.
fn of_known(known: &'static KnownCause, text: Option<&str>) -> Diagnosis {
    let reason = text.and_then(Reason::parse);
    let resource = reason.as_ref().and_then(|r| r.resource.as_deref());
    let mut clause = fill(known.meaning, resource);
    let mut remedy = fill(known.remedy, resource);
    match reason.as_ref().and_then(|reason| reason.denial.as_ref()) {
        Some(denial) => {
            clause.push_str(&format!(": {}", denial.sentence()));
            remedy = format!("{} {}", denial.remedy(), known.beside_denial);
        }
        None if known.quotes => {
            let words = text.map(quoted).unwrap_or_default();
            // The default of StopTask says nothing that the meaning does not say.
            if !words.is_empty() && words != "Task stopped by user" {
                clause.push_str(&format!(": {words}"));
            }
        }
        None => {}
    }
    Diagnosis {
        code: Some(known.id),
        clause,
        tasks: None,
        remedy: Some(remedy.trim().to_owned()),
    }
}

/// The clause with the container in which it happened.
fn in_container(container: &ContainerStop, clause: &str, candidate: &Candidate<'_>) -> String {
    let name = &container.name;
    if candidate.text.is_some() {
        return match clause.strip_prefix("the container ") {
            Some(rest) => format!("container {name} {rest}"),
            None => format!("container {name}: {clause}"),
        };
    }
    let Some(code) = container.exit_code else {
        return format!("container {name}: {clause}");
    };
    let exited = format!("container {name} exited with code {code}");
    if candidate.known.general {
        return exited;
    }
    format!("{exited}: {clause}")
}

/// The newest stop reason in its own words.
fn own_words(groups: &[Group]) -> Option<Diagnosis> {
    let newest = groups.iter().max_by_key(|group| group.last_stopped)?;
    let of_container = newest
        .containers
        .iter()
        .find_map(|container| Some((container, container.reason.as_deref()?)));
    let clause = match (newest.stopped_reason.as_deref().map(quoted), of_container) {
        (Some(reason), Some((container, of_container))) if !of_container.is_empty() => {
            format!(
                "{reason} (container {}: {})",
                container.name,
                quoted(of_container)
            )
        }
        (Some(reason), _) if !reason.is_empty() => reason,
        (_, Some((container, of_container))) => {
            format!("container {}: {}", container.name, quoted(of_container))
        }
        _ => return None,
    };
    Some(Diagnosis {
        code: None,
        clause,
        tasks: Some((newest.count, groups.iter().map(|group| group.count).sum())),
        remedy: None,
    })
}

/// The newest event that shows why a task was not started, in its own words.
fn own_words_of_event(evidence: &Evidence<'_>) -> Option<Diagnosis> {
    const MARKERS: [&str; 2] = [
        "unable to place a task. Reason: ",
        "launch a task with (error ",
    ];
    let clause = evidence.events.iter().rev().find_map(|event| {
        MARKERS
            .iter()
            .find_map(|marker| Some(quoted(event.message.split_once(marker)?.1)))
    })?;
    Some(Diagnosis {
        code: None,
        clause: format!("no task could be started: {clause}"),
        tasks: None,
        remedy: None,
    })
}

/// A text of AWS on one line and not too long, without its final full stop.
fn quoted(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let line = line
        .split(". For more information,")
        .next()
        .unwrap_or_default();
    // An event begins with the name of the service.
    let line = match line
        .strip_prefix("(service ")
        .and_then(|rest| rest.split_once(") "))
    {
        Some((_, rest)) => rest,
        None => line,
    };
    let line = line.trim_end_matches(['.', ':', ' ']);
    if line.chars().count() <= QUOTED {
        return line.to_owned();
    }
    let cut: String = line.chars().take(QUOTED).collect();
    format!("{cut}…")
}
