//! Runs one-off tasks: finds an earlier one or starts a new one, waits for its end, and shows its
//! log lines.

use ecs_model::short_name;
use std::time::Duration;

use ecs_client::Operation;
use jiff::Timestamp;
use pipeline_http::poll;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::context::CommandContext;
use crate::error::Error;
use crate::logs::LogTail;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::one_off::{OneOffTask, Phase, TaskState, task_state};

/// The pause between two reads of a task.
const BETWEEN: Duration = Duration::from_secs(2);
/// ECS describes a stopped task for about an hour.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// A task that was just started may not be described yet.
const UNSEEN: Duration = Duration::from_secs(60);

/// What the tasks run in.
pub struct TaskContext<'a> {
    pub context: &'a CommandContext<'a>,
    pub declared: &'a ServiceDeclaration,
    /// The live service, for network and compute that are not declared.
    pub live: Option<&'a Value>,
    /// The registered revision as ECS describes it.
    pub revision: &'a Value,
    /// Maximum time for one task.
    pub timeout: Duration,
}

/// Runs a task to its end, or finds that it already ran. Returns its entry of the result.
///
/// # Errors
/// If the task cannot be started, fails, or does not end in time.
pub async fn run(tasks: &TaskContext<'_>, one: &OneOffTask<'_>) -> Result<Value, Error> {
    let flag = one.phase.flag();
    let command = one.spec.command_line();
    let step = tasks.context.step;
    let name = one.started_by();
    let earlier = earlier(tasks.context, tasks.revision, &name).await?;
    let states: Vec<(&Value, TaskState)> = earlier
        .iter()
        .map(|task| (task, task_state(task, &one.container)))
        .collect();
    let outcome = |task: &str, outcome: &str| json!({"phase": flag, "command": command, "task": task, "startedBy": name, "outcome": outcome, "exitCode": 0});
    let arn = |task: &Value| task["taskArn"].as_str().unwrap_or_default().to_owned();
    if let Some((task, _)) = states.iter().find(|(_, s)| *s == TaskState::Succeeded) {
        step.info(format!(
            "{flag}: {command} has already succeeded (task {})",
            short_name(&arn(task))
        ));
        return Ok(outcome(&arn(task), "already-succeeded"));
    }
    let underway = states
        .iter()
        .find(|(_, s)| matches!(s, TaskState::Underway(_)));
    let (task, word) = match underway {
        Some((task, _)) => {
            step.info(format!(
                "{flag}: {command} is already running: joining task {}",
                short_name(&arn(task))
            ));
            (arn(task), "joined")
        }
        None => {
            if states.is_empty() && is_beyond_memory(tasks.revision) {
                step.info(format!(
                    "{flag}: ECS remembers tasks for an hour, so an earlier run of {command} on this revision is unknown"
                ));
            }
            let task = start(tasks, one, states.len()).await?;
            step.info(format!(
                "{flag}: running {command} in task {}",
                short_name(&task)
            ));
            (task, "ran")
        }
    };
    follow(tasks, one, &task).await?;
    Ok(outcome(&task, word))
}

/// Finds running and stopped tasks with this `startedBy`. ECS does not accept another filter
/// together with `startedBy`, and lists stopped tasks only on request. So stopped tasks are listed
/// by family and filtered here.
///
/// # Errors
/// If a call fails.
pub async fn earlier(
    context: &CommandContext<'_>,
    revision: &Value,
    name: &str,
) -> Result<Vec<Value>, Error> {
    let family = revision["family"].as_str().unwrap_or_default();
    let mut arns = Vec::new();
    for filter in [
        json!({"startedBy": name}),
        json!({"family": family, "desiredStatus": "STOPPED"}),
    ] {
        let mut body = filter;
        body["cluster"] = context.cluster.as_str().into();
        arns.extend(
            context
                .reader
                .list(Operation::ListTasks, body, "taskArns")
                .await?,
        );
    }
    let mut tasks = context
        .reader
        .describe_tasks(&context.cluster, &arns)
        .await?;
    tasks.retain(|task| task["startedBy"] == name);
    Ok(tasks)
}

