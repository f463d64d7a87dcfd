//! What is told while the wait goes on, and what the result file holds.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;
use pipeline_io::{Step, plain_line};
use rollout::observed::{Event, RolloutState};
use rollout::{Handle, Watch};
use serde::Serialize;

use crate::cause::Cause;
use crate::observe::Audience;
use crate::sentence::seconds;

/// How long a log may be silent.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// The verb's part of the result file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    pub cluster: String,
    pub service: String,
    pub region: String,
    pub handle: Option<Handle>,
    pub until: &'static str,
    pub sentence: Option<String>,
    pub cause: Option<Cause>,
    pub tasks: Tasks,
}

/// Our deployment's tasks at the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    pub running: u32,
    pub pending: u32,
    pub healthy: u32,
    pub desired: Option<u32>,
}

impl Tasks {
    pub fn of(watch: &Watch) -> Self {
        let tally = watch.tally();
        let deployment = watch.deployment().map(|d| &d.target_service_revision);
        Self {
            running: tally.running,
            pending: tally.pending,
            healthy: tally.healthy,
            desired: deployment.and_then(|d| d.requested_task_count),
        }
    }
}

/// Tells what changes, and once a minute that nothing did.
#[derive(Debug)]
pub struct Teller<'s> {
    step: &'s Step,
    started: Timestamp,
    last_line: String,
    last_told: Timestamp,
    /// Tasks whose stop was told.
    stopped: BTreeSet<String>,
    /// Reasons that had their warning.
    warned: BTreeSet<String>,
    pub events: Vec<Event>,
}

impl<'s> Teller<'s> {
    pub fn new(step: &'s Step, started: Timestamp) -> Self {
        Self {
            step,
            started,
            last_line: String::new(),
            last_told: started,
            stopped: BTreeSet::new(),
            warned: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// One crashed task is told with its cause at once; it is no verdict, since the next may live.
    fn tell_stops(&mut self, watch: &Watch) {
        for task in watch.failed_tasks() {
            if !self.stopped.insert(task.task_arn.clone()) {
                continue;
            }
            let reason = task.stopped_reason.as_deref().unwrap_or("no reason given");
            let crashed = task
                .containers
                .iter()
                .find(|c| c.exit_code.is_some_and(|code| code != 0));
            let how = crashed
                .map(|c| {
                    format!(
                        " ({} exit code {})",
                        c.name,
                        c.exit_code.unwrap_or_default()
                    )
                })
                .unwrap_or_default();
            let told = format!("a task stopped: {}{how}", plain_line(reason));
            if self.warned.insert(told.clone()) {
                self.step.warn(&told);
            } else {
                self.step
                    .note(format!("another task stopped the same way ({})", task.id()));
            }
        }
    }
}

impl Audience for Teller<'_> {
    fn look(&mut self, watch: &Watch, now: Timestamp) {
        self.tell_stops(watch);
        let line = line(watch);
        let is_silent = now.duration_since(self.last_told) >= HEARTBEAT;
        if line != self.last_line || is_silent {
            let elapsed = seconds(now.duration_since(self.started));
            self.step.note(format!("{elapsed:>10}  {line}"));
            self.last_line = line;
            self.last_told = now;
        }
    }

    fn events(&mut self, events: &[Event]) {
        for event in events {
            self.step.foreign("            ECS: ", &event.message);
        }
        self.events.extend_from_slice(events);
    }

    fn trouble(&mut self, error: &AwsError, pause: Duration) {
        self.step.note(format!(
            "{error}; asking again in {} s",
            pause.as_secs().max(1)
        ));
    }
}

/// The state of the deployment on one line.
fn line(watch: &Watch) -> String {
    let mut line = match watch.deployment() {
        Some(deployment) => deployment.status.word().to_owned(),
        None => watch
            .handle()
            .and_then(|h| watch.service()?.deployment(h.ecs_svc_id.as_deref()?))
            .map_or("not seen yet", |deployment| {
                match deployment.rollout_state {
                    Some(RolloutState::Completed) => "COMPLETED",
                    Some(RolloutState::Failed) => "FAILED",
                    _ => "IN_PROGRESS",
                }
            })
            .to_owned(),
    };
    if let Some(stage) = watch.deployment().and_then(|d| d.lifecycle_stage) {
        line.push_str(&format!(" {}", stage.word()));
    }
    let tasks = Tasks::of(watch);
    let desired = tasks
        .desired
        .map(|d| format!(" of {d}"))
        .unwrap_or_default();
    line.push_str(&format!(
        " · tasks {} healthy{desired}, {} running, {} pending",
        tasks.healthy, tasks.running, tasks.pending
    ));
    let failed = watch.failed_tasks().count();
    if failed > 0 {
        line.push_str(&format!(", {failed} stopped"));
    }
    line
}
