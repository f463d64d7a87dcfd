//! The proof of a good verdict: enough of our tasks are healthy at one time.
//!
//! Tasks, targets and the desired count come from separate calls. They count only if they were read
//! within one round, and after the time that they prove something about.

use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;
use crate::question::Until;
use crate::verdict::Proof;

/// Reads that are at most this far apart belong to one round.
const ONE_ROUND: SignedDuration = SignedDuration::from_secs(5);

/// What the last round of reads shows about our tasks.
pub(super) enum Evidence {
    Enough(Proof),
    TooFew,
    /// No complete round has been read yet.
    Unknown,
}

impl Evidence {
    /// The proof, if any tasks were required.
    pub(super) fn of_tasks(self) -> Option<Proof> {
        match self {
            Self::Enough(proof) if proof.required > 0 => Some(proof),
            _ => None,
        }
    }
}

/// When the last complete round was read: tasks, the service, and every target group that our tasks
/// are registered with. The time is that of its oldest read.
fn last_round(facts: &Facts, with_targets: bool) -> Option<Timestamp> {
    // The newest state of the service is kept while nothing changes, so the last read counts.
    let service = facts.service.seen?.last;
    let tasks = facts.current_tasks.as_ref()?.at;
    let mut times = vec![service, tasks];
    if with_targets {
        for group in facts.registrations().iter().flat_map(|r| &r.groups) {
            times.push(facts.targets.get(group)?.at);
        }
    }
    let (oldest, youngest) = (*times.iter().min()?, *times.iter().max()?);
    (youngest.duration_since(oldest) <= ONE_ROUND).then_some(oldest)
}

/// Whether enough of our tasks are healthy (or running, for `--until running`) in a round that was
/// read at or after `since`. `at_most` limits the required number to what the deployment had
/// requested when ECS completed it, so that later scaling out does not reopen the verdict.
pub(super) fn evidence(
    facts: &Facts,
    until: Until,
    since: Option<Timestamp>,
    at_most: Option<u32>,
) -> Evidence {
    let with_targets = until != Until::Running;
    let desired = facts.service().and_then(|s| s.desired_count);
    let required = match (desired, at_most) {
        (Some(desired), Some(most)) => desired.min(most),
        (one, other) => match one.or(other) {
            Some(required) => required,
            None => return Evidence::Unknown,
        },
    };
    if required == 0 {
        return Evidence::Enough(Proof::NOTHING);
    }
    let fresh = last_round(facts, with_targets)
        .is_some_and(|round| since.is_none_or(|since| round >= since));
    let container_checks = facts.has_container_checks();
    if !fresh || (with_targets && container_checks.is_none()) {
        return Evidence::Unknown;
    }
    let tally = facts.tally();
    let seen = if with_targets {
        tally.healthy
    } else {
        tally.running
    };
    if seen < required {
        return Evidence::TooFew;
    }
    Evidence::Enough(Proof {
        required,
        seen,
        by_targets: with_targets && !facts.registrations().is_empty(),
        by_containers: with_targets && container_checks == Some(true),
    })
}
