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

use crate::facts::{Facts, ReadSpan};
use crate::observation::Observation;
use crate::sightings::Sightings;

/// Maximum number of events that are kept. One response contains at most 100, too.
const EVENTS_KEPT: usize = 100;

/// Records a response. Returns the number of new events at the end of [`Facts::events`].
pub(crate) fn record(facts: &mut Facts, span: ReadSpan, observation: Observation) -> usize {
    let at = span.sent;
    match observation {
        Observation::Service(service) => {
            let new_events = service::record(facts, span, *service);
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
        Observation::Tasks(seen) => {
            let arns = seen.iter().map(|task| task.task_arn.clone()).collect();
            tasks::record_list(facts, span, arns);
            tasks::record_described(facts, span, seen);
        }
        Observation::TaskList(arns) => {
            tasks::record_list(facts, span, arns.into_iter().collect());
        }
        Observation::DescribedTasks(seen) => tasks::record_described(facts, span, seen),
        Observation::NoTasks => facts.tasks_denied = true,
        Observation::Targets { group, targets } => {
            tasks::record_targets(facts, span, group, targets);
        }
        Observation::NoTargets => facts.targets_denied = true,
    }
    0
}
