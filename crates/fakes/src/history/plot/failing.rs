//! A deployment that fails: it is rolled back or stays as it is.

use super::super::draft::Draft;
use super::super::fate::Fate;
use super::super::line::Ms;
use super::super::{BEFORE, End, OURS, Strategy};

impl Draft {
    /// Tasks of ours that fail, one after the other, until enough have.
    pub(super) fn fail_tasks(&mut self, begun: Ms) -> Ms {
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

    pub(super) fn roll_back(&mut self, begun: Ms) {
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
    pub(super) fn fail(&mut self, begun: Ms) -> Ms {
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

    pub(super) fn roll_back_first(&mut self, failed: Ms) {
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
}
