//! What happens in a history: one plot is drawn, and chance fills it in.

use super::draft::{Draft, Fate, reason, service_deployment};
use super::line::{Line, Ms};
use super::{BEFORE, End, History, OURS, Strategy};

/// The number of the revision after ours.
const NEXT: u64 = 7_000_000_000_000_000_003;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    Success,
    SuccessThenNext,
    Rollback,
    Failure,
    FailureThenNext,
    Superseded,
    /// The deployment before ours is deployed again: its classic id comes back.
    Reverted,
    StoppedByHand,
    Deleted,
    Stuck,
}

pub(super) fn write(seed: u64) -> History {
    let mut draft = Draft::new(seed);
    let plot = match draft.rng.u32(0..100) {
        0..38 => Plot::Success,
        38..46 => Plot::SuccessThenNext,
        46..64 => Plot::Rollback,
        64..70 => Plot::Failure,
        70..74 => Plot::FailureThenNext,
        74..83 => Plot::Superseded,
        83..88 => Plot::Reverted,
        88..90 => Plot::StoppedByHand,
        90..93 => Plot::Deleted,
        _ => Plot::Stuck,
    };
    draft.write(plot);
    draft.history
}

impl Draft {
    fn write(&mut self, plot: Plot) {
        if plot == Plot::Reverted {
            self.history.is_first = false;
        }
        if matches!(plot, Plot::Rollback | Plot::Failure | Plot::FailureThenNext)
            && *self.history.desired.at(0) == 0
        {
            // With nothing to run, nothing fails.
            self.history.desired = Line::new(2);
        }
        self.configure(plot);
        self.before();
        let begun = self.write_ours();
        match plot {
            Plot::Success | Plot::SuccessThenNext => {
                let (done, drained) = self.succeed(begun);
                if plot == Plot::SuccessThenNext {
                    let early = self.chance(40);
                    let from = if early { done } else { drained };
                    let at = from + self.ms(200..40_000);
                    self.next(at, NEXT, 3);
                }
            }
            Plot::Rollback => self.roll_back(begun),
            Plot::Failure | Plot::FailureThenNext => {
                let failed = self.fail(begun);
                if plot == Plot::FailureThenNext {
                    let at = failed + self.ms(8_000..90_000);
                    self.history.followed_at = Some(at);
                    self.next(at, NEXT, 3);
                }
            }
            Plot::Superseded => {
                let at = self.some_way(begun);
                // By a new revision, or by the old task definition under a new id.
                let definition = if self.chance(30) { 1 } else { 3 };
                self.replace(at, NEXT, definition);
            }
            Plot::Reverted => {
                let at = self.some_way(begun);
                self.replace(at, BEFORE, 1);
            }
            Plot::StoppedByHand => {
                let at = self.some_way(begun);
                let stopped = at + self.ms(100..3_000);
                let ours = self.ours();
                ours.status
                    .set(at, "STOP_REQUESTED")
                    .set(stopped, "STOPPED");
                self.history.end = End::Stopped(at);
            }
            Plot::Deleted => {
                let at = self.some_way(begun);
                self.history.gone.set(at, true);
                self.take_away(OURS, at, 5_000);
                self.take_away(BEFORE, at, 5_000);
                self.history.end = End::Deleted(at);
            }
            Plot::Stuck => self.stick(begun),
        }
    }

    /// Breaker, alarms, bake times: whatever this plot allows.
    fn configure(&mut self, plot: Plot) {
        let rolling = self.history.strategy == Strategy::Rolling;
        let (breaker, alarms, rolls_back) = match plot {
            // The alarm of a rolling deployment, or a person, needs no breaker.
            Plot::Rollback => (self.chance(70), self.chance(20), true),
            Plot::Failure | Plot::FailureThenNext => {
                let back = self.history.is_first && self.chance(50);
                (true, self.chance(30), back)
            }
            Plot::Stuck => (false, false, false),
            _ => (self.chance(60), self.chance(20), self.chance(60)),
        };
        self.history.breaker = breaker;
        self.history.alarms = alarms;
        self.history.rolls_back = rolls_back && (breaker || alarms);
        if !rolling {
            self.history.bake_minutes = self.ms(0..2);
            self.history.step_minutes = self.ms(0..2);
        }
        if self.chance(20) {
            let at = self.ms(1_000..90_000);
            let count = self.rng.u32(0..7);
            let zero = *self.history.desired.at(0) == 0 || count == 0;
            if !zero {
                self.history.desired.set(at, count);
            }
        }
    }

