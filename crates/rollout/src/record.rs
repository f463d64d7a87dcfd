//! Records a response from AWS.
//!
//! Reads may be outdated, out of order, or lack what an earlier read contained. So the facts only move
//! forward: a service deployment by the rank of its status, a service by the newest time in it, a
//! task by its version.
//!
//! Decided here: which of two reads is newer. Never here: what they mean for the verdict.

mod deployment;
mod service;
mod tasks;

use jiff::Timestamp;

use crate::facts::Facts;
use crate::observation::Observation;
use crate::sightings::Sightings;

/// Maximum number of events that are kept. One response contains at most 100, too.
const EVENTS_KEPT: usize = 100;

/// Records the response to a request that was sent at `at`. Returns the number of new events at the
/// end of [`Facts::events`].
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
