//! Progress output: a line when something changes and once per minute, a live table on a terminal,
//! and one JSON document per line of stdout with `--format json`.
//!
//! Decided here: what is shown and how often. Never here: anything that a verdict depends on.

use std::collections::BTreeSet;
use std::time::Duration;

use ecs_model::{Arn, ServiceEvent, Task, short_name};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;
use pipeline_io::{Failure as _, Live, plain_line};
use rollout::Facts;
use serde_json::{Value, json};

use crate::cause;
use crate::context::WaitContext;
use crate::duration::format_duration;
use crate::hints;
use crate::poller::WaitListener;
use crate::repeated_events::{Repeat, Repeats};
use crate::report::{DeploymentState, Pause};
use crate::table::table;

/// The longest time without a line in the log.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// Shows the progress of a wait. It remembers only what it has shown.
#[derive(Debug)]
pub struct ProgressReporter<'w> {
    context: &'w WaitContext<'w>,
    live: Option<Live>,
    heartbeat: Heartbeat,
    /// Tasks whose stop was shown.
    stopped: BTreeSet<String>,
    /// Reasons that were shown as a warning.
    warned: BTreeSet<String>,
    paused: Option<Pause>,
    shown_usual: bool,
    shown_evidence: bool,
    shown_breaker: bool,
    repeats: Repeats,
}

impl<'w> ProgressReporter<'w> {
    pub fn new(context: &'w WaitContext<'w>) -> Self {
        let step = context.step;
        // A table and a stream of documents would overwrite each other.
        let watched = step.progress().is_terminal() && !context.request.streams;
        Self {
            context,
            live: watched.then(|| step.progress().live()),
            heartbeat: Heartbeat {
                last: None,
                shown: context.clock.started(),
            },
            stopped: BTreeSet::new(),
            warned: BTreeSet::new(),
            paused: None,
            shown_usual: false,
            shown_evidence: false,
            shown_breaker: false,
            repeats: Repeats::default(),
        }
    }

    /// Removes the table before the final output.
    pub fn finish(&mut self) {
        if let Some(live) = self.live.take() {
            live.finish();
        }
    }

    /// Prints a line with the time since the start.
    pub fn line(&self, text: &str) {
        let elapsed = format_duration(self.context.clock.elapsed());
        self.context.step.info(format!("{elapsed:>12}  {text}"));
    }

    /// Prints a document of the JSON stream.
    fn stream(&self, kind: &str, document: Value) {
        if !self.context.request.streams {
            return;
        }
        let clock = self.context.clock;
        let after = clock.elapsed().as_millis();
        let mut line = json!({
            "kind": kind, "at": clock.now().to_string(), "seconds": after as f64 / 1000.0,
        });
        if let (Value::Object(line), Value::Object(members)) = (&mut line, document) {
            line.extend(members);
        }
        self.context.step.stream(&line);
    }

    /// Shows each crashed task with its cause at once. This is not a verdict, because the next task
    /// may work.
    fn show_stops(&mut self, facts: &Facts) {
        for task in facts.failed_tasks() {
            if !self.stopped.insert(task.task_arn.clone()) {
                continue;
            }
            self.stream("task-stopped", stop_document(task));
            let warning = format!("a task stopped: {}", stop_reason(task));
            if self.warned.insert(warning.clone()) {
                self.context.step.warn(&warning);
            } else {
                self.line(&format!(
                    "another task stopped for the same reason ({})",
                    task.id()
                ));
            }
        }
    }

    /// Warns once about each reason for which tasks are held up, e.g. a failed dependency.
    fn show_waiting(&mut self, facts: &Facts) {
        for waiting in facts.waiting() {
            let warning = format!("a task is held up: {}", plain_line(&waiting.clause()));
            if self.warned.insert(warning.clone()) {
                self.context.step.warn(&warning);
            }
        }
    }

