//! Runs one-off tasks: found again or started, followed to their end, their log lines shown.

use ecs_model::short_name;
use std::time::Duration;

use ecs_client::Operation;
use jiff::Timestamp;
use pipeline_http::poll;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::context::CommandContext;
use crate::error::Error;
use crate::logs::Tail;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::oneoff::{OneOff, Phase, Standing, standing};

/// Between two looks at a task.
const BETWEEN: Duration = Duration::from_secs(2);
/// ECS shows a stopped task for about an hour.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// A task that was just started may not be described yet.
const UNSEEN: Duration = Duration::from_secs(60);

/// What tasks run in.
pub struct TaskContext<'a> {
    pub context: &'a CommandContext<'a>,
    pub declared: &'a ServiceDeclaration,
    /// The live service, for network and compute that are not declared.
    pub live: Option<&'a Value>,
    /// The registered revision, as described.
    pub revision: &'a Value,
    /// How long a task may take.
    pub timeout: Duration,
}

/// Runs a task to its end, or finds that it ran; gives what the result says of it.
pub async fn run(place: &TaskContext<'_>, one: &OneOff<'_>) -> Result<Value, Error> {
    let flag = one.phase.flag();
    let said = one.job.said();
    let step = place.context.step;
    let name = one.name();
    let earlier = earlier(place.context, place.revision, &name).await?;
    let standings: Vec<(&Value, Standing)> = earlier
        .iter()
        .map(|task| (task, standing(task, &one.container)))
        .collect();
    let outcome = |task: &str, outcome: &str| json!({"phase": flag, "command": said, "task": task, "startedBy": name, "outcome": outcome, "exitCode": 0});
    let arn = |task: &Value| task["taskArn"].as_str().unwrap_or_default().to_owned();
    if let Some((task, _)) = standings.iter().find(|(_, s)| *s == Standing::Succeeded) {
        step.info(format!(
            "{flag}: {said} has succeeded already (task {})",
            short_name(&arn(task))
        ));
        return Ok(outcome(&arn(task), "already-succeeded"));
    }
    let underway = standings
        .iter()
        .find(|(_, s)| matches!(s, Standing::Underway(_)));
    let (task, word) = match underway {
        Some((task, _)) => {
            step.info(format!(
                "{flag}: {said} is running already: joining task {}",
                short_name(&arn(task))
            ));
            (arn(task), "joined")
        }
        None => {
            if standings.is_empty() && is_beyond_memory(place.revision) {
                step.info(format!(
                    "{flag}: whether {said} ran on this revision more than an hour ago cannot be known"
                ));
            }
            let task = start(place, one, standings.len()).await?;
            step.info(format!("{flag}: {said} in task {}", short_name(&task)));
            (task, "ran")
        }
    };
    follow(place, one, &task).await?;
    Ok(outcome(&task, word))
}

/// Tasks of this name, running and stopped. ECS lets no other filter stand beside `startedBy`, and
/// lists stopped ones only when asked, so these are listed by family and told apart here.
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

async fn start(place: &TaskContext<'_>, one: &OneOff<'_>, failed: usize) -> Result<String, Error> {
    let body = one.body(place.declared, place.live, failed);
    // The token lets the SDK repeat it; the same token and request give the same task.
    let asked = place.context.ask(Operation::RunTask, &body).await;
    let answer = asked.map_err(|source| Error::Write {
        what: format!("{}: starting {}", one.phase.flag(), one.job.said()),
        state: match one.phase {
            Phase::Before => "the service was not touched".into(),
            Phase::After => "the service was written, and its deployment goes on".into(),
        },
        source: Box::new(source),
    })?;
    if let Some(arn) = answer["tasks"][0]["taskArn"].as_str() {
        return Ok(arn.to_owned());
    }
    let failure = &answer["failures"][0];
    let text = |member: &str| failure[member].as_str().unwrap_or_default();
    Err(Error::OneOff {
        phase: one.phase.flag(),
        said: one.job.said(),
        how: "could not be started".into(),
        why: format!("{} {}", text("reason"), text("detail"))
            .trim()
            .to_owned(),
    })
}

async fn follow(place: &TaskContext<'_>, one: &OneOff<'_>, arn: &str) -> Result<(), Error> {
    let started = Instant::now();
    let mut tail = Tail::of(
        &place.context.session,
        place.revision,
        &one.container,
        short_name(arn),
    );
    let mut last = String::new();
    let failed = |how: String, why: String| Error::OneOff {
        phase: one.phase.flag(),
        said: one.job.said(),
        how,
        why,
    };
    let deadline = started + place.timeout;
    let ended = poll(std::iter::repeat(BETWEEN), deadline, async || {
        let body = json!({"cluster": place.declared.cluster, "tasks": [arn]});
        let answer = place.context.ask(Operation::DescribeTasks, &body).await?;
        let ended = match answer["tasks"].get(0) {
            Some(task) => standing(task, &one.container),
            None if started.elapsed() < UNSEEN => Standing::Underway("PROVISIONING".into()),
            None => {
                return Err(failed(
                    "cannot be seen any more".into(),
                    format!("task {}", short_name(arn)),
                ));
            }
        };
        tail.show(place.context.step).await;
        match ended {
            Standing::Succeeded => {
                tail.finish(place.context.step).await;
                place.context.step.info(format!(
                    "{} in task {} exited with 0",
                    one.container,
                    short_name(arn)
                ));
                return Ok(Some(()));
            }
            Standing::Failed { exit, why } => {
                tail.finish(place.context.step).await;
                let how = match exit {
                    Some(code) => format!("exited with {code}"),
                    None => "did not start".to_owned(),
                };
                return Err(failed(how, why));
            }
            Standing::Underway(status) => {
                if status != last {
                    place
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
        said: one.job.said(),
        task: short_name(arn).to_owned(),
    })
}