    /// Starts the tasks that are asked for; some fail first and are replaced.
    fn start_tasks(&mut self, begun: Ms) {
        let definition = self.our_definition();
        let first = *self.history.desired.at(begun);
        let change = self
            .history
            .desired
            .changes()
            .map(|(at, n)| (at, *n))
            .find(|(at, _)| *at > begun);
        let mut slots: Vec<Ms> = (0..first).map(|_| begun + self.ms(200..15_000)).collect();
        if let Some((at, count)) = change {
            for _ in first..count {
                slots.push(at + self.ms(200..5_000));
            }
        }
        let mut last_of_slot = Vec::new();
        for start in slots {
            let mut at = start;
            while self.chance(18) {
                let fate = [Fate::Crash, Fate::NoStart, Fate::FailsHealth][self.rng.usize(0..3)];
                let index = self.task(OURS, definition, at, fate);
                let stopped = self.history.tasks[index].last_change();
                at = stopped + self.ms(500..15_000);
            }
            let fate = if self.chance(15) {
                Fate::Flapping
            } else {
                Fate::Good
            };
            last_of_slot.push(self.task(OURS, definition, at, fate));
        }
        if let Some((at, count)) = change {
            let surplus = last_of_slot.len().saturating_sub(count as usize);
            for index in last_of_slot.into_iter().rev().take(surplus) {
                let asked = at + self.ms(0..3_000);
                self.surplus(index, asked);
            }
        }
    }