    fn show_pause(&mut self, facts: &Facts) {
        let pause = facts.pause().as_ref().map(Pause::of);
        if pause == self.paused {
            return;
        }
        self.paused.clone_from(&pause);
        if let Some(pause) = &pause {
            self.stream("paused", json!({"pause": pause}));
            if !self.context.request.question.exit_on_pause {
                let advice = hints::at_pause(&self.context.request, facts, pause);
                let at = pause.stage.map(|s| format!(" at {s}")).unwrap_or_default();
                self.context
                    .step
                    .warn(format!("the deployment is paused{at}. {advice}"));
            }
        }
    }

    /// Shows what is worth knowing once.
    fn show_once(&mut self, facts: &Facts) {
        if !self.shown_evidence && facts.is_without_service_deployments() {
            self.shown_evidence = true;
            self.context.step.warn(
                "service deployments cannot be read, so only the service is judged: a rollback may \
                 look like another deployment. Allow ecs:ListServiceDeployments and \
                 ecs:DescribeServiceDeployments for the role of this job",
            );
        }
        if !self.shown_breaker && facts.breaker_triggered.is_some() {
            self.shown_breaker = true;
            self.context.step.warn(
                "the circuit breaker has triggered: ECS will not complete this deployment, but no \
                 rollback has started yet",
            );
        }
        let usual = facts.usual_time().filter(|time| time.as_secs() > 0);
        if let (false, None, Some(usual)) = (self.shown_usual, &self.live, usual) {
            self.shown_usual = true;
            self.line(&format!(
                "deployments of {} usually take {}",
                self.context.request.service,
                format_duration(usual)
            ));
        }
    }
}

impl WaitListener for ProgressReporter<'_> {
    fn polled(&mut self, facts: &Facts, now: Timestamp) {
        self.show_once(facts);
        self.show_stops(facts);
        self.show_waiting(facts);
        self.show_pause(facts);
        let state = DeploymentState::of(facts);
        let change = self.heartbeat.change(&state, now);
        if change >= Change::Changed {
            self.stream("state", json!(state));
        }
        match &self.live {
            // The table shows the numbers; the lines above it show each step.
            Some(live) => {
                if change == Change::Moved {
                    self.line(&state.head());
                }
                live.show(table(&self.context.request, facts, &state, now));
            }
            None if change > Change::Silent => self.line(&state.line()),
            None => {}
        }
    }

    fn new_events(&mut self, events: &[ServiceEvent]) {
        for event in events {
            let shown = shortened(&event.message, &self.context.request.service);
            match self.repeats.add(&shown) {
                Repeat::New => self.context.step.untrusted("              ECS: ", &shown),
                Repeat::Warning(count) => {
                    let cause = cause::of_event(event);
                    let cause = cause.map(|cause| format!(". {cause}")).unwrap_or_default();
                    let event = plain_line(shown.trim_end_matches('.'));
                    self.context
                        .step
                        .warn(format!("ECS reports {count} times: {event}{cause}"));
                }
                Repeat::Again(count) => {
                    let seconds = self.context.clock.elapsed();
                    let after = format_duration(seconds);
                    self.line(&format!(
                        "ECS: the same event again ({count} times in {after})"
                    ));
                }
            }
            self.stream(
                "event",
                json!({"message": event.message, "createdAt": event.created_at}),
            );
        }
    }

    fn not_allowed(&mut self, error: &AwsError) {
        let remedy = error.hint().unwrap_or_default();
        self.context.step.warn(format!(
            "{error}. The wait continues, but it cannot prove that the tasks are healthy: {remedy}"
        ));
    }

    fn read_failed(&mut self, error: &AwsError, pause: Duration) {
        let message = format!("{error}; retrying in {} s", pause.as_secs().max(1));
        self.stream("trouble", json!({"message": message}));
        self.line(&message);
    }
}

