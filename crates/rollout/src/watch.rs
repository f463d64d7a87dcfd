//! A deployment under watch: one question, and what was recorded for it.

use ecs_model::ServiceEvent;
use jiff::Timestamp;

use crate::facts::Facts;
use crate::judge::{PendingReads, judge, next_reads};
use crate::observation::Observation;
use crate::question::{Limit, Question, Until};
use crate::record::record;
use crate::timing::deadline;
use crate::verdict::Judgement;

/// A deployment under watch.
#[derive(Debug, Clone)]
pub struct Watch {
    question: Question,
    facts: Facts,
}

impl Watch {
    /// Begins to watch.
    pub fn new(question: Question, started: Timestamp) -> Self {
        let facts = Facts::new(question.deployment.clone(), started);
        Self { question, facts }
    }

    /// What was recorded so far.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Takes in an answer to a request that was sent at `at`. Returns the events that are new in
    /// it and younger than our deployment, oldest first.
    pub fn record(&mut self, at: Timestamp, observation: Observation) -> &[ServiceEvent] {
        let new = record(&mut self.facts, at, observation);
        let events = &self.facts.events;
        &events[events.len() - new..]
    }

    /// The verdict at `now`, if there is one.
    pub fn judge(&self, now: Timestamp) -> Judgement {
        judge(&self.facts, &self.question, now)
    }

    /// What has to be read now for the verdict to come closer.
    pub fn next_reads(&self) -> PendingReads {
        next_reads(&self.facts)
    }

    /// When the wait is over without a verdict.
    pub fn deadline(&self) -> Timestamp {
        deadline(&self.facts, &self.question)
    }

    /// From here on a rollback that was asked for is watched: patience with our own deployment is
    /// over, and the deadline is a new one.
    pub fn follow_rollback(&mut self, deadline: Timestamp) {
        self.question.until = Until::Completed;
        self.question.exit_on_pause = false;
        self.question.fail_fast = None;
        self.question.limit = Limit::Fixed(deadline.duration_since(self.facts.started));
    }
}