    /// The first moment from which on as many tasks are healthy as are desired, for a while.
    fn all_healthy(&self, from: Ms) -> Ms {
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
    fn succeed(&mut self, begun: Ms) -> (Ms, Ms) {
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

    /// Later than ECS's decision one task dies, and is replaced.
    fn one_dies_after(&mut self, done: Ms) {
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
    fn stages(&mut self, begun: Ms, scaled_up: Ms) -> Ms {
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

    /// Tasks of ours that fail, one after the other, until enough have.
    fn fail_tasks(&mut self, begun: Ms) -> Ms {
        let definition = self.our_definition();
        let fate = [Fate::Crash, Fate::NoStart, Fate::FailsHealth][self.rng.usize(0..3)];
        let mut at = begun + self.ms(200..5_000);
        let mut last = at;
        for _ in 0..self.rng.u32(2..5) {
            let index = self.task(OURS, definition, at, fate);
            last = self.history.tasks[index].last_change();
            at = last + self.ms(200..12_000);
        }
        if self.chance(30) {
            // One that lives makes no difference.
            let early = begun + self.ms(200..5_000);
            self.task(OURS, definition, early, Fate::Good);
        }
        last
    }

    fn roll_back(&mut self, begun: Ms) {
        let by_person = !self.history.rolls_back || self.chance(20);
        let rolling = self.history.strategy == Strategy::Rolling;
        let failed =
            if self.chance(75) || (self.history.breaker && !self.history.alarms && !by_person) {
                self.fail_tasks(begun)
            } else {
                self.start_tasks(begun);
                self.some_way(begun)
            };
        if !rolling {
            let scaling = begun + self.ms(50..3_000);
            let ours = self.ours();
            ours.stage
                .set(begun, Some("PRE_SCALE_UP"))
                .set(scaling, Some("SCALE_UP"));
        }
        let at = failed + self.ms(100..3_000);
        let moving = at + self.ms(20..2_500);
        let over = moving + self.ms(500..70_000);
        let works = !self.history.is_first && !self.chance(6);
        let alarm = self.history.alarms && !by_person;
        let breaker = self.history.breaker && !alarm && !by_person;
        let words = if alarm {
            "Service deployment rolled back because of CloudWatch alarm(s)."
        } else if breaker {
            "Service deployment rolled back because the circuit breaker threshold was exceeded."
        } else {
            "Service deployment rolled back by a request."
        };
        let triggered = at - self.ms(0..600);
        let is_first = self.history.is_first;
        let ours = self.ours();
        ours.status
            .set(at, "ROLLBACK_REQUESTED")
            .set(moving, "ROLLBACK_IN_PROGRESS")
            .set(
                over,
                if works {
                    "ROLLBACK_SUCCESSFUL"
                } else {
                    "ROLLBACK_FAILED"
                },
            );
        ours.reason.set(at, Some(words.to_owned()));
        if breaker {
            ours.breaker.set(triggered, "TRIGGERED");
        }
        if alarm {
            ours.alarm.set(triggered, true);
        }
        if is_first {
            let none = "No rollback candidate was found to run the rollback.";
            ours.reason.set(over, Some(none.to_owned()));
        } else {
            ours.rollback.set(at, Some(BEFORE));
        }
        let why = if alarm {
            "alarm detected."
        } else {
            "tasks failed to start."
        };
        self.rollout(OURS, at, "FAILED");
        self.event(
            at,
            format!("(deployment ecs-svc/{OURS}) deployment failed: {why}"),
        );
        if is_first {
            self.history.end = End::Failed(at);
            return;
        }
        self.event(
            at + 1,
            format!("rolling back to deployment ecs-svc/{BEFORE}."),
        );
        let gone = over + self.ms(0..5_000);
        if let Some(row) = self.classic(OURS) {
            row.status.set(at, Some("ACTIVE")).set(gone, None);
        }
        let words = format!(
            "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{BEFORE}."
        );
        self.again(BEFORE, at, &words);
        if works {
            self.rollout(BEFORE, over, "COMPLETED");
            self.event(
                over,
                format!("(deployment ecs-svc/{BEFORE}) deployment completed."),
            );
        }
        self.take_away(OURS, at, (over - at).max(1));
        self.history.end = End::RolledBack {
            begun: at,
            over,
            worked: works,
        };
    }

    /// The breaker or an alarm ends it, and nothing rolls back. Returns when.
    fn fail(&mut self, begun: Ms) -> Ms {
        let failed = self.fail_tasks(begun);
        if self.history.rolls_back {
            // Configured, but it is the first deployment.
            self.roll_back_first(failed);
            return failed + 3_000;
        }
        let at = failed + self.ms(100..3_000);
        let requested = at + self.ms(20..2_000);
        let stopped = requested + self.ms(20..2_000);
        let alarm = self.history.alarms && self.chance(50);
        let ours = self.ours();
        if alarm {
            ours.alarm.set(at, true);
        } else {
            ours.breaker.set(at, "TRIGGERED");
        }
        ours.status
            .set(requested, "STOP_REQUESTED")
            .set(stopped, "STOPPED");
        let why = if alarm {
            "alarm detected."
        } else {
            "tasks failed to start."
        };
        self.rollout(OURS, at, "FAILED");
        if alarm && let Some(row) = self.classic(OURS) {
            row.reason
                .set(at, "ECS deployment failed: alarm detected.".to_owned());
        }
        self.event(
            at,
            format!("(deployment ecs-svc/{OURS}) deployment failed: {why}"),
        );
        self.history.end = End::Failed(at);
        stopped
    }

    fn roll_back_first(&mut self, failed: Ms) {
        let at = failed + self.ms(100..2_000);
        let over = at + self.ms(100..5_000);
        let ours = self.ours();
        ours.breaker.set(at, "TRIGGERED");
        ours.status
            .set(at, "ROLLBACK_REQUESTED")
            .set(over, "ROLLBACK_FAILED");
        let none = "No rollback candidate was found to run the rollback.";
        ours.reason.set(over, Some(none.to_owned()));
        self.rollout(OURS, at, "FAILED");
        self.event(
            at,
            format!("(deployment ecs-svc/{OURS}) deployment failed: tasks failed to start."),
        );
        self.history.end = End::Failed(at);
    }

    /// Some way into the deployment, before its end.
    fn some_way(&mut self, begun: Ms) -> Ms {
        if self.history.our_tasks().next().is_none() {
            if self.chance(30) {
                self.fail_tasks(begun);
            } else {
                self.start_tasks(begun);
            }
        }
        let settled = self.all_healthy(begun);
        if self.history.strategy != Strategy::Rolling {
            let scaling = begun + self.ms(50..3_000);
            let ours = self.ours();
            ours.stage
                .set(begun, Some("PRE_SCALE_UP"))
                .set(scaling, Some("SCALE_UP"));
            if self.chance(50) {
                let at = settled.max(scaling + 1);
                self.ours().stage.set(at, Some("POST_SCALE_UP"));
            }
        }
        begun + self.ms(500..(settled - begun + 4_000).max(1_000))
    }

    /// Another deployment takes our place before ours is done.
    fn replace(&mut self, at: Ms, number: u64, definition: u32) {
        let stopping = at + self.ms(20..800);
        let stopped = stopping + self.ms(0..700);
        let ours = self.ours();
        ours.status
            .set(stopping, "STOP_REQUESTED")
            .set(stopped, "STOPPED");
        self.history.end = End::Superseded(stopping);
        self.next(at, number, definition);
    }

    /// Another deployment begins at `at`, and has a fate of its own.
    fn next(&mut self, at: Ms, number: u64, definition: u32) {
        let succeeded = matches!(self.history.end, End::Successful(_));
        // ECS goes back to the last deployment that was completed.
        let back_to = if succeeded { OURS } else { BEFORE };
        let desired = *self.history.desired.at(at);
        let begun = at + self.ms(50..2_000);
        let done = begun + self.ms(3_000..90_000);
        let gone = done + self.ms(0..20_000);
        let can_fail = number == NEXT && (succeeded || !self.history.is_first);
        let fails = can_fail && self.chance(25);
        let mut next = service_deployment("next", number, at, "PENDING");
        next.status.set(begun, "IN_PROGRESS");
        next.sources = vec![OURS];
        next.requested = Line::new(desired);
        next.status.set(
            done,
            if fails {
                "ROLLBACK_IN_PROGRESS"
            } else {
                "SUCCESSFUL"
            },
        );
        if fails {
            next.status.set(done + 9_000, "ROLLBACK_SUCCESSFUL");
        }
        self.history.deployments.push(next);

        // What ours was still to become, it does not become.
        self.history.events.retain(|(when, _)| *when < at);
        if let Some(row) = self.classic(OURS) {
            row.rollout.cut(at);
            row.reason.cut(at);
            row.status.set(at, Some("ACTIVE"));
        }
        if let Some(row) = self.classic(BEFORE)
            && row.status.at(at).is_some()
        {
            row.status.set(at, Some("ACTIVE"));
        }
        if number == NEXT {
            self.row(number, definition, at, "IN_PROGRESS");
            for _ in 0..desired {
                let start = begun + self.ms(100..9_000);
                self.task(
                    number,
                    definition,
                    start,
                    if fails { Fate::Crash } else { Fate::Good },
                );
            }
        } else {
            self.again(number, at, &reason(number, "IN_PROGRESS"));
        }
        if fails {
            self.event(
                done,
                format!("(deployment ecs-svc/{number}) deployment failed: tasks failed to start."),
            );
            self.event(
                done + 1,
                format!("rolling back to deployment ecs-svc/{back_to}."),
            );
            let words = format!(
                "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{back_to}."
            );
            self.again(back_to, done, &words);
            self.rollout(number, done, "FAILED");
            self.rollout(back_to, done + 9_000, "COMPLETED");
            if let Some(row) = self.classic(number) {
                row.status.set(done, Some("ACTIVE")).set(done + 9_000, None);
            }
        } else {
            self.rollout(number, done, "COMPLETED");
            self.event(
                done,
                format!("(deployment ecs-svc/{number}) deployment completed."),
            );
        }
        let survivor = if fails { back_to } else { number };
        for other in [BEFORE, OURS]
            .into_iter()
            .filter(|other| *other != survivor)
        {
            // After our success the new tasks have to be there before ours go.
            let from = if succeeded { begun + 3_000 } else { at };
            self.take_away(other, from, (done - from).max(1));
            if let Some(row) = self.classic(other)
                && row.status.at(gone).is_some()
            {
                row.status.set(gone, None);
            }
        }
    }

    /// A classic deployment of before is PRIMARY again, under its own id.
    fn again(&mut self, number: u64, at: Ms, words: &str) {
        if let Some(row) = self.classic(number) {
            row.status.set(at, Some("PRIMARY"));
            row.created.set(at, at);
            row.rollout.set(at, "IN_PROGRESS");
            row.reason.set(at, words.to_owned());
        }
    }

    /// It goes on and on.
    fn stick(&mut self, begun: Ms) {
        let definition = self.our_definition();
        if self.history.strategy != Strategy::Rolling {
            let ours = self.ours();
            ours.stage.set(begun, Some("SCALE_UP"));
        }
        let desired = *self.history.desired.at(0);
        let fate = [
            Fate::Crash,
            Fate::NoStart,
            Fate::FailsHealth,
            Fate::NeverHealthy,
        ][self.rng.usize(0..4)];
        for _ in 0..desired {
            let mut at = begun + self.ms(200..8_000);
            for _ in 0..6 {
                let index = self.task(OURS, definition, at, fate);
                if fate == Fate::NeverHealthy {
                    break;
                }
                at = self.history.tasks[index].last_change() + self.ms(1_000..20_000);
            }
        }
        self.history.end = End::Stuck;
    }
}
