//! The proof of a good verdict: enough of our tasks, healthy at one look.
//!
//! Tasks, targets and the desired count come from separate calls. They count together only when
//! they were read within one round, after the moment that they shall prove.

use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;
use crate::question::Until;
use crate::verdict::Proof;

/// Reads that lie no further apart belong to one round.
const ONE_ROUND: SignedDuration = SignedDuration::from_secs(5);

/// What the last round of looks says of our tasks.
pub(super) enum Evidence {
    Enough(Proof),
    TooFew,
    /// No round that counts has been read yet.
    Unknown,
}

impl Evidence {
    /// The proof, if something ran for it.
    pub(super) fn of_tasks(self) -> Option<Proof> {
        match self {
            Self::Enough(proof) if proof.required > 0 => Some(proof),
            _ => None,
        }
    }
}

/// When the last whole round was read: tasks, the service, and every target group that our tasks
/// have to be healthy in. The time is that of its oldest read.
fn last_round(facts: &Facts, with_targets: bool) -> Option<Timestamp> {
    // The service's picture stays while nothing changes in it; what counts is the last reading.
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

/// Whether enough of our tasks are healthy (or, for `--until running`, run) in a round that
/// was read at or after `since`. `at_most` caps the number: the count of the moment at which
/// ECS called the deployment done, since later scaling out reopens nothing.
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
