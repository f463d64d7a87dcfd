//! What is shown while the wait goes on: a line when something changes and a heartbeat, a live
//! table on a terminal, a document on each line of stdout with `--format json`.

use std::collections::BTreeSet;
use std::time::Duration;

use ecs_model::{Arn, ServiceEvent, Task, short_name};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;
use pipeline_io::{Live, plain_line};
use rollout::Facts;
use serde_json::{Value, json};

use crate::context::WaitContext;
use crate::duration::format_duration;
use crate::hints;
use crate::poller::WaitListener;
use crate::report::{Pause, State};
use crate::table::table;

/// How long a log may be silent.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// Shows a wait's progress. It remembers only what it has shown.
#[derive(Debug)]
pub struct ProgressReporter<'w> {
    context: &'w WaitContext<'w>,
    live: Option<Live>,
    heartbeat: Heartbeat,
    /// Tasks whose stop was shown.
    stopped: BTreeSet<String>,
    /// Reasons that had their warning.
    warned: BTreeSet<String>,
    paused: Option<Pause>,
    shown_usual: bool,
    shown_evidence: bool,
}

impl<'w> ProgressReporter<'w> {
    pub fn new(context: &'w WaitContext<'w>) -> Self {
        let step = context.step;
        // A table and a stream of documents would be drawn over each other.
        let watched = step.progress().is_terminal() && !context.plan.streams;
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
        }
    }

    /// Takes the table away: what comes now is the end.
    pub fn finish(&mut self) {
        if let Some(live) = self.live.take() {
            live.finish();
        }
    }

    /// A line, led by the time since the start.
    pub fn line(&self, text: &str) {
        let elapsed = format_duration(self.context.clock.elapsed());
        self.context.step.info(format!("{elapsed:>12}  {text}"));
    }

    /// A document of the stream.
    fn stream(&self, kind: &str, document: Value) {
        if !self.context.plan.streams {
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

    /// Shows each crashed task with its cause at once. It is not a verdict: the next one may live.
    fn show_stops(&mut self, facts: &Facts) {
        for task in facts.failed_tasks() {
            if !self.stopped.insert(task.task_arn.clone()) {
                continue;
            }
            self.stream("task-stopped", stopped(task));
            let told = format!("a task stopped: {}", how(task));
            if self.warned.insert(told.clone()) {
                self.context.step.warn(&told);
            } else {
                self.line(&format!(
                    "another task stopped the same way ({})",
                    task.id()
                ));
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
            if !self.context.plan.question.exit_on_pause {
                let advice = hints::at_pause(&self.context.plan, facts, pause);
                let at = pause.stage.map(|s| format!(" at {s}")).unwrap_or_default();
                self.context
                    .step
                    .warn(format!("the deployment is paused{at}. {advice}"));
            }
        }
    }

    /// What is worth knowing once.
    fn show_once(&mut self, facts: &Facts) {
        if !self.shown_evidence && facts.is_without_service_deployments() {
            self.shown_evidence = true;
            self.context.step.warn(
                "service deployments cannot be read, so the service alone tells: a rollback may \
                 look like someone else's deployment. Allow ecs:ListServiceDeployments and \
                 ecs:DescribeServiceDeployments to the role of this job",
            );
        }
        let usual = facts.usual_time().filter(|time| time.as_secs() > 0);
        if let (false, None, Some(usual)) = (self.shown_usual, &self.live, usual) {
            self.shown_usual = true;
            self.line(&format!(
                "deployments of {} usually take {}",
                self.context.plan.service,
                format_duration(usual)
            ));
        }
    }
}

impl WaitListener for ProgressReporter<'_> {
    fn looked(&mut self, facts: &Facts, now: Timestamp) {
        self.show_once(facts);
        self.show_stops(facts);
        self.show_pause(facts);
        let state = State::of(facts);
        let change = self.heartbeat.change(&state, now);
        if change >= Change::Changed {
            self.stream("state", json!(state));
        }
        match &self.live {
            // The table has the numbers; the history keeps the steps.
            Some(live) => {
                if change == Change::Moved {
                    self.line(&state.head());
                }
                live.show(table(&self.context.plan, facts, &state, now));
            }
            None if change > Change::Silent => self.line(&state.line()),
            None => {}
        }
    }

    fn new_events(&mut self, events: &[ServiceEvent]) {
        for event in events {
            let told = shortened(&event.message, &self.context.plan.service);
            self.context.step.untrusted("              ECS: ", &told);
            self.stream(
                "event",
                json!({"message": event.message, "createdAt": event.created_at}),
            );
        }
    }

    fn trouble(&mut self, error: &AwsError, pause: Duration) {
        let again = format!("{error}; asking again in {} s", pause.as_secs().max(1));
        self.stream("trouble", json!({"message": again}));
        self.line(&again);
    }
}

/// An event without what every line would repeat: the service's name, and the ARNs' beginnings.
/// The result and the stream have it whole.
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

/// When something is said: on a change, and when nothing was said for a minute.
#[derive(Debug)]
struct Heartbeat {
    last: Option<State>,
    shown: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Silent,
    /// Nothing changed for so long that a reader would wonder.
    Alive,
    /// Some number changed.
    Changed,
    /// The status or the stage did.
    Moved,
}

impl Heartbeat {
    fn change(&mut self, state: &State, now: Timestamp) -> Change {
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

/// Why one task stopped, in a line.
fn how(task: &Task) -> String {
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

fn stopped(task: &Task) -> Value {
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
    use crate::report::State;

    #[test]
    fn an_event_repeats_neither_the_service_nor_whole_arns() {
        for (message, told) in [
            (
                "(service web) registered 2 targets in (target-group \
                 arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/17)",
                "registered 2 targets in (target-group targetgroup/web/17)",
            ),
            ("(service other) was here", "(service other) was here"),
            ("(service web) arn:aws and no more", "arn:aws and no more"),
        ] {
            assert_eq!(shortened(message, "web"), told);
        }
    }

    #[test]
    fn a_line_comes_on_change_and_once_a_minute() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let state = |status: &str, running| {
            let mut state = State {
                status: status.to_owned(),
                ..State::default()
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
