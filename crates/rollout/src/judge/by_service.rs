//! The verdict by the service's classic deployments, where service deployments cannot be read.
//!
//! Less can be told apart here. A rollback that is over looks like a deployment of the old
//! revision, unless an event or a state named ours as failed; an absence may be an old picture.
//! So nothing is decided by absence alone, and never a success.

use jiff::Timestamp;

use super::health::Evidence;
use crate::question::Until;
use crate::verdict::{Failed, Outcome, RolledBack, Successor, Superseded};
use crate::watch::Watch;
use ecs_model::{Deployment, RolloutState, Service};

impl Watch {
    pub(super) fn outcome_by_service(&self) -> Option<Outcome> {
        let service = self.service()?;
        if let Some((at, requested)) = self.service.completed {
            return self.completed(at, requested);
        }
        let lost = self.lost_to(service);
        if let Some(failed) = self.service.failed {
            return match lost {
                Some(primary) => self.failed_and_lost(service, primary),
                // ECS rolls back at once where it can. Still PRIMARY for a while: it cannot.
                None if service.deployment_configuration.rolls_back() && !failed.is_confirmed() => {
                    None
                }
                None => Some(Outcome::Failed(self.failed_how(service))),
            };
        }
        if lost.is_some() {
            let primary = self.is_lost()?;
            return Some(Outcome::Superseded(self.superseded(primary, false)));
        }
        match self.question.until {
            Until::Running | Until::Healthy => self
                .evidence(self.question.until, None, None)
                .of_tasks()
                .map(|proof| Outcome::Reached(self.question.until, proof)),
            Until::Completed | Until::Stage(_) => None,
        }
    }

    fn completed(&self, at: Timestamp, requested: Option<u32>) -> Option<Outcome> {
        let until = self.question.until;
        match (until, self.evidence(until, Some(at), requested)) {
            (Until::Completed, Evidence::Enough(proof)) => Some(Outcome::Succeeded(proof)),
            (_, Evidence::Enough(proof)) => Some(Outcome::Reached(until, proof)),
            (_, Evidence::Unknown) => None,
            (_, Evidence::TooFew) => {
                let lost = self.is_lost()?;
                Some(Outcome::Superseded(self.superseded(lost, true)))
            }
        }
    }

    /// The deployment that is PRIMARY instead of ours, at the youngest look.
    fn lost_to<'a>(&self, service: &'a Service) -> Option<&'a Deployment> {
        let handle = self.handle.as_ref()?;
        self.service.lost?;
        service.primary().filter(|p| !handle.is_deployment(&p.id))
    }

    /// The same, once a second look has confirmed it.
    fn is_lost(&self) -> Option<&Deployment> {
        let twice = self.service.lost?.looks >= 2;
        self.lost_to(self.service()?).filter(|_| twice)
    }

    /// Whether a deployment was there before ours. ECS makes one that it rolls back to young again;
    /// one that kept its age tells by it, even if no look showed the two beside each other.
    fn is_earlier(&self, other: &Deployment) -> bool {
        let ours = self.handle.as_ref().and_then(|h| h.created_at);
        let is_older = match (other.created_at, ours) {
            (Some(theirs), Some(ours)) => theirs < ours,
            _ => false,
        };
        is_older || self.service.before.contains(&other.id)
    }

    /// How ours failed, given that ECS rolls nothing back.
    fn failed_how(&self, service: &Service) -> Failed {
        let reason = self.service.failure_reason.clone();
        match &reason {
            // It would have, had there been something to go back to.
            _ if service.deployment_configuration.rolls_back() => Failed::First { reason },
            Some(text) if text.contains("alarm") => Failed::Alarm {
                names: Vec::new(),
                reason,
            },
            _ => Failed::Breaker { reason },
        }
    }

    /// Ours failed, and another one is PRIMARY: a rollback where ECS rolls back, else the service
    /// was left as it was, and someone deployed anew.
    fn failed_and_lost(&self, service: &Service, primary: &Deployment) -> Option<Outcome> {
        // Configured is not done: a first deployment has nothing to go back to, and what is PRIMARY
        // then is someone's next one.
        let rolls_back = (self.is_earlier(primary)
            && service.deployment_configuration.rolls_back())
            || primary.says_rolling_back()
            || service.events.iter().any(|e| {
                let target = format!("rolling back to deployment {}", primary.id);
                e.message.contains(&target)
            });
        if !rolls_back {
            return Some(Outcome::Failed(self.failed_how(service)));
        }
        let finished = primary.rollout_state == Some(RolloutState::Completed);
        (finished || !self.question.until_rolled_back).then(|| {
            Outcome::RolledBack(RolledBack {
                finished,
                to: Some(primary.id.clone()),
                reason: self.service.failure_reason.clone(),
            })
        })
    }

    /// Who took over, and whether it may have been a rollback: an earlier deployment is PRIMARY
    /// again, or says that it is being rolled back to, or the events do not reach back far enough
    /// to show that ours never failed.
    fn superseded(&self, primary: &Deployment, after_success: bool) -> Superseded {
        let events = self.service().map_or(&[][..], |s| &s.events);
        let ours = self.handle.as_ref().and_then(|h| h.created_at);
        let window_is_whole = events.len() < 100
            || events
                .iter()
                .any(|e| e.created_at.is_some() && e.created_at < ours);
        Superseded {
            by: Some(Successor {
                service_deployment_arn: None,
                revision: Some(primary.id.clone()),
                task_definition: primary.task_definition.clone(),
            }),
            or_rolled_back: !after_success
                && (self.is_earlier(primary) || primary.says_rolling_back() || !window_is_whole),
            after_success,
        }
    }
}
