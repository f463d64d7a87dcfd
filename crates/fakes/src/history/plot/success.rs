//! A deployment that succeeds: all tasks healthy, all stages completed.

use super::super::draft::Draft;
use super::super::fate::Fate;
use super::super::line::Ms;
use super::super::{BEFORE, End, OURS, Strategy};

impl Draft {
    /// The first moment from which on as many tasks are healthy as are desired, for a while.
    pub(super) fn all_healthy(&self, from: Ms) -> Ms {
        let history = &self.history;
        let mut moments: Vec<Ms> = history
            .our_tasks()
            .flat_map(|t| t.moments().collect::<Vec<_>>())
            .chain(history.desired.changes().map(|(at, _)| at))
            .chain([from])
            .filter(|at| *at >= from)
            .collect();
        moments.sort_unstable();
        let enough = |at: Ms| {
            let healthy = history
                .our_tasks()
                .filter(|t| t.is_healthy_at(at, history.has_container_check, history.has_targets))
                .count();
            healthy as u32 >= *history.desired.at(at)
        };
        let found = moments
            .iter()
            .copied()
            .find(|at| enough(*at) && enough(*at + 1_000));
        found.unwrap_or_else(|| moments.last().copied().unwrap_or(from))
    }

    /// Everything up to SUCCESSFUL. Returns when that is, and when the old tasks are gone.
    pub(super) fn succeed(&mut self, begun: Ms) -> (Ms, Ms) {
        self.start_tasks(begun);
        let rolling = self.history.strategy == Strategy::Rolling;
        let settled = self.all_healthy(begun);
        // ECS may be done before the load balancer is (aws/aws-cli#9487).
        let early = rolling && self.chance(12);
        let scaled_up = if early {
            let running = self.history.our_tasks().filter_map(|t| t.running).max();
            running.unwrap_or(begun).min(settled)
        } else {
            settled
        };
        let shifted = if rolling {
            scaled_up
        } else {
            self.stages(begun, scaled_up)
        };
        let done = shifted + self.ms(200..6_000);
        let ours = self.ours();
        ours.status.set(done, "SUCCESSFUL");
        if ours.breaker.at(done) == &"MONITORING" {
            ours.breaker.set(done, "MONITORING_COMPLETE");
        }
        let drained = done + self.ms(0..40_000);
        self.rollout(OURS, drained, "COMPLETED");
        self.event(
            drained,
            format!("(deployment ecs-svc/{OURS}) deployment completed."),
        );
        if let Some(row) = self.classic(BEFORE) {
            row.status.set(drained, None);
        }
        self.take_away(BEFORE, scaled_up, (done - scaled_up).max(1));
        if self.chance(12) {
            self.one_dies_after(done);
        }
        self.history.end = End::Successful(done);
        (done, drained)
    }

    /// After ECS's decision one task dies and is replaced.
    pub(super) fn one_dies_after(&mut self, done: Ms) {
        let alive: Vec<usize> = (0..self.history.tasks.len())
            .filter(|i| {
                let task = &self.history.tasks[*i];
                task.deployment == OURS && task.runs_at(done)
            })
            .collect();
        if alive.is_empty() {
            return;
        }
        let index = alive[self.rng.usize(0..alive.len())];
        let at = done + self.ms(0..30_000);
        let definition = self.our_definition();
        self.surplus(index, at);
        if let Some(stop) = &mut self.history.tasks[index].stop {
            stop.code = "EssentialContainerExited";
            stop.reason = "Essential container in task exited".to_owned();
            stop.exit = Some(1);
            stop.is_failure = true;
        }
        let again = at + self.ms(500..10_000);
        self.task(OURS, definition, again, Fate::Good);
    }

    /// The stages of a deployment that shifts traffic; returns when the last is done.
    pub(super) fn stages(&mut self, begun: Ms, scaled_up: Ms) -> Ms {
        const AFTER: [&str; 6] = [
            "POST_SCALE_UP",
            "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT",
            "PRODUCTION_TRAFFIC_SHIFT",
            "POST_PRODUCTION_TRAFFIC_SHIFT",
            "BAKE_TIME",
        ];
        let (bake, step) = (self.history.bake_minutes, self.history.step_minutes);
        let steps = match self.history.strategy {
            Strategy::Canary => 1,
            Strategy::Linear => 2,
            Strategy::Rolling | Strategy::BlueGreen => 0,
        };
        let scaling = begun + self.ms(50..4_000);
        let pause_at = self.chance(20).then(|| AFTER[self.rng.usize(0..5)]);
        let mut lengths: Vec<Ms> = AFTER.iter().map(|_| self.ms(50..9_000)).collect();
        lengths[3] += steps * step * 60_000;
        lengths[5] += bake * 60_000;
        let pause = self.ms(1_000..60_000);
        let cleaning = self.ms(200..8_000);
        let ours = self.ours();
        ours.stage
            .set(begun, Some("PRE_SCALE_UP"))
            .set(scaling, Some("SCALE_UP"));
        let mut at = scaled_up.max(scaling + 1);
        for (stage, length) in AFTER.into_iter().zip(lengths) {
            ours.stage.set(at, Some(stage));
            at += length;
            if pause_at == Some(stage) {
                ours.paused.set(at, true).set(at + pause, false);
                at += pause;
            }
        }
        ours.stage.set(at, Some("CLEAN_UP"));
        at + cleaning
    }
}
