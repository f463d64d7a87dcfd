//! Writes a history: the life of each task.

use super::draft::Draft;
use super::fate::Fate;
use super::line::{Line, Ms};
use super::task::{Stop, TaskLife};

/// Why ECS, AWS or a person stops a task that did not fail.
const TAKEN: [(&str, &str); 6] = [
    ("SpotInterruption", "Your Spot Task was interrupted."),
    ("TerminationNotice", "Your Fargate task will be retired."),
    ("UserInitiated", "Task stopped by user"),
    (
        "InfrastructureHealth",
        "Task failed an infrastructure check.",
    ),
    (
        "ServiceSchedulerInitiated",
        "Amazon ECS is performing Availability Zone rebalancing.",
    ),
    (
        "ServiceSchedulerInitiated",
        "Scaling activity initiated by (deployment ecs-svc/7000000000000000002)",
    ),
];

impl Draft {
    /// Creates a task at `at`. Returns its index.
    pub fn task(&mut self, deployment: u64, task_definition: u32, at: Ms, fate: Fate) -> usize {
        let id = self.history.tasks.len() + 1;
        let starts = fate != Fate::NoStart;
        let running = starts.then(|| at + self.ms(2_000..35_000));
        let mut task = TaskLife {
            id,
            deployment,
            task_definition,
            is_anonymous: false,
            created: at,
            running,
            health: Line::new("UNKNOWN"),
            target: Line::new(None),
            stop: None,
        };
        match running {
            None => {
                let asked = at + self.ms(3_000..60_000);
                let reasons = [
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:x: not found",
                    "ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : signal: killed",
                ];
                let reason = reasons[self.rng.usize(0..reasons.len())];
                task.stop = Some(stop(
                    asked,
                    asked + self.ms(50..2_000),
                    "TaskFailedToStart",
                    reason,
                    None,
                    true,
                ));
            }
            Some(running) => self.lead(&mut task, running, fate),
        }
        self.history.tasks.push(task);
        id - 1
    }

    /// The course of a task that runs.
    fn lead(&mut self, task: &mut TaskLife, running: Ms, fate: Fate) {
        let registered = running + self.ms(100..4_000);
        let well = registered + self.ms(1_000..25_000);
        task.target.set(registered, Some("initial"));
        let checked = running + self.ms(1_000..20_000);
        match fate {
            Fate::Good | Fate::Flapping => {
                task.health.set(checked, "HEALTHY");
                task.target.set(well, Some("healthy"));
                if fate == Fate::Flapping {
                    let ill = well.max(checked) + self.ms(500..40_000);
                    let again = ill + self.ms(500..30_000);
                    if self.rng.bool() {
                        // Some by hand: deregistered, or the target group removed from its listener.
                        let states = [Some("unhealthy"), Some("unused"), Some("unavailable"), None];
                        let state = states[self.rng.usize(0..states.len())];
                        task.target.set(ill, state).set(again, Some("healthy"));
                    } else {
                        task.health.set(ill, "UNHEALTHY").set(again, "HEALTHY");
                    }
                }
            }
            Fate::Crash => {
                let asked = running + self.ms(200..20_000);
                if well < asked {
                    task.target.set(well, Some("healthy"));
                }
                if checked < asked {
                    task.health.set(checked, "HEALTHY");
                }
                task.target.set(asked, Some("draining"));
                let exit = [1, 2, 137, 139, 0][self.rng.usize(0..5)];
                task.stop = Some(stop(
                    asked,
                    asked + self.ms(50..3_000),
                    "EssentialContainerExited",
                    "Essential container in task exited",
                    Some(exit),
                    true,
                ));
            }
            Fate::Taken => {
                let asked = well.max(checked) + self.ms(500..20_000);
                task.target.set(well, Some("healthy"));
                task.health.set(checked, "HEALTHY");
                task.target.set(asked, Some("draining"));
                let (code, reason) = TAKEN[self.rng.usize(0..TAKEN.len())];
                let stopped = asked + self.ms(500..30_000);
                let exit = [0, 137, 143][self.rng.usize(0..3)];
                task.stop = Some(stop(asked, stopped, code, reason, Some(exit), false));
            }
            Fate::FailsHealth => {
                let ill = registered + self.ms(5_000..30_000);
                task.target.set(ill, Some("unhealthy"));
                task.health.set(checked, "UNHEALTHY");
                let asked = ill + self.ms(1_000..20_000);
                task.target.set(asked, Some("draining"));
                let reason = if self.history.has_targets {
                    "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef)"
                } else {
                    "Task failed container health checks"
                };
                task.stop = Some(stop(
                    asked,
                    asked + self.ms(1_000..30_000),
                    "ServiceSchedulerInitiated",
                    reason,
                    Some(143),
                    true,
                ));
            }
            Fate::NeverHealthy => {
                task.target.set(well, Some("unhealthy"));
                task.health.set(checked, "UNHEALTHY");
            }
            Fate::NoStart => {}
        }
    }

    /// ECS stops tasks of a deployment because it scales in or is replaced.
    pub fn take_away(&mut self, deployment: u64, from: Ms, within: Ms) {
        let indexes: Vec<usize> = (0..self.history.tasks.len())
            .filter(|i| self.history.tasks[*i].deployment == deployment)
            .collect();
        for index in indexes {
            let asked = from + self.ms(0..within.max(1));
            self.surplus(index, asked);
        }
    }

    /// One task is too many.
    pub fn surplus(&mut self, index: usize, asked: Ms) {
        let stopped = asked + self.ms(500..30_000);
        let exit = [0, 137, 143][self.rng.usize(0..3)];
        let task = &mut self.history.tasks[index];
        let asked = asked.max(task.created + 1);
        if task.stop.as_ref().is_some_and(|s| s.asked <= asked) {
            return;
        }
        if task.running.is_some_and(|running| running > asked) {
            task.running = None;
            task.target = Line::new(None);
            task.health = Line::new("UNKNOWN");
        } else {
            task.target.set(asked, Some("draining"));
        }
        let reason = format!(
            "Scaling activity initiated by (deployment ecs-svc/{})",
            task.deployment
        );
        task.stop = Some(stop(
            asked,
            stopped.max(asked + 1),
            "ServiceSchedulerInitiated",
            &reason,
            Some(exit),
            false,
        ));
    }
}

fn stop(
    asked: Ms,
    stopped: Ms,
    code: &'static str,
    reason: &str,
    exit: Option<i32>,
    is_failure: bool,
) -> Stop {
    Stop {
        asked,
        stopped,
        code,
        reason: reason.to_owned(),
        exit,
        is_failure,
    }
}
