//! Writes a history: random choices, and the rows of the deployments.

use std::ops::Range;

use fastrand::Rng;

use super::fate::Fate;
use super::line::{Line, Ms};
use super::{BEFORE, Classic, End, History, OURS, ServiceDeployment, Strategy};

/// Long before our write.
pub(super) const LONG_AGO: Ms = -3_600_000;

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
            is_bridged: false,
            is_green: rng.bool(),
            strategy_before: strategy,
            controller_before: "ECS",
            returned: None,
            has_container_check: rng.u32(0..100) < 30,
            bake_minutes: 0,
            step_minutes: 0,
            desired: Line::new(desired),
            gone: Line::new(false),
            recreated: None,
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

    /// The stable deployment that runs before ours.
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

    /// Our revision was deployed before, with another outcome: a service deployment,
    /// tasks and events with our number, all of them older than our write.
    pub fn earlier_life(&mut self) {
        let begun = LONG_AGO + 600_000 + self.ms(0..1_200_000);
        let ended = begun + self.ms(60_000..300_000);
        let end = ["STOPPED", "ROLLBACK_SUCCESSFUL", "SUCCESSFUL"][self.rng.usize(0..3)];
        let mut earlier = service_deployment("earlier", OURS, begun, "IN_PROGRESS");
        earlier.status.set(ended, end);
        self.history.deployments.push(earlier);
        for _ in 0..self.rng.u32(1..5) {
            let index = self.task(OURS, 2, begun + 1_000, Fate::Crash);
            let task = &mut self.history.tasks[index];
            if let Some(stop) = &mut task.stop {
                stop.stopped = stop.stopped.min(ended);
            }
        }
        if end != "SUCCESSFUL" {
            self.event(
                ended,
                format!("(deployment ecs-svc/{OURS}) deployment failed: tasks failed to start."),
            );
        }
    }

    /// Our rows just after the write. Returns when ECS begins to process it.
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

    /// The classic rollout of a deployment completes.
    pub fn rollout(&mut self, number: u64, at: Ms, state: &'static str) {
        if let Some(row) = self.classic(number) {
            row.rollout.set(at, state);
            row.reason.set(at, reason(number, state));
        }
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
