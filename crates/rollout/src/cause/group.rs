//! Stopped tasks, grouped by why: ten tasks that died alike are one cause.

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
    /// As AWS wrote it for the last of them.
    pub stopped_reason: Option<String>,
    pub containers: Vec<ContainerStop>,
    /// Of the last of them.
    pub logs: Vec<LogTail>,
    /// The last of them; its logs are the ones to read.
    pub last_task: String,
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

/// The last lines of one container's log, oldest first. Foreign text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogTail {
    pub container: String,
    pub lines: Vec<String>,
}

/// Groups tasks; the largest group first, the younger one where they are equal.
pub fn group<'a>(tasks: impl Iterator<Item = &'a Task>) -> Vec<Group> {
    let mut groups: BTreeMap<Key, Vec<&Task>> = BTreeMap::new();
    for task in tasks {
        groups.entry(key(task)).or_default().push(task);
    }
    let mut groups: Vec<(Option<jiff::Timestamp>, Group)> = groups
        .into_values()
        .filter_map(|mut tasks| {
            tasks.sort_by_key(|task| task.stopped_at.or(task.stopping_at));
            let last = *tasks.last()?;
            let when = last.stopped_at.or(last.stopping_at);
            Some((when, of(last, tasks.len())))
        })
        .collect();
    groups.sort_by(|(when_a, a), (when_b, b)| (b.count, when_b).cmp(&(a.count, when_a)));
    groups.into_iter().map(|(_, group)| group).collect()
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

/// A text without what changes from task to task: each word with a digit in it becomes `#`.
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
