//! A deployment that is being watched: the question, and what was recorded.

use ecs_model::ServiceEvent;
use jiff::Timestamp;

use crate::facts::{Facts, ReadSpan};
use crate::judge::{PendingReads, judge, next_reads};
use crate::observation::Observation;
use crate::question::{Limit, Question, Until};
use crate::record::record;
use crate::timing::deadline;
use crate::verdict::Judgment;

/// A deployment that is being watched.
#[derive(Debug, Clone)]
pub struct Watch {
    question: Question,
    facts: Facts,
}

impl Watch {
    /// Starts to watch.
    pub fn new(question: Question, started: Timestamp) -> Self {
        let facts = Facts::new(question.deployment.clone(), started);
        Self { question, facts }
    }

    /// What was recorded.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Records the response to a request that was sent at `at`. Returns its new events since our
    /// deployment began, oldest first.
    pub fn record(&mut self, at: Timestamp, observation: Observation) -> &[ServiceEvent] {
        self.record_read(ReadSpan::at(at), observation)
    }

    /// The same for a response that took some time. Time that passes while a response is on its way
    /// does not make a proof older.
    pub fn record_read(&mut self, span: ReadSpan, observation: Observation) -> &[ServiceEvent] {
        let new = record(&mut self.facts, span, observation);
        let events = &self.facts.events;
        &events[events.len() - new..]
    }

    /// The verdict at `now`, if there is one.
    pub fn judge(&self, now: Timestamp) -> Judgment {
        judge(&self.facts, &self.question, now)
    }

    /// What must be read now to reach a verdict.
    pub fn next_reads(&self) -> PendingReads {
        next_reads(&self.facts)
    }

    /// When the wait ends without a decision by ECS.
    pub fn deadline(&self) -> Timestamp {
        deadline(&self.facts, &self.question)
    }

    /// Watches a requested rollback from now on, with a new deadline.
    pub fn follow_rollback(&mut self, deadline: Timestamp) {
        self.question.until = Until::Completed;
        self.question.exit_on_pause = false;
        self.question.fail_fast = None;
        self.question.limit = Limit::Fixed(deadline.duration_since(self.facts.started));
    }
}
