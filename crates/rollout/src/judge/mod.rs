//! From what was seen to a verdict.
//!
//! The order is the point: ECS's own decision about our deployment first, then the patience that a
//! person set (`--fail-fast`), then the deadline. The transitions and their sources are in MODEL.md.

mod by_deployment;
mod by_service;
mod health;
mod way_back;

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::question::Until;
use crate::verdict::{Basis, DecidedBy, Failed, Judgement, Outcome, Refusal, Stopped, Verdict};
use crate::watch::{Wants, Watch};
use ecs_model::{DeploymentStrategy, Service, ServiceDeploymentStatus};

/// How long the service may lack our deployment altogether.
const NEVER_SEEN_FOR: SignedDuration = SignedDuration::from_secs(60);

impl Watch {
    /// The verdict at `now`, if there is one.
    pub fn judge(&self, now: Timestamp) -> Judgement {
        if let Some(refusal) = self.refusal() {
            return Judgement::Refused(refusal);
        }
        let basis = if self.judges_by_service() {
            Basis::Service
        } else {
            Basis::ServiceDeployment
        };
        let by_ecs = match basis {
            Basis::Service => self.outcome_by_service(),
            Basis::ServiceDeployment => self.outcome_by_deployment(),
        };
        let decided = by_ecs
            .or_else(|| self.deleted())
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

    fn refusal(&self) -> Option<Refusal> {
        let Some(service) = self.service() else {
            return self.is_missing().then_some(Refusal::NoService);
        };
        let misfit = || self.misfit(service);
        let refusal = self.shows_our_write().then(misfit).flatten();
        refusal.or_else(|| self.is_never_seen().then_some(Refusal::NeverSeen))
    }

    /// What about the service leaves nothing to judge.
    fn misfit(&self, service: &Service) -> Option<Refusal> {
        if let Some(controller) = service.foreign_controller() {
            return Some(Refusal::ForeignController(controller.to_owned()));
        }
        let strategy = self
            .configuration()
            .map_or(DeploymentStrategy::Rolling, |c| c.strategy);
        match self.question.until {
            Until::Stage(stage) if strategy == DeploymentStrategy::Rolling => {
                return Some(Refusal::NoStages(stage));
            }
            _ => {}
        }
        if self.listing.denied
            && self.deployment.is_none()
            && strategy != DeploymentStrategy::Rolling
        {
            return Some(Refusal::NeedsServiceDeployments {
                strategy: strategy.as_str(),
            });
        }
        None
    }

    /// Whether the service was seen as our write left it. The write may have changed strategy and
    /// controller, and a late look shows what they were before.
    fn shows_our_write(&self) -> bool {
        let looks_long = || self.service.seen.is_some_and(|seen| seen.is_confirmed());
        self.question.handle.is_none() || self.service.seen_ours || looks_long()
    }

    /// The service was never there. One that our write has only just created may be missing from a
    /// late look; how long ago the write was is not asked, since our clock is not AWS's.
    fn is_missing(&self) -> bool {
        self.service
            .gone
            .is_some_and(|gone| self.question.handle.is_none() || gone.is_confirmed())
    }

    fn is_never_seen(&self) -> bool {
        if self.deployment.is_some() {
            return false;
        }
        let looks = if self.judges_by_service() {
            let unseen = !self.service.seen_ours && self.service.failed.is_none();
            self.service.seen.filter(|_| unseen)
        } else {
            self.unknown
        };
        looks.is_some_and(|looks| looks.lasts(NEVER_SEEN_FOR))
    }

    /// The service is deleted: seen alive, then for a while not. A service that was just created
    /// may be missing from a late look.
    fn deleted(&self) -> Option<Outcome> {
        self.service()?;
        let confirmed = self.service.gone?.is_confirmed();
        confirmed.then_some(Outcome::Stopped(Stopped::ServiceDeleted))
    }

    fn fail_fast(&self) -> Option<(Outcome, DecidedBy)> {
        let limit: NonZeroU32 = self.question.fail_fast?;
        if self.ever_healthy || self.ecs_has_decided() {
            return None;
        }
        let stopped = self.failed_tasks().count() as u32;
        (stopped >= limit.get()).then_some((
            Outcome::Failed(Failed::FailFast { stopped }),
            DecidedBy::FailFast(limit),
        ))
    }

    /// ECS has decided against our deployment, or it is not known whether it has: then only the
    /// words for it are missing, and our own patience does not come first.
    fn ecs_has_decided(&self) -> bool {
        if self.service.gone.is_some() {
            return true;
        }
        if self.judges_by_service() {
            return self.service.lost.is_some() || self.service.failed.is_some();
        }
        self.deployment.as_ref().is_none_or(|d| {
            !matches!(
                d.status,
                ServiceDeploymentStatus::Pending
                    | ServiceDeploymentStatus::InProgress
                    | ServiceDeploymentStatus::Successful
                    | ServiceDeploymentStatus::Other(_)
            )
        })
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
                && (!arn_known
                    || ended_otherwise
                    || (proving && self.has_successor())
                    // One list tells how long earlier deployments took.
                    || (self.deployment.is_some() && self.listing.first.is_none())),
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
