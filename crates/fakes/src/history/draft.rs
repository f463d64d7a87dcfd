//! The writing of a history: chance, tasks, and the deployments' rows.

use std::ops::Range;

use fastrand::Rng;

use super::line::{Line, Ms};
use super::task::{Stop, TaskLife};
use super::{BEFORE, Classic, End, History, OURS, ServiceDeployment, Strategy};

/// Long before our write.
const LONG_AGO: Ms = -3_600_000;

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Healthy in the end, and for good.
    Good,
    /// Healthy, then for a while not, then again.
    Flapping,
    /// Its program ends.
    Crash,
    /// It never gets as far as running.
    NoStart,
    /// It runs, and its health check fails until ECS stops it.
    FailsHealth,
    /// It runs, and is never healthy; nobody stops it.
    NeverHealthy,
}

pub(super) struct Draft {
    pub rng: Rng,
    pub history: History,
}

impl Draft {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let strategy = match rng.u32(0..100) {
            0..60 => Strategy::Rolling,
            60..75 => Strategy::BlueGreen,
            75..88 => Strategy::Canary,
            _ => Strategy::Linear,
        };
        let desired = match rng.u32(0..20) {
            0 => 0,
            _ => rng.u32(1..6),
        };
        let history = History {
            seed,
            strategy,
            is_first: rng.u32(0..100) < 15,
            rolls_back: false,
            end: End::Stuck,
            breaker: false,
            alarms: false,
            has_targets: rng.u32(0..100) < 60 || strategy != Strategy::Rolling,
            has_container_check: rng.u32(0..100) < 30,
            bake_minutes: 0,
            step_minutes: 0,
            desired: Line::new(desired),
            gone: Line::new(false),
            deployments: Vec::new(),
            classics: Vec::new(),
            tasks: Vec::new(),
            events: Vec::new(),
        };
        Self { rng, history }
    }

    pub fn ms(&mut self, range: Range<Ms>) -> Ms {
        self.rng.i64(range)
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    pub fn event(&mut self, at: Ms, message: String) {
        self.history
            .events
            .push((at, format!("(service web) {message}")));
    }

    /// The deployment that runs before ours, at peace.
    pub fn before(&mut self) {
        if self.history.is_first {
            return;
        }
        let count = *self.history.desired.at(0);
        self.row(BEFORE, 1, LONG_AGO, "COMPLETED");
        let mut done = service_deployment("before", BEFORE, LONG_AGO + 500, "SUCCESSFUL");
        done.requested = Line::new(count);
        self.history.deployments.push(done);
        for _ in 0..count {
            let at = LONG_AGO;
            self.task(BEFORE, 1, at, Fate::Good);
        }
    }

    /// Our rows, as the write leaves them. Returns when ECS begins to work on it.
    pub fn write_ours(&mut self) -> Ms {
        // `forceNewDeployment` repeats the task definition.
        let definition = if self.chance(20) { 1 } else { 2 };
        let created = self.ms(0..1_500);
        let begun = created + self.ms(50..6_000);
        let mut ours = service_deployment("ours", OURS, created, "PENDING");
        ours.status.set(begun, "IN_PROGRESS");
        if !self.history.is_first {
            ours.sources = vec![BEFORE];
        }
        let desired = self.history.desired.clone();
        ours.requested = Line::new(0);
        ours.requested.set(begun, *desired.at(begun));
        for (at, count) in desired.changes() {
            if at > begun {
                ours.requested.set(at, *count);
            }
        }
        ours.breaker = Line::new(if self.history.breaker {
            "MONITORING"
        } else {
            "DISABLED"
        });
        self.history.deployments.push(ours);
        if let Some(row) = self
            .history
            .classics
            .iter_mut()
            .find(|c| c.number == BEFORE)
        {
            row.status.set(0, Some("ACTIVE"));
        }
        self.row(OURS, definition, 0, "IN_PROGRESS");
        begun
    }

    /// A classic row that is PRIMARY from its creation on.
    pub fn row(&mut self, number: u64, task_definition: u32, created: Ms, rollout: &'static str) {
        let mut status = Line::new(None);
        status.set(created, Some("PRIMARY"));
        self.history.classics.push(Classic {
            number,
            task_definition,
            created: Line::new(created),
            status,
            rollout: Line::new(rollout),
            reason: Line::new(reason(number, rollout)),
        });
    }

    pub fn classic(&mut self, number: u64) -> Option<&mut Classic> {
        self.history
            .classics
            .iter_mut()
            .find(|c| c.number == number)
    }

    pub fn ours(&mut self) -> &mut ServiceDeployment {
        let ours = self.history.deployments.iter().position(|d| d.id == "ours");
        &mut self.history.deployments[ours.unwrap_or(0)]
    }

    pub fn our_definition(&self) -> u32 {
        let ours = self.history.classics.iter().find(|c| c.number == OURS);
        ours.map_or(2, |c| c.task_definition)
    }

    /// The classic rollout of a deployment comes to rest.
    pub fn rollout(&mut self, number: u64, at: Ms, state: &'static str) {
        if let Some(row) = self.classic(number) {
            row.rollout.set(at, state);
            row.reason.set(at, reason(number, state));
        }
    }

    /// A task that is created at `at`. Returns its index.
    pub fn task(&mut self, deployment: u64, task_definition: u32, at: Ms, fate: Fate) -> usize {
        let id = self.history.tasks.len() + 1;
        let starts = fate != Fate::NoStart;
        let running = starts.then(|| at + self.ms(2_000..35_000));
        let mut task = TaskLife {
            id,
            deployment,
            task_definition,
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

    /// What a task that runs goes through.
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
                        task.target
                            .set(ill, Some("unhealthy"))
                            .set(again, Some("healthy"));
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

    /// ECS takes tasks of a deployment away: scaling in, or its place is taken.
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

pub(super) fn reason(number: u64, rollout: &str) -> String {
    match rollout {
        "COMPLETED" => format!("ECS deployment ecs-svc/{number} completed."),
        "FAILED" => "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
        _ => format!("ECS deployment ecs-svc/{number} in progress."),
    }
}

pub(super) fn service_deployment(
    id: &str,
    target: u64,
    created: Ms,
    status: &'static str,
) -> ServiceDeployment {
    ServiceDeployment {
        id: id.to_owned(),
        target,
        sources: Vec::new(),
        created,
        status: Line::new(status),
        reason: Line::new(None),
        stage: Line::new(None),
        paused: Line::new(false),
        breaker: Line::new("MONITORING"),
        alarm: Line::new(false),
        rollback: Line::new(None),
        requested: Line::new(0),
    }
}
