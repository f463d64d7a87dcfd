//! Finds reasons why there can be no verdict.

use ecs_model::{DeploymentStrategy, Service};
use jiff::SignedDuration;

use super::source::judges_by_service;
use crate::facts::Facts;
use crate::question::{Question, Until};
use crate::verdict::Refusal;

/// How long our deployment may be missing before it counts as unknown.
const NEVER_SEEN_FOR: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn refusal(facts: &Facts, question: &Question) -> Option<Refusal> {
    let Some(service) = facts.service() else {
        return is_missing(facts, question).then_some(Refusal::NoService);
    };
    let misfit = || misfit(facts, question, service);
    let refusal = shows_our_write(facts, question).then(misfit).flatten();
    refusal.or_else(|| is_never_seen(facts).then_some(Refusal::NeverSeen))
}

/// What about the service prevents a verdict.
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

/// Whether the service was read after our write. The write may have changed strategy and controller,
/// and an outdated read shows the old ones.
fn shows_our_write(facts: &Facts, question: &Question) -> bool {
    let seen_for_long = || facts.service.seen.is_some_and(|seen| seen.is_confirmed());
    question.deployment.is_none() || facts.service.seen_ours || seen_for_long()
}

/// Whether the service does not exist. A service that our write has just created may be missing from
/// an outdated read. The time of the write does not help, because our clock may differ from AWS's.
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
