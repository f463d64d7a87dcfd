//! The course of a history: one plot is drawn, and random choices fill it in.

mod failing;
mod next;
mod success;

use fastrand::Rng;

use super::draft::Draft;
use super::fate::Fate;
use super::line::{Line, Ms};
use super::picture::DRAINING;
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
    // Drawn apart, so that all other choices of a seed stay as they are.
    draft.rng = Rng::with_seed(seed ^ 0xB21D_6E00);
    draft.vary();
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
        if !self.history.is_first && self.chance(12) {
            self.earlier_life();
        }
        let begun = self.write_ours();
        match plot {
            Plot::Success | Plot::SuccessThenNext => {
                let (done, drained) = self.succeed(begun);
                if plot == Plot::Success && self.chance(20) {
                    self.churn(done);
                }
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
                    self.next(at, NEXT, 3);
                }
            }
            Plot::Superseded => {
                let created = self.ours().created;
                let at = if self.chance(10) {
                    self.ms(created + 10..begun)
                } else {
                    self.some_way(begun)
                };
                // By a new revision, or by the old task definition under a new id.
                let definition = if self.chance(30) { 1 } else { 3 };
                self.replace(at, NEXT, definition);
                if self.chance(15) {
                    self.return_to_ours();
                }
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
                if self.chance(40) {
                    let next = stopped + self.ms(3_000..60_000);
                    self.next(next, NEXT, 3);
                }
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

    /// Bridge mode, and a second service under the name of the deleted one.
    fn vary(&mut self) {
        let rolling = self.history.strategy == Strategy::Rolling;
        self.history.is_bridged = rolling && self.history.has_targets && self.chance(15);
        if let End::Deleted(at) = self.history.end
            && self.chance(50)
        {
            self.history.recreated = Some(at + DRAINING + self.ms(500..60_000));
        }
    }

    /// Breaker, alarms and bake times that this plot allows.
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
        if !self.history.is_first && self.chance(8) {
            // The write changes how the service is deployed; a late look shows it as it was.
            self.history.strategy_before = if rolling {
                Strategy::BlueGreen
            } else {
                Strategy::Rolling
            };
            if self.chance(25) {
                self.history.controller_before = "CODE_DEPLOY";
            }
        }
        // With desired count 0 nothing runs that could fail.
        let may_be_none = !matches!(plot, Plot::Rollback | Plot::Failure | Plot::FailureThenNext);
        let mut at = 0;
        while self.chance(25) {
            at += self.ms(1_000..60_000);
            let count = self.rng.u32(0..7);
            if may_be_none || count > 0 {
                self.history.desired.set(at, count);
            }
        }
    }

    /// Starts the desired tasks; some fail first and are replaced.
    fn start_tasks(&mut self, begun: Ms) {
        let definition = self.our_definition();
        let mut slots = Vec::new();
        for _ in 0..*self.history.desired.at(begun) {
            let start = begun + self.ms(200..15_000);
            slots.push(self.occupy(definition, start));
        }
        let changes: Vec<(Ms, u32)> = self
            .history
            .desired
            .changes()
            .map(|(at, n)| (at, *n))
            .filter(|(at, _)| *at > begun)
            .collect();
        for (at, count) in changes {
            while slots.len() < count as usize {
                let start = at + self.ms(200..5_000);
                slots.push(self.occupy(definition, start));
            }
            for index in slots.drain(count as usize..).rev() {
                let asked = at + self.ms(0..3_000);
                self.surplus(index, asked);
            }
        }
    }

    /// One of the desired tasks, after those that it replaces. Returns the last.
    fn occupy(&mut self, definition: u32, start: Ms) -> usize {
        let mut at = start;
        while self.chance(20) {
            let fates = [Fate::Crash, Fate::NoStart, Fate::FailsHealth, Fate::Taken];
            let fate = fates[self.rng.usize(0..4)];
            let index = self.task(OURS, definition, at, fate);
            let stopped = self.history.tasks[index].last_change();
            at = stopped + self.ms(500..15_000);
        }
        let fate = if self.chance(15) {
            Fate::Flapping
        } else {
            Fate::Good
        };
        let index = self.task(OURS, definition, at, fate);
        // Availability-zone rebalancing starts tasks outside of any deployment.
        self.history.tasks[index].is_anonymous = definition == 2 && self.chance(10);
        index
    }

    /// Tasks are replaced one after the other, for no fault of their own.
    fn churn(&mut self, done: Ms) {
        let definition = self.our_definition();
        let tasks = self.history.tasks.iter().enumerate();
        let running = tasks.filter(|(_, t)| t.deployment == OURS && t.runs_at(done));
        let mut slots: Vec<usize> = running.map(|(index, _)| index).collect();
        if slots.is_empty() {
            return;
        }
        let mut at = done;
        for _ in 0..self.rng.usize(2..12) {
            at += self.ms(500..10_000);
            let slot = self.rng.usize(0..slots.len());
            self.surplus(slots[slot], at);
            let start = at + self.ms(200..4_000);
            slots[slot] = self.task(OURS, definition, start, Fate::Good);
        }
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

    /// It never ends.
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
