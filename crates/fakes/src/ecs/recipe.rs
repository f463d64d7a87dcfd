//! The time lines of the recipes. They are written when a deployment starts: only then is it known
//! how many tasks it wants, whether it has targets and health checks, and what the circuit breaker
//! does.

use std::time::Duration;

use super::script::{Change, Recipe, Rollout, Stop};

/// The properties of the deployment for which a recipe is written.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) desired: usize,
    /// Whether tasks of earlier deployments still exist.
    pub(crate) old: bool,
    pub(crate) target_group: Option<String>,
    pub(crate) strategy: Strategy,
    /// Lifecycle stages at which a PAUSE hook waits: stage, timeout, whether the timeout rolls back.
    pub(crate) pauses: Vec<(String, Option<Duration>, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Strategy {
    Rolling,
    BlueGreen,
    /// Percent of each step.
    Linear(f64),
    /// Percent of the first step.
    Canary(f64),
}

/// How many generations of failing tasks are written: with AWS's growing pauses, they take hours.
const GENERATIONS: usize = 120;

impl Rollout {
    pub(crate) fn changes(&self, scene: &Scene) -> Vec<(Duration, Change)> {
        let mut changes = match &self.recipe {
            Recipe::TimeLine(changes) => changes.clone(),
            Recipe::Healthy => self.healthy_line(scene),
            Recipe::Crashing => self.failing(scene, |rollout| {
                let reason = rollout.container_reason.as_deref();
                (true, Stop::exited(rollout.exit_code, reason))
            }),
            Recipe::FailsToStart { reason } => {
                self.failing(scene, |_| (false, Stop::failed_to_start(reason)))
            }
            Recipe::Unhealthy {
                reason,
                description,
            } => self.unhealthy(scene, reason, description),
            Recipe::UnhealthyContainer => self.failing(scene, |_| {
                (
                    true,
                    Stop::by_scheduler("Task failed container health checks"),
                )
            }),
            Recipe::Stuck => vec![
                (self.part(0.05), Change::Begin),
                (self.part(0.1), Change::Place(scene.desired)),
                (self.part(0.3), Change::Pull(0..scene.desired)),
            ],
            Recipe::Unplaceable { reason } => {
                let mut changes = vec![(self.part(0.05), Change::Begin)];
                let event = format!("was unable to place a task. Reason: {reason}.");
                for (at, _) in generations(self.over).take(self.attempts.min(GENERATIONS)) {
                    changes.push((at + self.part(0.5), Change::Event(event.clone())));
                }
                changes
            }
            Recipe::Alarm { name } => {
                let mut changes = self.starting(scene, 0..scene.desired);
                changes.push((self.over, Change::AlarmFires(name.clone())));
                changes
            }
            Recipe::HookRefuses { stage, reason } => {
                let mut changes: Vec<_> = self
                    .staged(scene)
                    .into_iter()
                    .take_while(|(_, change)| !matches!(change, Change::Stage(s) if s == stage))
                    .collect();
                let at = changes.last().map_or(Duration::ZERO, |(at, _)| *at);
                changes.push((at, Change::Stage(stage.clone())));
                changes.push((
                    self.over,
                    Change::RollBack {
                        reason: format!(
                            "Service deployment rolled back because {stage} lifecycle hook(s) \
                             failed. {reason}"
                        ),
                        over: self.rolling_back,
                    },
                ));
                changes
            }
            Recipe::Superseded => {
                let mut changes = self.starting(scene, 0..scene.desired);
                changes.retain(|(at, _)| *at < self.part(0.5));
                changes.push((self.part(0.5), Change::ForeignDeployment));
                changes
            }
        };
        changes.extend(self.extra.iter().cloned());
        // A stable sort: of two changes at the same moment, the one written first happens first.
        changes.sort_by_key(|(at, _)| *at);
        changes
    }

    /// A fraction of the recipe's duration.
    fn part(&self, fraction: f64) -> Duration {
        self.over.mul_f64(fraction)
    }

    fn healthy_line(&self, scene: &Scene) -> Vec<(Duration, Change)> {
        if scene.strategy != Strategy::Rolling {
            return self.staged(scene);
        }
        let mut changes = self.starting(scene, 0..scene.desired);
        if scene.desired > 0 {
            changes.push((self.part(0.7), Change::Healthy(0..scene.desired)));
        }
        if scene.old {
            changes.push((self.part(0.9), Change::DrainOld));
        }
        changes.push((self.over, Change::Succeed));
        let drained = if scene.old {
            self.over + self.draining
        } else {
            self.over
        };
        changes.push((drained, Change::StopOld));
        changes.push((drained, Change::Complete));
        changes
    }

    /// From the call to RUNNING.
    fn starting(&self, scene: &Scene, tasks: std::ops::Range<usize>) -> Vec<(Duration, Change)> {
        let mut changes = vec![(self.part(0.05), Change::Begin)];
        if scene.desired > 0 {
            changes.push((self.part(0.1), Change::Place(tasks.len())));
            changes.push((self.part(0.2), Change::Pull(tasks.clone())));
            changes.push((self.part(0.4), Change::Run(tasks.clone())));
            if !self.logs.is_empty() {
                let lines = self.logs.clone();
                changes.push((self.part(0.45), Change::Log { tasks, lines }));
            }
        }
        changes
    }

    /// Generation after generation starts and stops until the attempts are used up (then one
    /// lives) or the breaker ends it.
    fn failing(
        &self,
        scene: &Scene,
        end: impl Fn(&Self) -> (bool, Stop),
    ) -> Vec<(Duration, Change)> {
        let desired = scene.desired;
        let (runs, stop) = end(self);
        let unhealthy = stop.reason == "Task failed container health checks";
        let mut changes = vec![(self.part(0.05), Change::Begin)];
        for (start, generation) in generations(self.over).take(self.attempts.min(GENERATIONS)) {
            let at = |fraction: f64| start + self.part(fraction);
            let tasks = generation * desired..(generation + 1) * desired;
            changes.push((at(0.1), Change::Place(desired)));
            changes.push((at(0.2), Change::Pull(tasks.clone())));
            if runs {
                changes.push((at(0.4), Change::Run(tasks.clone())));
            }
            if runs && !self.logs.is_empty() {
                let lines = self.logs.clone();
                let tasks = tasks.clone();
                changes.push((at(0.5), Change::Log { tasks, lines }));
            }
            if unhealthy {
                changes.push((at(0.6), Change::FailContainerHealth(tasks.clone())));
            }
            let stop = stop.clone();
            if !runs {
                let event = format!("was unable to place a task. Reason: {}.", stop.reason);
                changes.push((at(0.7), Change::Event(event)));
            }
            changes.push((at(0.7), Change::Stop { tasks, stop }));
            changes.push((at(0.7), Change::Fail(desired as u64)));
            if generation >= 2 {
                changes.push((
                    at(0.75),
                    Change::Event(
                        "is unable to consistently start tasks successfully. For more \
                         information, see the Troubleshooting section of the Amazon ECS \
                         Developer Guide."
                            .into(),
                    ),
                ));
            }
        }
        changes.extend(self.recovery(scene));
        changes
    }

    fn unhealthy(&self, scene: &Scene, reason: &str, description: &str) -> Vec<(Duration, Change)> {
        let desired = scene.desired;
        let group = scene.target_group.as_deref().unwrap_or("none");
        let mut changes = vec![(self.part(0.05), Change::Begin)];
        for (start, generation) in generations(self.over).take(self.attempts.min(GENERATIONS)) {
            let at = |fraction: f64| start + self.part(fraction);
            let tasks = generation * desired..(generation + 1) * desired;
            changes.push((at(0.1), Change::Place(desired)));
            changes.push((at(0.2), Change::Pull(tasks.clone())));
            changes.push((at(0.3), Change::Run(tasks.clone())));
            changes.push((
                at(0.6),
                Change::Target {
                    tasks: tasks.clone(),
                    state: "unhealthy".into(),
                    reason: Some(reason.into()),
                    description: Some(description.into()),
                },
            ));
            changes.push((
                at(0.9),
                Change::Stop {
                    tasks,
                    stop: Stop::by_scheduler(&format!(
                        "Task failed ELB health checks in (target-group {group})"
                    )),
                },
            ));
            changes.push((at(0.9), Change::Fail(desired as u64)));
        }
        changes.extend(self.recovery(scene));
        changes
    }

    /// The generation that lives, after a limited number of failing ones.
    fn recovery(&self, scene: &Scene) -> Vec<(Duration, Change)> {
        if self.attempts >= GENERATIONS {
            return Vec::new();
        }
        let start = generations(self.over)
            .nth(self.attempts)
            .map_or(Duration::ZERO, |(at, _)| at);
        let first = self.attempts * scene.desired;
        let shift = |(at, change): (Duration, Change)| {
            let move_by = |tasks: std::ops::Range<usize>| tasks.start + first..tasks.end + first;
            let change = match change {
                Change::Pull(tasks) => Change::Pull(move_by(tasks)),
                Change::Run(tasks) => Change::Run(move_by(tasks)),
                Change::Healthy(tasks) => Change::Healthy(move_by(tasks)),
                Change::Log { tasks, lines } => Change::Log {
                    tasks: move_by(tasks),
                    lines,
                },
                other => other,
            };
            (at + start, change)
        };
        let mut changes: Vec<_> = self
            .healthy_line(scene)
            .into_iter()
            .filter(|(_, change)| !matches!(change, Change::Begin))
            .map(shift)
            .collect();
        changes.push((start + self.part(0.7), Change::ResetFailures));
        changes
    }

    /// The lifecycle stages of blue/green, linear and canary, with their pauses.
    fn staged(&self, scene: &Scene) -> Vec<(Duration, Change)> {
        let tasks = 0..scene.desired;
        let mut changes = vec![(self.part(0.02), Change::Begin)];
        let traffic = |production: f64, test: f64| Change::Traffic { production, test };
        let mut shifting = vec![Change::Stage("PRODUCTION_TRAFFIC_SHIFT".into())];
        match scene.strategy {
            Strategy::Linear(step) => {
                let steps = (100.0 / step.max(1.0)).ceil() as u32;
                shifting
                    .extend((1..=steps).map(|n| traffic((f64::from(n) * step).min(100.0), 100.0)));
            }
            Strategy::Canary(percent) => {
                shifting.push(traffic(percent, 100.0));
                shifting.push(traffic(100.0, 100.0));
            }
            Strategy::Rolling | Strategy::BlueGreen => shifting.push(traffic(100.0, 100.0)),
        }
        let stages: [(&str, f64, Vec<Change>); 9] = [
            ("PRE_SCALE_UP", 0.04, vec![traffic(0.0, 0.0)]),
            (
                "SCALE_UP",
                0.08,
                vec![
                    Change::Place(scene.desired),
                    Change::Pull(tasks.clone()),
                    Change::Run(tasks.clone()),
                    Change::Healthy(tasks),
                ],
            ),
            ("POST_SCALE_UP", 0.3, Vec::new()),
            ("TEST_TRAFFIC_SHIFT", 0.4, vec![traffic(0.0, 100.0)]),
            ("POST_TEST_TRAFFIC_SHIFT", 0.5, Vec::new()),
            ("PRODUCTION_TRAFFIC_SHIFT", 0.6, shifting),
            ("POST_PRODUCTION_TRAFFIC_SHIFT", 0.7, Vec::new()),
            ("BAKE_TIME", 0.8, Vec::new()),
            ("CLEAN_UP", 0.9, vec![Change::DrainOld, Change::StopOld]),
        ];
        for (stage, fraction, inner) in stages {
            changes.push((self.part(fraction), Change::Stage(stage.into())));
            let width = self.part(0.09) / (inner.len() as u32 + 1);
            for (index, change) in inner.into_iter().enumerate() {
                if !matches!(change, Change::Stage(_)) {
                    changes.push((self.part(fraction) + width * (index as u32 + 1), change));
                }
            }
            if !self.unpaused
                && let Some((_, timeout, then_rollback)) =
                    scene.pauses.iter().find(|(paused, ..)| paused == stage)
            {
                changes.push((
                    self.part(fraction + 0.09),
                    Change::Pause {
                        stage: stage.into(),
                        timeout: *timeout,
                        then_rollback: *then_rollback,
                    },
                ));
            }
        }
        changes.push((self.over, Change::Succeed));
        changes.push((self.over, Change::Complete));
        changes
    }
}

/// When the generations start: each lasts as long as the recipe, with pauses that grow to fifteen minutes
/// after the tenth, like those of ECS.
fn generations(over: Duration) -> impl Iterator<Item = (Duration, usize)> {
    let mut start = Duration::ZERO;
    (0..).map(move |generation| {
        let this = start;
        let wait = match generation {
            0..10 => Duration::ZERO,
            _ => (over * (generation as u32 - 9)).min(Duration::from_secs(900)),
        };
        start += over + wait;
        (this, generation)
    })
}
