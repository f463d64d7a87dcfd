//! Stopped tasks, grouped by the reason why they stopped.
//!
//! Decided here: which tasks have the same reason. Never here: what the reason means.

use std::collections::BTreeMap;

use ecs_model::Task;
use serde::Serialize;

use super::exit_code::meaning_with_reason;

/// Tasks that stopped for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub count: usize,
    pub stop_code: Option<String>,
    /// The `stoppedReason` of the task that stopped last.
    pub stopped_reason: Option<String>,
    pub containers: Vec<ContainerStop>,
    /// The logs of the task that stopped last.
    pub logs: Vec<LogTail>,
    /// ARN of the task that stopped last.
    pub last_task: String,
    /// When it stopped.
    #[serde(skip)]
    pub last_stopped: Option<jiff::Timestamp>,
}

/// How one container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerStop {
    pub name: String,
    pub exit_code: Option<i64>,
    pub meaning: Option<String>,
    pub reason: Option<String>,
}

/// The last lines of one container's log, oldest first. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogTail {
    pub container: String,
    pub lines: Vec<String>,
}

/// Groups tasks. The largest group is first; of two equally large groups, the newer one.
pub fn group<'a>(tasks: impl Iterator<Item = &'a Task>) -> Vec<Group> {
    let mut groups: BTreeMap<Key, Vec<&Task>> = BTreeMap::new();
    for task in tasks {
        groups.entry(key(task)).or_default().push(task);
    }
    let mut groups: Vec<Group> = groups
        .into_values()
        .filter_map(|mut tasks| {
            tasks.sort_by_key(|task| task.stopped_at.or(task.stopping_at));
            let last = *tasks.last()?;
            Some(of(last, tasks.len()))
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.count, group.last_stopped)));
    groups
}

impl Group {
    /// The container whose exit explains best why the task ended, with its exit code: a failure
    /// precedes a kill or a requested stop, which may only follow from the failure.
    pub(super) fn first_failure(&self) -> Option<(&ContainerStop, i64)> {
        let exited = self
            .containers
            .iter()
            .filter_map(|c| Some((c, c.exit_code?)));
        exited.max_by_key(|(_, code)| (*code != 0, *code != 143 && *code != 137, *code))
    }
}

fn of(task: &Task, count: usize) -> Group {
    let containers = task
        .containers
        .iter()
        .map(|container| ContainerStop {
            name: container.name.clone(),
            exit_code: container.exit_code,
            meaning: meaning_with_reason(container.exit_code, container.reason.as_deref()),
            reason: container.reason.clone(),
        })
        .collect();
    Group {
        count,
        stop_code: task.stop_code.clone(),
        stopped_reason: task.stopped_reason.clone(),
        containers,
        logs: Vec::new(),
        last_task: task.task_arn.clone(),
        last_stopped: task.stopped_at.or(task.stopping_at),
    }
}

type Key = (String, String, Vec<(String, Option<i64>, String)>);

fn key(task: &Task) -> Key {
    let mut containers: Vec<_> = task
        .containers
        .iter()
        .map(|c| {
            let reason = c.reason.as_deref().map(shape).unwrap_or_default();
            (c.name.clone(), c.exit_code, reason)
        })
        .collect();
    containers.sort();
    (
        task.stop_code.clone().unwrap_or_default(),
        task.stopped_reason
            .as_deref()
            .map(shape)
            .unwrap_or_default(),
        containers,
    )
}

/// A text without the parts that vary between tasks: each word that contains a digit becomes `#`.
fn shape(text: &str) -> String {
    text.split_whitespace()
        .map(|word| {
            if word.contains(|c: char| c.is_ascii_digit()) {
                "#"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}
