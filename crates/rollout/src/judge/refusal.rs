//! Why there can be no verdict about what was asked.

use ecs_model::{DeploymentStrategy, Service};
use jiff::SignedDuration;

use super::source::judges_by_service;
use crate::facts::Facts;
use crate::question::{Question, Until};
use crate::verdict::Refusal;

/// How long the service may lack our deployment altogether.
const NEVER_SEEN_FOR: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn refusal(facts: &Facts, question: &Question) -> Option<Refusal> {
    let Some(service) = facts.service() else {
        return is_missing(facts, question).then_some(Refusal::NoService);
    };
    let misfit = || misfit(facts, question, service);
    let refusal = shows_our_write(facts, question).then(misfit).flatten();
    refusal.or_else(|| is_never_seen(facts).then_some(Refusal::NeverSeen))
}

/// What about the service leaves nothing to judge.
fn misfit(facts: &Facts, question: &Question, service: &Service) -> Option<Refusal> {
    if let Some(controller) = service.other_controller() {
        return Some(Refusal::ForeignController(controller.to_owned()));
    }
    let strategy = facts
        .configuration()
        .map_or(DeploymentStrategy::Rolling, |c| c.strategy);
    let is_rolling = strategy == DeploymentStrategy::Rolling;
    match question.until {
        Until::Stage(stage) if is_rolling => return Some(Refusal::NoStages(stage)),
        _ => {}
    }
    (facts.is_without_service_deployments() && !is_rolling).then_some(
        Refusal::NeedsServiceDeployments {
            strategy: strategy.as_str(),
        },
    )
}

/// Whether the service was seen as our write left it. The write may have changed strategy and
/// controller, and a late reading shows what they were before.
fn shows_our_write(facts: &Facts, question: &Question) -> bool {
    let seen_for_long = || facts.service.seen.is_some_and(|seen| seen.is_confirmed());
    question.deployment.is_none() || facts.service.seen_ours || seen_for_long()
}

/// The service was never there. One that our write has only just created may be missing from a
/// late reading; how long ago the write was is not asked, since our clock is not AWS's.
fn is_missing(facts: &Facts, question: &Question) -> bool {
    facts
        .service
        .gone
        .is_some_and(|gone| question.deployment.is_none() || gone.is_confirmed())
}

fn is_never_seen(facts: &Facts) -> bool {
    if facts.service_deployment.is_some() {
        return false;
    }
    let sightings = if judges_by_service(facts) {
        let unseen = !facts.service.seen_ours && facts.service.failed.is_none();
        facts.service.seen.filter(|_| unseen)
    } else {
        facts.unknown_deployment
    };
    sightings.is_some_and(|sightings| sightings.lasts(NEVER_SEEN_FOR))
}
