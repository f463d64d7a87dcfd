//! What is told while the wait goes on: a line when something changes and a heartbeat, a live
//! table on a terminal, a document on each line of stdout with `--format json`.

use std::collections::BTreeSet;
use std::time::Duration;

use ecs_model::{Arn, ServiceEvent, Task, short_name};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;
use pipeline_io::{Live, Step, plain_line};
use rollout::Watch;
use serde_json::{Value, json};

use crate::advice;
use crate::args::Plan;
use crate::observe::Audience;
use crate::report::{Pause, State};
use crate::sentence::seconds;
use crate::table::table;

/// How long a log may be silent.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// How many events are kept for the cause: the last ones.
const EVENTS: usize = 100;

/// Tells a wait.
#[derive(Debug)]
pub struct Teller<'s> {
    step: &'s Step,
    plan: &'s Plan,
    started: Timestamp,
    now: Timestamp,
    live: Option<Live>,
    pulse: Pulse,
    /// Tasks whose stop was told.
    stopped: BTreeSet<String>,
    /// Reasons that had their warning.
    warned: BTreeSet<String>,
    paused: Option<Pause>,
    told_usual: bool,
    told_basis: bool,
    pub events: Vec<ServiceEvent>,
}

impl<'s> Teller<'s> {
    pub fn new(step: &'s Step, plan: &'s Plan, started: Timestamp) -> Self {
        // A table and a stream of documents would be drawn over each other.
        let watched = step.progress().is_terminal() && !plan.streams;
        Self {
            step,
            plan,
            started,
            now: started,
            live: watched.then(|| step.progress().live()),
            pulse: Pulse {
                last: None,
                told: started,
            },
            stopped: BTreeSet::new(),
            warned: BTreeSet::new(),
            paused: None,
            told_usual: false,
            told_basis: false,
            events: Vec::new(),
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
        let elapsed = seconds(self.now.duration_since(self.started));
        self.step.note(format!("{elapsed:>12}  {text}"));
    }

    /// A document of the stream.
    fn stream(&self, kind: &str, document: Value) {
        if !self.plan.streams {
            return;
        }
        let after = self.now.duration_since(self.started).as_millis();
        let mut line = json!({
            "kind": kind, "at": self.now.to_string(), "seconds": after as f64 / 1000.0,
        });
        if let (Value::Object(line), Value::Object(members)) = (&mut line, document) {
            line.extend(members);
        }
        self.step.stream(&line);
    }

    /// One crashed task is told with its cause at once; it is no verdict, since the next may live.
    fn tell_stops(&mut self, watch: &Watch) {
        for task in watch.failed_tasks() {
            if !self.stopped.insert(task.task_arn.clone()) {
                continue;
            }
            self.stream("task-stopped", stopped(task));
            let told = format!("a task stopped: {}", how(task));
            if self.warned.insert(told.clone()) {
                self.step.warn(&told);
            } else {
                self.line(&format!(
                    "another task stopped the same way ({})",
                    task.id()
                ));
            }
        }
    }

    fn tell_pause(&mut self, watch: &Watch) {
        let pause = watch.pause().as_ref().map(Pause::of);
        if pause == self.paused {
            return;
        }
        self.paused.clone_from(&pause);
        if let Some(pause) = &pause {
            self.stream("paused", json!({"pause": pause}));
            if !self.plan.question.exit_on_pause {
                let advice = advice::at_pause(self.plan, watch, pause);
                let at = pause.stage.map(|s| format!(" at {s}")).unwrap_or_default();
                self.step
                    .warn(format!("the deployment is paused{at}. {advice}"));
            }
        }
    }

    /// What is worth knowing once.
    fn tell_once(&mut self, watch: &Watch) {
        if !self.told_basis && watch.is_without_service_deployments() {
            self.told_basis = true;
            self.step.warn(
                "service deployments cannot be read, so the service alone tells: a rollback may \
                 look like someone else's deployment. Allow ecs:ListServiceDeployments and \
                 ecs:DescribeServiceDeployments to the role of this job",
            );
        }
        let usual = watch.usual_time().filter(|time| time.as_secs() > 0);
        if let (false, None, Some(usual)) = (self.told_usual, &self.live, usual) {
            self.told_usual = true;
            self.line(&format!(
                "deployments of {} usually take {}",
                self.plan.service,
                seconds(usual)
            ));
        }
    }
}

impl Audience for Teller<'_> {
    fn look(&mut self, watch: &Watch, now: Timestamp) {
        self.now = now;
        self.tell_once(watch);
        self.tell_stops(watch);
        self.tell_pause(watch);
        let state = State::of(watch);
        let beat = self.pulse.beat(&state, now);
        if beat >= Beat::Changed {
            self.stream("state", json!(state));
        }
        match &self.live {
            // The table has the numbers; the history keeps the steps.
            Some(live) => {
                if beat == Beat::Moved {
                    self.line(&state.head());
                }
                live.show(table(self.plan, watch, &state, now, self.started));
            }
            None if beat > Beat::Silent => self.line(&state.line()),
            None => {}
        }
    }

    fn events(&mut self, events: &[ServiceEvent]) {
        for event in events {
            let told = shortened(&event.message, &self.plan.service);
            self.step.foreign("              ECS: ", &told);
            self.stream(
                "event",
                json!({"message": event.message, "createdAt": event.created_at}),
            );
        }
        self.events.extend_from_slice(events);
        let surplus = self.events.len().saturating_sub(EVENTS);
        self.events.drain(..surplus);
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
struct Pulse {
    last: Option<State>,
    told: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beat {
    Silent,
    /// Nothing changed for so long that a reader would wonder.
    Alive,
    /// Some number changed.
    Changed,
    /// The status or the stage did.
    Moved,
}

impl Pulse {
    fn beat(&mut self, state: &State, now: Timestamp) -> Beat {
        let beat = match &self.last {
            Some(last) if last == state => match now.duration_since(self.told) >= HEARTBEAT {
                true => Beat::Alive,
                false => Beat::Silent,
            },
            Some(last) if last.head() == state.head() => Beat::Changed,
            _ => Beat::Moved,
        };
        if beat > Beat::Silent {
            self.told = now;
            self.last = Some(state.clone());
        }
        beat
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

    use super::{Beat, Pulse, shortened};
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
        let mut pulse = Pulse {
            last: None,
            told: at(0),
        };
        for (second, status, running, beat) in [
            (0, "PENDING", 0, Beat::Moved),
            (2, "PENDING", 0, Beat::Silent),
            (4, "IN_PROGRESS", 0, Beat::Moved),
            (6, "IN_PROGRESS", 1, Beat::Changed),
            (65, "IN_PROGRESS", 1, Beat::Silent),
            (66, "IN_PROGRESS", 1, Beat::Alive),
            (67, "IN_PROGRESS", 1, Beat::Silent),
            (126, "IN_PROGRESS", 1, Beat::Alive),
            (127, "SUCCESSFUL", 1, Beat::Moved),
        ] {
            assert_eq!(
                pulse.beat(&state(status, running), at(second)),
                beat,
                "{second}"
            );
        }
    }
}