/// An event without what each line would repeat: the name of the service and the beginning of each
/// ARN. The result and the stream contain the whole event.
fn shortened(message: &str, service: &str) -> String {
    let name = short_name(service);
    let own = format!("(service {name}) ");
    let message = message.strip_prefix(&own).unwrap_or(message);
    let words = message.split(' ').map(|word| match word.find("arn:aws") {
        Some(at) => {
            let (before, arn) = word.split_at(at);
            let resource = Arn::try_from(arn).map_or(arn, |arn| arn.resource);
            format!("{before}{resource}")
        }
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Decides when to print a line: on a change, and after a minute without one.
#[derive(Debug)]
struct Heartbeat {
    last: Option<DeploymentState>,
    shown: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Silent,
    /// Nothing has changed for a minute.
    Alive,
    /// A number has changed.
    Changed,
    /// The status or the stage has changed.
    Moved,
}

impl Heartbeat {
    fn change(&mut self, state: &DeploymentState, now: Timestamp) -> Change {
        let change = match &self.last {
            Some(last) if last == state => {
                if now.duration_since(self.shown) >= HEARTBEAT {
                    Change::Alive
                } else {
                    Change::Silent
                }
            }
            Some(last) if last.head() == state.head() => Change::Changed,
            _ => Change::Moved,
        };
        if change > Change::Silent {
            self.shown = now;
            self.last = Some(state.clone());
        }
        change
    }
}

/// Why a task stopped, in one line.
fn stop_reason(task: &Task) -> String {
    let reason = plain_line(task.stopped_reason.as_deref().unwrap_or("no reason given"));
    let crashed = task
        .containers
        .iter()
        .find(|c| c.exit_code.is_some_and(|code| code != 0));
    let Some(container) = crashed else {
        return reason;
    };
    let code = container.exit_code.unwrap_or_default();
    let meaning = rollout::cause::meaning_with_reason(Some(code), container.reason.as_deref());
    let meaning = meaning.map(|m| format!(", {m}")).unwrap_or_default();
    format!("{reason} ({}: exit code {code}{meaning})", container.name)
}

fn stop_document(task: &Task) -> Value {
    let containers: Vec<Value> = task
        .containers
        .iter()
        .map(|c| json!({"name": c.name, "exitCode": c.exit_code, "reason": c.reason}))
        .collect();
    json!({
        "taskArn": task.task_arn, "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason, "containers": containers,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Change, Heartbeat, shortened};
    use crate::report::DeploymentState;

    #[test]
    fn events_are_shown_without_the_service_name_and_whole_arns() {
        for (message, shown) in [
            (
                "(service web) registered 2 targets in (target-group \
                 arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/17)",
                "registered 2 targets in (target-group targetgroup/web/17)",
            ),
            ("(service other) was here", "(service other) was here"),
            ("(service web) arn:aws and no more", "arn:aws and no more"),
        ] {
            assert_eq!(shortened(message, "web"), shown);
        }
    }

    #[test]
    fn a_line_is_printed_on_change_and_once_per_minute() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let state = |status: &str, running| {
            let mut state = DeploymentState {
                status: status.to_owned(),
                ..DeploymentState::default()
            };
            state.tasks.running = running;
            state
        };
        let mut heartbeat = Heartbeat {
            last: None,
            shown: at(0),
        };
        for (second, status, running, change) in [
            (0, "PENDING", 0, Change::Moved),
            (2, "PENDING", 0, Change::Silent),
            (4, "IN_PROGRESS", 0, Change::Moved),
            (6, "IN_PROGRESS", 1, Change::Changed),
            (65, "IN_PROGRESS", 1, Change::Silent),
            (66, "IN_PROGRESS", 1, Change::Alive),
            (67, "IN_PROGRESS", 1, Change::Silent),
            (126, "IN_PROGRESS", 1, Change::Alive),
            (127, "SUCCESSFUL", 1, Change::Moved),
        ] {
            assert_eq!(
                heartbeat.change(&state(status, running), at(second)),
                change,
                "{second}"
            );
        }
    }
}