/// Whether the revision is older than what ECS remembers of tasks.
fn is_beyond_memory(revision: &Value) -> bool {
    let registered = revision["registeredAt"].as_f64();
    let registered = registered.and_then(|s| Timestamp::from_millisecond((s * 1000.0) as i64).ok());
    registered.is_some_and(|at| Timestamp::now().duration_since(at).unsigned_abs() > REMEMBERED)
}

async fn start(
    tasks: &TaskContext<'_>,
    one: &OneOffTask<'_>,
    failed: usize,
) -> Result<String, Error> {
    let body = one.body(tasks.declared, tasks.live, failed);
    // The token makes this safe to repeat: the same token and request return the same task.
    let asked = tasks.context.call(Operation::RunTask, &body).await;
    let answer = asked.map_err(|source| Error::Write {
        what: format!("{}: starting {}", one.phase.flag(), one.spec.command_line()),
        state: match one.phase {
            Phase::Before => "the service was not changed".into(),
            Phase::After => "the service was written and its deployment continues".into(),
        },
        source: Box::new(source),
    })?;
    if let Some(arn) = answer["tasks"][0]["taskArn"].as_str() {
        return Ok(arn.to_owned());
    }
    let failure = &answer["failures"][0];
    let text = |member: &str| failure[member].as_str().unwrap_or_default();
    Err(Error::OneOffTask {
        phase: one.phase.flag(),
        command: one.spec.command_line(),
        how: "could not be started".into(),
        why: format!("{} {}", text("reason"), text("detail"))
            .trim()
            .to_owned(),
    })
}

async fn follow(tasks: &TaskContext<'_>, one: &OneOffTask<'_>, arn: &str) -> Result<(), Error> {
    let started = Instant::now();
    let mut tail = LogTail::of(
        &tasks.context.session,
        tasks.revision,
        &one.container,
        short_name(arn),
    );
    let mut last = String::new();
    let failed = |how: String, why: String| Error::OneOffTask {
        phase: one.phase.flag(),
        command: one.spec.command_line(),
        how,
        why,
    };
    let deadline = started + tasks.timeout;
    let ended = poll(std::iter::repeat(BETWEEN), deadline, async || {
        let body = json!({"cluster": tasks.declared.cluster, "tasks": [arn]});
        let answer = tasks.context.call(Operation::DescribeTasks, &body).await?;
        let ended = match answer["tasks"].get(0) {
            Some(task) => task_state(task, &one.container),
            None if started.elapsed() < UNSEEN => TaskState::Underway("PROVISIONING".into()),
            None => {
                return Err(failed(
                    "does not exist any more".into(),
                    format!("task {}", short_name(arn)),
                ));
            }
        };
        tail.show(tasks.context.step).await;
        match ended {
            TaskState::Succeeded => {
                tail.finish(tasks.context.step).await;
                tasks.context.step.info(format!(
                    "{} in task {} exited with 0",
                    one.container,
                    short_name(arn)
                ));
                return Ok(Some(()));
            }
            TaskState::Failed { exit, why } => {
                tail.finish(tasks.context.step).await;
                let how = match exit {
                    Some(code) => format!("exited with {code}"),
                    None => "did not start".to_owned(),
                };
                return Err(failed(how, why));
            }
            TaskState::Underway(status) => {
                if status != last {
                    tasks
                        .context
                        .step
                        .info(format!("task {} is {status}", short_name(arn)));
                    last = status;
                }
            }
        }
        Ok(None)
    });
    ended.await?.ok_or_else(|| Error::OneOffTimeout {
        phase: one.phase.flag(),
        command: one.spec.command_line(),
        task: short_name(arn).to_owned(),
    })
}
