//! Converts questions and verdicts between `fakes::history` and this crate.

use std::num::NonZeroU32;

use ecs_model::DeploymentRef;
use fakes::history::{Ask, Claim, History, Ms, Reach, Strategy, Window};
use fastrand::Rng;
use jiff::SignedDuration;
use rollout::{Failed, Limit, Outcome, Question, Until, Verdict};

/// A random question that fits the history, and the time between two polls.
pub fn ask(history: &History, window: &Window, rng: &mut Rng) -> (Ask, Ms) {
    let step = [2_000, 3_000, 5_000, 12_000][rng.usize(0..4)];
    let shifting = history.strategy != Strategy::Rolling;
    let reach = match rng.u32(0..10) {
        0..6 => Reach::Completed,
        6 => Reach::Running,
        7 => Reach::Healthy,
        _ if shifting && !window.is_denied => Reach::Stage(
            ["SCALE_UP", "TEST_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"][rng.usize(0..4)],
        ),
        _ => Reach::Completed,
    };
    let ask = Ask {
        reach,
        until_rolled_back: rng.u32(0..4) == 0,
        exit_on_pause: rng.u32(0..3) == 0,
        fail_fast: (rng.u32(0..5) == 0).then(|| rng.u32(1..5)),
        deadline: rng.i64(60_000..360_000),
        begins: rng.i64(0..5_000),
        round: 10_000 + step + 12 * window.slowest_read(),
    };
    (ask, step)
}

pub fn question(history: &History, ask: &Ask) -> Question {
    Question {
        deployment: Some(DeploymentRef::from_write(&history.write_answer()).unwrap()),
        until: match ask.reach {
            Reach::Completed => Until::Completed,
            Reach::Running => Until::Running,
            Reach::Healthy => Until::Healthy,
            Reach::Stage(stage) => Until::Stage(stage.parse().unwrap()),
        },
        until_rolled_back: ask.until_rolled_back,
        exit_on_pause: ask.exit_on_pause,
        fail_fast: ask.fail_fast.and_then(NonZeroU32::new),
        limit: Limit::Fixed(SignedDuration::from_millis(ask.deadline - ask.begins)),
    }
}

pub fn claim(verdict: &Verdict) -> Claim {
    match &verdict.outcome {
        Outcome::Succeeded(_) => Claim::Succeeded,
        Outcome::Reached(..) => Claim::Reached,
        Outcome::Failed(Failed::FailFast { .. }) => Claim::FailedFast,
        Outcome::Failed(_) => Claim::Failed,
        Outcome::Stopped(_) => Claim::Stopped,
        Outcome::RolledBack(r) => Claim::RolledBack { over: r.finished },
        Outcome::Superseded(s) => Claim::Superseded {
            by: s
                .by
                .as_ref()
                .and_then(|by| by.revision.as_deref()?.rsplit('/').next()?.parse().ok()),
            or_rolled_back: s.or_rolled_back,
        },
        Outcome::Paused(_) => Claim::Paused,
        Outcome::TimedOut(_) => Claim::TimedOut,
    }
}
