//! Why a deployment failed: its stopped tasks with their last words, what is wrong with its
//! targets, the events, and one diagnosis.

use pipeline_aws::Session;
use pipeline_io::{Step, plain_line};
use rollout::Watch;
use rollout::cause::{Diagnosis, Evidence, Group, diagnose, group};
use rollout::observed::{Event, TargetHealth, TargetState, TaskDefinition};
use serde::Serialize;

use crate::logs::tail;

/// How many groups of stopped tasks have their logs read and are shown.
const GROUPS: usize = 3;

/// How many events are kept.
const EVENTS: usize = 10;

/// The cause, as the result file has it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// One sentence.
    pub sentence: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The class in the catalogue (docs/causes.md).
    pub class: Option<&'static str>,
    pub groups: Vec<Group>,
    /// Targets of our tasks that are not healthy.
    pub targets: Vec<TargetHealth>,
    /// The last events, oldest first.
    pub events: Vec<String>,
}

/// Gathers the cause. What cannot be read is said, and is no error: the verdict stands.
pub async fn gather(
    session: &Session,
    watch: &Watch,
    definition: Option<&TaskDefinition>,
    events: &[Event],
    reason: Option<&str>,
    log_lines: u16,
    step: &Step,
) -> Cause {
    let mut groups = group(watch.failed_tasks());
    groups.truncate(GROUPS);
    for group in &mut groups {
        read_logs(session, definition, group, log_lines, step).await;
    }
    let targets = unhealthy(watch);
    let evidence = Evidence {
        groups: &groups,
        targets: &targets,
        events,
        reason,
    };
    let diagnosis = diagnose(&evidence);
    Cause {
        sentence: diagnosis.as_ref().map(Diagnosis::sentence),
        remedy: diagnosis.as_ref().map(|d| d.class.remedy.to_owned()),
        class: diagnosis.as_ref().map(|d| d.class.id),
        groups,
        targets,
        events: events
            .iter()
            .rev()
            .take(EVENTS)
            .rev()
            .map(|e| plain_line(&e.message))
            .collect(),
    }
}

async fn read_logs(
    session: &Session,
    definition: Option<&TaskDefinition>,
    group: &mut Group,
    count: u16,
    step: &Step,
) {
    let Some(definition) = definition else { return };
    // A task that never started has no words.
    let started = group.stop_code.as_deref() != Some("TaskFailedToStart");
    let failed = |code: Option<i64>| code.is_none_or(|code| code != 0);
    let any_failed = group.containers.iter().any(|c| failed(c.exit_code));
    let spoke = group
        .containers
        .iter()
        .filter(|c| !any_failed || failed(c.exit_code));
    let names: Vec<String> = spoke.filter(|_| started).map(|c| c.name.clone()).collect();
    let task = group
        .last_task
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    for name in names {
        match tail(session, definition, &name, &task, count).await {
            Ok(Some(lines)) => group.logs.push(lines),
            Ok(None) => {}
            Err(error) => step.note(format!("the log of {name} cannot be read: {error}")),
        }
    }
}

fn unhealthy(watch: &Watch) -> Vec<TargetHealth> {
    let tally = watch.tally();
    let targets = tally
        .tasks
        .iter()
        .flat_map(|task| task.targets.iter().flatten());
    targets
        .filter(|t| t.state != TargetState::Healthy)
        .map(|t| TargetHealth::clone(t))
        .collect()
}

/// Shows it: each group with its containers, and their last words fenced.
pub fn show(cause: &Cause, step: &Step) {
    for group in &cause.groups {
        let times = if group.count == 1 {
            "1 task".to_owned()
        } else {
            format!("{} tasks", group.count)
        };
        let code = group.stop_code.as_deref().unwrap_or("stopped");
        let reason = group.stopped_reason.as_deref().unwrap_or("no reason given");
        step.note(format!("{times}: {code}: {reason}"));
        for container in &group.containers {
            if container.exit_code.is_none() && container.reason.is_none() {
                continue;
            }
            let mut line = format!("  container {}", container.name);
            if let Some(code) = container.exit_code {
                line.push_str(&format!(": exit code {code}"));
            }
            if let Some(meaning) = &container.meaning {
                line.push_str(&format!(" ({meaning})"));
            }
            if let Some(reason) = &container.reason {
                line.push_str(&format!(": {reason}"));
            }
            step.note(line);
        }
        for log in &group.logs {
            step.note(format!("  last words of {}:", log.container));
            step.foreign("  | ", &log.lines.join("\n"));
        }
    }
    for target in &cause.targets {
        let port = target
            .port
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let why = target
            .description
            .as_deref()
            .or(target.reason.as_deref())
            .unwrap_or_default();
        step.note(format!(
            "target {}{port} is {}: {why}",
            target.id,
            target.state.word()
        ));
    }
}
