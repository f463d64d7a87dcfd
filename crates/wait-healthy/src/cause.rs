//! Why a deployment failed: its stopped tasks with their last words, what is wrong with its
//! targets, the events, and one diagnosis.

use ecs_model::{TargetHealth, TargetState, TaskDefinition, short_name};
use futures_util::future::join_all;
use pipeline_aws::Session;
use pipeline_io::{Step, plain_line};
use rollout::Facts;
use rollout::cause::{Evidence, Group, KnownCause, LogTail, diagnose, group};
use serde::Serialize;

use crate::context::WaitContext;
use crate::logs::tail;

/// How many groups of stopped tasks have their logs read and are shown.
const GROUPS: usize = 3;

/// How many targets are shown: those of a crash loop are many, and alike.
const TARGETS: usize = 5;

/// How many events the result has: the last ones.
const EVENTS: usize = 10;

/// The cause, as the result file has it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// One summary.
    pub summary: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The known cause in the catalogue (docs/causes.md).
    pub code: Option<&'static str>,
    pub groups: Vec<Group>,
    /// Targets of our tasks that are not healthy, or were not while there was one.
    pub targets: Vec<TargetHealth>,
    /// The last events, oldest first.
    pub events: Vec<String>,
}

/// Gathers the cause. What cannot be read is said, and is no error: the verdict stands.
pub async fn gather(
    session: &Session,
    context: &WaitContext<'_>,
    facts: &Facts,
    reason: Option<&str>,
) -> Cause {
    let (step, log_lines) = (context.step, context.plan.log_lines);
    let definition = facts.task_definition.as_ref();
    let mut groups = group(facts.failed_tasks());
    groups.truncate(GROUPS);
    let logs = join_all(
        groups
            .iter()
            .map(|group| read_logs(session, definition, group, log_lines, step)),
    );
    for (logs, group) in logs.await.into_iter().zip(&mut groups) {
        group.logs = logs;
    }
    let targets = unhealthy(facts);
    let evidence = Evidence {
        groups: &groups,
        targets: &targets,
        events: &facts.events,
        reason,
    };
    let diagnosis = diagnose(&evidence);
    Cause {
        summary: diagnosis.map(KnownCause::summary),
        remedy: diagnosis.map(|known| known.remedy.to_owned()),
        code: diagnosis.map(|known| known.id),
        groups,
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
    // A task that never started has no words.
    let started = group.stop_code.as_deref() != Some("TaskFailedToStart");
    let failed = |code: Option<i64>| code.is_none_or(|code| code != 0);
    let any_failed = group.containers.iter().any(|c| failed(c.exit_code));
    let spoke = group
        .containers
        .iter()
        .filter(|c| !any_failed || failed(c.exit_code));
    let names: Vec<String> = spoke.filter(|_| started).map(|c| c.name.clone()).collect();
    let task = short_name(&group.last_task).to_owned();
    let tails = names
        .iter()
        .map(|name| tail(session, definition, name, &task, count));
    let mut logs = Vec::new();
    for (tail, name) in join_all(tails).await.into_iter().zip(&names) {
        match tail {
            Ok(tail) => logs.extend(tail),
            Err(error) => step.info(format!("the log of {name} cannot be read: {error}")),
        }
    }
    logs
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
            step.info(format!("  last words of {}:", log.container));
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
