//! Takes an answer of AWS into the facts.
//!
//! Reads may be old, come in the wrong order, or lack what was there before. So what is kept only
//! ever moves forward: a service deployment's state by its rank, a service's picture by the newest
//! time in it, a task by its version. A state once seen was once true, and an end is an end.

mod deployment;
mod service;
mod tasks;

use jiff::Timestamp;

use crate::facts::Facts;
use crate::observation::Observation;
use crate::sightings::Sightings;

/// How many events are kept: the last ones. ECS shows no more in one answer.
const EVENTS_KEPT: usize = 100;

/// Takes in an answer to a request that was sent at `at`. Returns how many events at the end of
/// [`Facts::events`] are new.
pub(crate) fn record(facts: &mut Facts, at: Timestamp, observation: Observation) -> usize {
    match observation {
        Observation::Service(service) => {
            let new_events = service::record(facts, at, *service);
            let new = new_events.len();
            facts.events.extend(new_events);
            let surplus = facts.events.len().saturating_sub(EVENTS_KEPT.max(new));
            facts.events.drain(..surplus);
            return new;
        }
        Observation::NoService => Sightings::add(&mut facts.service.gone, at),
        Observation::Listing(listed) => deployment::record_listing(facts, at, listed),
        Observation::NoServiceDeployments => facts.listing.denied = true,
        Observation::ServiceDeployment(seen) => deployment::record(facts, at, *seen),
        Observation::NoServiceDeployment => Sightings::add(&mut facts.unknown_deployment, at),
        Observation::NoRevision => facts.revision_denied = true,
        Observation::Revision(revision) => facts.revision = Some(*revision),
        Observation::TaskDefinition(definition) => facts.task_definition = Some(*definition),
        Observation::NoTaskDefinition => facts.task_definition_denied = true,
        Observation::Tasks(seen) => tasks::record(facts, at, seen),
        Observation::Targets { group, targets } => {
            tasks::record_targets(facts, at, group, targets);
        }
    }
    0
}
