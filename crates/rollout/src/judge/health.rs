//! The proof of a good verdict: enough of our tasks are healthy at one time.
//!
//! Tasks, targets and the desired count come from separate calls. Each task is judged by its own
//! newest read. The reads count together if hardly any time passed between them, besides the time
//! that the responses took: a proof must not depend on how fast AWS answers.
//!
//! Decided here: what proves health. Never here: whether the deployment has ended.

mod churn;

use jiff::{SignedDuration, Timestamp};

use crate::facts::{Facts, ReadSpan};
use crate::question::Until;
use crate::tally::Tally;
use crate::verdict::{Proof, ProofGap};

/// How long nothing may be read, in total, between reads that count together.
const ONE_ROUND: SignedDuration = SignedDuration::from_secs(5);

/// What the newest reads show about our tasks.
pub(super) enum Evidence {
    Enough(Proof),
    TooFew,
    /// The reads are incomplete or too old.
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

/// Whether enough of our tasks are healthy (or running, for `--until running`) in reads that were
/// sent at or after `since`. `at_most` limits the required number to what the deployment had
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
    let container_checks = facts.has_container_checks();
    if with_targets && container_checks.is_none() {
        return Evidence::Unknown;
    }
    // Before ECS has completed the deployment, nothing but the reads proves that it is healthy.
    let gap = facts.proof_gap().filter(|_| with_targets);
    if gap.is_some() && since.is_none() {
        return Evidence::Unknown;
    }
    if facts.tasks_denied {
        return by_count(facts, since, required);
    }
    let by_instances = gap == Some(ProofGap::TargetsAreInstances);
    let reads_targets = with_targets && (gap.is_none() || by_instances);
    let Some(round) = Round::newest(facts, reads_targets, since) else {
        return Evidence::Unknown;
    };
    let tally = facts.tally();
    let counts = |is_healthy: bool, is_running: bool| {
        if with_targets { is_healthy } else { is_running }
    };
    let seen = tally
        .tasks
        .iter()
        .filter(|state| round.has_read(facts, &state.task.task_arn))
        .filter(|state| counts(state.is_healthy, state.task.is_running()))
        .count() as u32;
    let proof = Proof {
        required,
        seen,
        by_targets: with_targets && gap.is_none() && !facts.registrations().is_empty(),
        by_containers: with_targets && container_checks == Some(true),
        gap,
    };
    // Instances cannot be matched to tasks, so the smaller number counts.
    let healthy = if by_instances {
        seen.min(facts.healthy_targets() as u32)
    } else {
        seen
    };
    if healthy >= required {
        return Evidence::Enough(proof);
    }
    if !round.is_complete(facts, &tally) {
        return Evidence::Unknown;
    }
    match since {
        Some(since) if churn::explains(facts, &tally, since, required, healthy) => {
            Evidence::Enough(proof)
        }
        _ => Evidence::TooFew,
    }
}

/// The evidence if tasks cannot be read: how many of them ECS counts as running.
fn by_count(facts: &Facts, since: Option<Timestamp>, required: u32) -> Evidence {
    let read = facts.service.newest_read.map(|read| read.sent);
    if read.is_none() || read < since {
        return Evidence::Unknown;
    }
    let ours = facts.deployment_ref.as_ref();
    let id = ours.and_then(|ours| ours.ecs_svc_id.as_deref());
    let counted = facts.service().and_then(|service| {
        let classic = id.and_then(|id| service.deployment(id));
        classic.map_or(service.running_count, |d| d.running_count)
    });
    match counted {
        Some(seen) if seen >= required => Evidence::Enough(Proof {
            required,
            seen,
            by_targets: false,
            by_containers: false,
            gap: Some(ProofGap::TasksDenied),
        }),
        _ => Evidence::Unknown,
    }
}

/// The newest reads that count together.
struct Round {
    /// Reads that were sent before this time are too old.
    start: Timestamp,
}

impl Round {
    /// `None` if the service, the list of tasks or a target group was not read in it.
    fn newest(facts: &Facts, with_targets: bool, since: Option<Timestamp>) -> Option<Self> {
        let list = facts.current_tasks.as_ref()?;
        // The newest state of the service is kept while nothing changes, so its last read counts.
        let mut needed = vec![facts.service.newest_read?, list.span];
        if with_targets {
            for group in facts.registrations().iter().flat_map(|r| &r.groups) {
                needed.push(facts.targets.get(group)?.span);
            }
        }
        let described = list
            .value
            .iter()
            .filter_map(|arn| facts.task_reads.get(arn));
        let mut spans: Vec<ReadSpan> = needed.iter().chain(described).copied().collect();
        let start = start_of_round(&mut spans);
        let start = since.map_or(start, |since| since.max(start));
        let is_whole = needed.iter().all(|span| span.sent >= start);
        is_whole.then_some(Self { start })
    }

    fn has_read(&self, facts: &Facts, arn: &str) -> bool {
        let read = facts.task_reads.get(arn);
        read.is_some_and(|span| span.sent >= self.start)
    }

    /// Whether every task in the list that may be ours was described in this round.
    fn is_complete(&self, facts: &Facts, tally: &Tally<'_>) -> bool {
        let listed = facts.current_tasks.as_ref().map(|list| &list.value);
        let all_known = listed.is_some_and(|arns| {
            let mut arns = arns.iter();
            arns.all(|arn| facts.tasks.contains_key(arn))
        });
        let mut states = tally.tasks.iter();
        all_known && states.all(|state| self.has_read(facts, &state.task.task_arn))
    }
}

/// When the newest round began: the time between its reads adds up to [`ONE_ROUND`] at most.
fn start_of_round(spans: &mut [ReadSpan]) -> Timestamp {
    spans.sort_unstable_by_key(|span| std::cmp::Reverse(span.received));
    let mut start = spans.first().map_or(Timestamp::MIN, |span| span.sent);
    let mut idle = SignedDuration::ZERO;
    for span in spans.iter() {
        idle += start
            .duration_since(span.received)
            .max(SignedDuration::ZERO);
        if idle > ONE_ROUND {
            break;
        }
        start = start.min(span.sent);
    }
    start
}
