//! Gathers the reason why a deployment failed: stopped tasks with their last log lines, unhealthy
//! targets, events, and one diagnosis.
//!
//! Decided here: how much of it is shown. Never here: the diagnosis itself (`rollout::cause`).

use ecs_model::{ServiceEvent, TargetHealth, TargetState, TaskDefinition, short_name};
use futures_util::future::join_all;
use pipeline_aws::Session;
use pipeline_io::{Step, plain_line};
use rollout::Facts;
use rollout::cause::{Diagnosis, Evidence, Group, LogTail, Waiting, diagnose, group};
use serde::Serialize;

use crate::context::WaitContext;
use crate::logs::tail;

/// Maximum number of groups of stopped tasks that are shown, with their logs.
const GROUPS: usize = 3;

/// Maximum number of targets that are shown. A crash loop has many, and they are alike.
const TARGETS: usize = 5;

/// Maximum number of events in the result: the newest ones.
const EVENTS: usize = 10;

/// The cause, as it is written to the result file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The diagnosis in one sentence.
    pub summary: Option<String>,
    /// What you can do about it.
    pub remedy: Option<String>,
    /// The ID of the known cause, see docs/causes.md.
    pub code: Option<&'static str>,
    /// The diagnosis as a clause of another sentence.
    #[serde(skip)]
    pub clause: Option<String>,
    pub groups: Vec<Group>,
    /// Tasks that cannot become healthy although they did not stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Targets of our tasks that are unhealthy, or were unhealthy before they were deregistered.
    pub targets: Vec<TargetHealth>,
    /// The newest events, oldest first.
    pub events: Vec<String>,
}

/// Gathers the cause. A failed read is reported but is not an error, because the verdict is known.
pub async fn gather(
    session: &Session,
    context: &WaitContext<'_>,
    facts: &Facts,
    reason: Option<&str>,
) -> Cause {
    let (step, log_lines) = (context.step, context.request.log_lines);
    let definition = facts.task_definition.as_ref();
    let mut groups = group(facts.failed_tasks());
    // The diagnosis counts all groups; only some are read and shown.
    let failed = groups.clone();
    groups.truncate(GROUPS);
    let logs = join_all(
        groups
            .iter()
            .map(|group| read_logs(session, definition, group, log_lines, step)),
    );
    for (logs, group) in logs.await.into_iter().zip(&mut groups) {
        group.logs = logs;
    }
    let mut waiting = facts.waiting();
    if let Some(first) = waiting.first_mut() {
        first.logs = read_log(session, definition, first, log_lines, step).await;
    }
    let targets = unhealthy(facts);
    let failed = [&groups[..], failed.get(GROUPS..).unwrap_or_default()].concat();
    let stopped = group(facts.tasks_stopped_by_others());
    let evidence = Evidence {
        groups: &failed,
        waiting: &waiting,
        targets: &targets,
        stopped: &stopped,
        events: &facts.events,
        reason,
    };
    let diagnosis = diagnose(&evidence);
    Cause {
        summary: diagnosis.as_ref().map(|d| plain_line(&d.summary())),
        clause: diagnosis.as_ref().map(|d| plain_line(&d.counted())),
        code: diagnosis.as_ref().and_then(|d| d.code),
        remedy: diagnosis.and_then(|d: Diagnosis| d.remedy),
        groups,
        waiting,
        targets,
        events: facts
            .events
            .iter()
            .rev()
            .take(EVENTS)
            .rev()
            .map(|e| plain_line(&e.message))
            .collect(),
    }
}

/// The diagnosis of a single event, with its remedy.
pub fn of_event(event: &ServiceEvent) -> Option<String> {
    let known = diagnose(&Evidence {
        groups: &[],
        waiting: &[],
        targets: &[],
        stopped: &[],
        events: std::slice::from_ref(event),
        reason: None,
    })?;
    let parts = [Some(known.summary()), known.remedy];
    Some(plain_line(
        &Vec::from_iter(parts.into_iter().flatten()).join(" "),
    ))
}

async fn read_logs(
    session: &Session,
    definition: Option<&TaskDefinition>,
    group: &Group,
    count: u16,
    step: &Step,
) -> Vec<LogTail> {
    let Some(definition) = definition else {
        return Vec::new();
    };
    // A task that never started has no log.
    let started = group.stop_code.as_deref() != Some("TaskFailedToStart");
    let failed = |code: Option<i64>| code.is_none_or(|code| code != 0);
    let any_failed = group.containers.iter().any(|c| failed(c.exit_code));
    let logging = group
        .containers
        .iter()
        .filter(|c| !any_failed || failed(c.exit_code));
    let names: Vec<String> = logging
        .filter(|_| started)
        .map(|c| c.name.clone())
        .collect();
    let task = short_name(&group.last_task).to_owned();
    let tails = names
        .iter()
        .map(|name| tail(session, definition, name, &task, count));
    let mut logs = Vec::new();
    for (tail, name) in join_all(tails).await.into_iter().zip(&names) {
        match tail {
            Ok(tail) => logs.extend(tail),
            Err(error) => step.info(format!("cannot read the log of {name}: {error}")),
        }
    }
    logs
}

/// The log of a container that holds up other containers.
async fn read_log(
    session: &Session,
    definition: Option<&TaskDefinition>,
    waiting: &Waiting,
    count: u16,
    step: &Step,
) -> Vec<LogTail> {
    let Some(definition) = definition else {
        return Vec::new();
    };
    let (container, task) = (&waiting.container, short_name(&waiting.last_task));
    match tail(session, definition, container, task, count).await {
        Ok(tail) => tail.into_iter().collect(),
        Err(error) => {
            step.info(format!("cannot read the log of {container}: {error}"));
            Vec::new()
        }
    }
}

fn unhealthy(facts: &Facts) -> Vec<TargetHealth> {
    let tally = facts.tally();
    let now: Vec<&TargetHealth> = tally
        .tasks
        .iter()
        .flat_map(|task| task.targets.iter().flatten().copied())
        .collect();
    let is_listed = |id: &str| now.iter().any(|target| target.id == id);
    let gone = facts
        .refused_targets
        .values()
        .filter(|target| !is_listed(&target.id));
    now.iter()
        .copied()
        .filter(|t| !matches!(t.state, TargetState::Healthy | TargetState::Draining))
        .chain(gone)
        .take(TARGETS)
        .cloned()
        .collect()
}

/// Prints the cause. Log lines are printed as untrusted text.
pub fn show(cause: &Cause, step: &Step) {
    for group in &cause.groups {
        let times = if group.count == 1 {
            "1 task".to_owned()
        } else {
            format!("{} tasks", group.count)
        };
        let code = group.stop_code.as_deref().unwrap_or("stopped");
        let reason = group.stopped_reason.as_deref().unwrap_or("no reason given");
        step.info(format!("{times}: {code}: {reason}"));
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
            step.info(line);
        }
        for log in &group.logs {
            step.info(format!("  last log lines of {}:", log.container));
            step.untrusted("  | ", &log.lines.join("\n"));
        }
    }
    for waiting in &cause.waiting {
        step.info(format!(
            "{} of the tasks: {}",
            waiting.count,
            waiting.clause()
        ));
        for log in &waiting.logs {
            step.info(format!("  last log lines of {}:", log.container));
            step.untrusted("  | ", &log.lines.join("\n"));
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
        step.info(format!(
            "target {}{port} is {}: {why}",
            target.id,
            target.state.as_str()
        ));
    }
}
