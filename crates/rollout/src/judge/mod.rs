//! From what was seen to a verdict.
//!
//! The order is the point: ECS's own decision about our deployment first, then the patience that a
//! person set (`--fail-fast`), then the deadline. The transitions and their sources are in MODEL.md.

mod by_deployment;
mod by_service;
mod health;

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::observed::Strategy;
use crate::question::Until;
use crate::verdict::{Basis, DecidedBy, Failed, Judgement, Outcome, Refusal, Stopped, Verdict};
use crate::watch::{Wants, Watch};

/// How long an absence has to last, and in how many looks, before it counts. Reads of ECS lag
/// behind its writes by some seconds.
pub(crate) const CONFIRMED_AFTER: SignedDuration = SignedDuration::from_secs(10);
pub(crate) const CONFIRMED_READS: u32 = 2;

/// How long the service may lack our deployment altogether.
const NEVER_SEEN_FOR: SignedDuration = SignedDuration::from_secs(60);

impl Watch {
    /// The verdict at `now`, if there is one.
    pub fn judge(&self, now: Timestamp) -> Judgement {
        if let Some(refusal) = self.refusal(now) {
            return Judgement::Refused(refusal);
        }
        let basis = if self.judges_by_service() {
            Basis::Service
        } else {
            Basis::ServiceDeployment
        };
        let by_ecs = match basis {
            Basis::Service => self.outcome_by_service(now),
            Basis::ServiceDeployment => self.outcome_by_deployment(now),
        };
        let decided = by_ecs
            .or_else(|| self.deleted(now))
            .map(|outcome| (outcome, DecidedBy::Ecs))
            .or_else(|| self.fail_fast())
            .or_else(|| self.time_is_up(now));
        match decided {
            Some((outcome, decided_by)) => Judgement::Decided(Verdict {
                outcome,
                decided_by,
                basis,
            }),
            None => Judgement::Waiting,
        }
    }

    fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        let service = self.service()?;
        if let Some(controller) = service.foreign_controller() {
            return Some(Refusal::ForeignController(controller.to_owned()));
        }
        let strategy = self
            .configuration()
            .map_or(Strategy::Rolling, |c| c.strategy);
        match self.question.until {
            Until::Stage(stage) if strategy == Strategy::Rolling => {
                return Some(Refusal::NoStages(stage));
            }
            _ => {}
        }
        if self.listing.denied && self.deployment.is_none() && strategy != Strategy::Rolling {
            return Some(Refusal::NeedsServiceDeployments {
                strategy: strategy.word(),
            });
        }
        self.is_never_seen(now).then_some(Refusal::NeverSeen)
    }

    fn is_never_seen(&self, now: Timestamp) -> bool {
        let since_long = |first: Option<Timestamp>, reads: u32| {
            reads >= CONFIRMED_READS
                && first.is_some_and(|first| now.duration_since(first) >= NEVER_SEEN_FOR)
        };
        if self.deployment.is_some() {
            return false;
        }
        if self.judges_by_service() {
            return !self.service.seen_ours
                && self.service.failed.is_none()
                && since_long(self.service.first, self.service.reads);
        }
        self.unknown
            .is_some_and(|(first, reads)| since_long(Some(first), reads))
    }

    /// The service is deleted: seen alive, then for a while not. A service that was just created
    /// may be missing from a late look.
    fn deleted(&self, now: Timestamp) -> Option<Outcome> {
        let (since, reads) = self.service.gone?;
        let confirmed = reads >= CONFIRMED_READS && now.duration_since(since) >= CONFIRMED_AFTER;
        confirmed.then_some(Outcome::Stopped(Stopped::ServiceDeleted))
    }

    fn fail_fast(&self) -> Option<(Outcome, DecidedBy)> {
        let limit: NonZeroU32 = self.question.fail_fast?;
        if self.ever_healthy {
            return None;
        }
        let stopped = self.failed_tasks().count() as u32;
        (stopped >= limit.get()).then_some((
            Outcome::Failed(Failed::FailFast { stopped }),
            DecidedBy::FailFast(limit),
        ))
    }

    fn time_is_up(&self, now: Timestamp) -> Option<(Outcome, DecidedBy)> {
        (now >= self.deadline()).then(|| {
            let after = now.duration_since(self.started);
            (Outcome::TimedOut(after), DecidedBy::Deadline)
        })
    }

    /// What has to be read now for the verdict to come closer.
    pub fn wants(&self) -> Wants {
        let handle = self.handle.as_ref();
        let arn_known = handle.is_some_and(|h| h.service_deployment_arn.is_some());
        let ended_otherwise = self
            .deployment
            .as_ref()
            .is_some_and(|d| self.needs_successor(d));
        let proving = self.is_proving();
        let has_load_balancers = self.service().is_some_and(|s| !s.load_balancers.is_empty());
        let unresolved = self
            .revision
            .as_ref()
            .is_none_or(|r| r.resolved_configuration.is_none());
        let definition = self
            .revision
            .as_ref()
            .and_then(|r| r.task_definition.clone())
            .or_else(|| handle?.task_definition_arn.clone());
        Wants {
            listing: !self.listing.denied
                && handle.is_some()
                && (!arn_known || ended_otherwise || (proving && self.has_successor())),
            service: self.service.latest.is_none()
                || self.judges_by_service()
                || ended_otherwise
                || self.service.gone.is_some()
                || proving,
            tasks: proving,
            revision: handle
                .and_then(|h| h.service_revision_arn.clone())
                .filter(|_| has_load_balancers && unresolved && !self.revision_denied),
            task_definition: definition.filter(|_| self.container_checks.is_none()),
        }
    }
}
