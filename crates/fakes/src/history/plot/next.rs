//! The deployment after ours, and its effect on ours.

use super::super::draft::{Draft, reason, service_deployment};
use super::super::fate::Fate;
use super::super::line::{Line, Ms};
use super::super::{BEFORE, End, OURS};
use super::NEXT;

impl Draft {
    /// Another deployment supersedes ours before ours is completed.
    pub(super) fn replace(&mut self, at: Ms, number: u64, definition: u32) {
        let stopping = at + self.ms(20..800);
        let stopped = stopping + self.ms(0..700);
        let ours = self.ours();
        ours.status
            .set(stopping, "STOP_REQUESTED")
            .set(stopped, "STOPPED");
        self.history.end = End::Superseded(stopping);
        self.next(at, number, definition);
    }

    /// Another deployment begins at `at`, with its own outcome.
    pub(super) fn next(&mut self, at: Ms, number: u64, definition: u32) {
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

        // The rest of our deployment's course is dropped.
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

    /// The successor rolls back to our revision: a new service deployment with our number.
    pub(super) fn return_to_ours(&mut self) {
        let next = self.history.deployments.iter().find(|d| d.id == "next");
        let Some(done) = next.map(|next| next.status.last_change()) else {
            return;
        };
        let at = done + 25_000 + self.ms(0..60_000);
        let over = at + self.ms(20_000..60_000);
        let mut again = service_deployment("again", OURS, at, "IN_PROGRESS");
        again.status.set(over, "SUCCESSFUL");
        again.requested = Line::new(*self.history.desired.at(at));
        self.history.deployments.push(again);
        if let Some(row) = self.classic(NEXT) {
            row.status.set(at, Some("ACTIVE")).set(over, None);
        }
        if let Some(row) = self.classic(BEFORE) {
            row.status.set(at, None);
        }
        self.again(OURS, at, &reason(OURS, "IN_PROGRESS"));
        self.rollout(OURS, over, "COMPLETED");
        self.event(
            over,
            format!("(deployment ecs-svc/{OURS}) deployment completed."),
        );
        self.take_away(NEXT, at, over - at);
        let definition = self.our_definition();
        for _ in 0..*self.history.desired.at(at) {
            self.task(OURS, definition, at + 500, Fate::Good);
        }
        self.history.returned = Some(over);
    }

    /// An earlier classic deployment is PRIMARY again, with its own ID.
    pub(super) fn again(&mut self, number: u64, at: Ms, words: &str) {
        if let Some(row) = self.classic(number) {
            row.status.set(at, Some("PRIMARY"));
            row.created.set(at, at);
            row.rollout.set(at, "IN_PROGRESS");
            row.reason.set(at, words.to_owned());
        }
    }
}
