//! From a seed to a scenario: how the deployment ends, and what goes wrong on the way to its verdict.
//! The same seed always results in the same scenario.
//!
//! Decided here: everything that is random. Never here: how a fault is produced, or what is right.

use std::time::Duration;

use fastrand::Rng;

use super::step::{Operation, Step};

/// Attempts of a step that may be disturbed. The next attempt has no faults, so every pipeline ends.
pub const DISTURBED_ATTEMPTS: usize = 3;

/// How the deployment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Healthy,
    /// The container exits again and again, until the circuit breaker stops the deployment.
    Crashes,
    /// No task starts, because the image cannot be pulled.
    CannotPull,
    /// The targets never become healthy.
    UnhealthyTargets,
    /// Another person deploys in the middle.
    Superseded,
}

/// Whose credentials the steps use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// An access key that does not expire.
    Key,
    /// A role that is assumed with the token of the CI job. Its sessions last for this time, whatever a step
    /// requests.
    Role(Duration),
}

/// Where the pipeline continues after a step was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    SameStep,
    FirstStep,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Throttle,
    RetryAfter,
    Status(u16),
    BareStatus(u16),
    HtmlPage(u16),
    CutBeforeWork,
    CutAfterWork,
    CutRequest(u64),
    CutResponse(u64),
    Malformed,
    Delay(Duration),
    SlowLink(u64),
}

/// A fault, and the requests that it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// `*` matches every service or operation.
    pub operation: Operation,
    pub trouble: Trouble,
    /// The number of matching requests that pass before the first fault.
    pub skip: u64,
    /// The number of faults; `u64::MAX` for no end.
    pub times: u64,
    /// The share of the remaining requests that is affected.
    pub percent: u8,
}

/// When a step is killed (SIGKILL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// After the work of this request of the step (from 0), before the program has the response.
    BeforeResponse(usize),
    /// This long after the program has the response to this request (from 0).
    AfterResponse(usize, Duration),
    /// This long after the start.
    AfterStart(Duration),
}

/// What disturbs one attempt of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disturbance {
    pub faults: Vec<PlannedFault>,
    pub kill: Option<Kill>,
    /// All sessions expire after this number of requests of the step.
    pub expire_after: Option<usize>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub seed: u64,
    pub ending: Ending,
    /// Whether the service exists before the pipeline.
    pub has_service: bool,
    /// Whether the repository rejects another image for an existing tag.
    pub has_immutable_tags: bool,
    pub credentials: Credentials,
    /// Seconds by which the clock of AWS is ahead of that of the programs.
    pub skew: i64,
    /// The maximum age of the state that a read of ECS sees.
    pub lag: Duration,
    /// The age at which ListServiceDeployments first shows a deployment.
    pub listed_after: Duration,
    pub restart: Restart,
    /// The time line of the deployment: see [`fakes::Rollout::over`].
    pub over: Duration,
}

impl Scenario {
    /// The scenario of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Rng::with_seed(mixed(seed, 0));
        let ending = match random.u8(..100) {
            0..50 => Ending::Healthy,
            50..70 => Ending::Crashes,
            70..80 => Ending::CannotPull,
            80..90 => Ending::UnhealthyTargets,
            _ => Ending::Superseded,
        };
        let skew = match random.u8(..100) {
            0..60 => 0,
            60..95 => random.i64(-240..=240),
            _ => 600 * if random.bool() { 1 } else { -1 },
        };
        let credentials = if random.u8(..100) < 60 {
            Credentials::Key
        } else {
            Credentials::Role(Duration::from_secs(random.u64(2..=60)))
        };
        let millis = |random: &mut Rng, chance: u8, most: u64| {
            let drawn = Duration::from_millis(random.u64(100..=most));
            if random.u8(..100) < chance {
                drawn
            } else {
                Duration::ZERO
            }
        };
        Self {
            seed,
            ending,
            has_service: random.u8(..100) < 70,
            has_immutable_tags: random.bool(),
            credentials,
            skew,
            lag: millis(&mut random, 40, 2000),
            listed_after: millis(&mut random, 20, 2000),
            restart: if random.u8(..100) < 60 {
                Restart::SameStep
            } else {
                Restart::FirstStep
            },
            over: Duration::from_millis(random.u64(800..=2000)),
        }
    }

    /// Whether AWS rejects the requests because of the clock.
    pub fn is_clock_wrong(&self) -> bool {
        self.skew.abs() > 300
    }

    /// What disturbs an attempt of a step, from 0.
    pub fn disturbance(&self, step: Step, attempt: usize) -> Disturbance {
        let key = 1 + step as u64 + 16 * attempt as u64;
        let mut random = Rng::with_seed(mixed(self.seed, key));
        // What a person deploys at the same time decides what is right after a restart.
        let is_contested = self.ending == Ending::Superseded && step == Step::Deploy;
        if attempt >= DISTURBED_ATTEMPTS || is_contested {
            return Disturbance::default();
        }
        let mut disturbance = Disturbance::default();
        let chance = if attempt == 0 { 60 } else { 30 };
        if !step.operations().is_empty() && random.u8(..100) < chance {
            let count = random.usize(1..=3);
            disturbance.faults = (0..count).map(|_| fault(&mut random, step)).collect();
        }
        let may_be_killed = self.ending != Ending::Superseded || step != Step::Wait;
        if random.u8(..100) < chance / 4 && may_be_killed {
            disturbance.kill = Some(kill(&mut random, step));
        }
        if matches!(self.credentials, Credentials::Role(_)) && random.u8(..100) < chance / 4 {
            disturbance.expire_after = Some(random.usize(1..=8));
        }
        disturbance
    }
}

fn fault(random: &mut Rng, step: Step) -> PlannedFault {
    let operations = step.operations();
    let operation = match random.u8(..100) {
        0..12 => ("*", "*"),
        12..16 if step != Step::Report => ("oidc", "GetToken"),
        16..20 if step != Step::Report => ("sts", "AssumeRoleWithWebIdentity"),
        _ => operations[random.usize(..operations.len())],
    };
    // An S3 object or an XML document that ends early, but with a length that fits, cannot be recognized.
    let is_json = matches!(operation.0, "ecs" | "ecr" | "logs" | "github" | "registry");
    let trouble = match trouble(random) {
        Trouble::Malformed if !is_json => Trouble::CutResponse(random.u64(0..=200)),
        trouble => trouble,
    };
    let latest = if step == Step::Wait { 8 } else { 3 };
    let one = PlannedFault {
        operation,
        trouble,
        skip: random.u64(0..=latest),
        times: match random.u8(..100) {
            0..60 => 1,
            60..92 => random.u64(2..=3),
            _ => 8,
        },
        percent: 100,
    };
    if random.u8(..100) < 12 {
        let refused = [
            Trouble::Throttle,
            Trouble::Status(500),
            Trouble::Status(503),
        ];
        return PlannedFault {
            operation: ("*", "*"),
            trouble: refused[random.usize(..refused.len())],
            skip: 0,
            times: u64::MAX,
            percent: random.u8(5..=30),
        };
    }
    one
}

fn trouble(random: &mut Rng) -> Trouble {
    match random.u8(..100) {
        0..18 => Trouble::Throttle,
        18..22 => Trouble::RetryAfter,
        22..32 => Trouble::Status(500),
        32..40 => Trouble::Status(503),
        40..43 => Trouble::BareStatus(503),
        43..48 => Trouble::HtmlPage(502),
        48..57 => Trouble::CutBeforeWork,
        57..72 => Trouble::CutAfterWork,
        72..77 => Trouble::CutRequest(random.u64(0..=400)),
        77..82 => Trouble::CutResponse(random.u64(0..=200)),
        82..87 => Trouble::Malformed,
        87..96 => Trouble::Delay(Duration::from_millis(random.u64(20..=900))),
        _ => Trouble::SlowLink(random.u64(20_000..=200_000)),
    }
}

fn kill(random: &mut Rng, step: Step) -> Kill {
    let last = match step {
        Step::Outputs => 1,
        Step::Push => 14,
        Step::Wait => 30,
        Step::Render => return Kill::AfterStart(Duration::from_millis(random.u64(1..=60))),
        Step::Deploy => 16,
        Step::Report => 4,
    };
    let request = random.usize(0..=last);
    match random.u8(..100) {
        0..60 => Kill::BeforeResponse(request),
        60..85 => Kill::AfterResponse(request, Duration::from_millis(random.u64(0..=30))),
        _ => Kill::AfterStart(Duration::from_millis(random.u64(1..=1000))),
    }
}

/// A seed of its own for each part of a scenario (splitmix64).
fn mixed(seed: u64, key: u64) -> u64 {
    let mut value = seed ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Disturbance, Scenario};
    use crate::chaos::step::Step;

    #[test]
    fn a_seed_always_results_in_the_same_scenario() {
        for seed in 0..50 {
            let (first, again) = (Scenario::of(seed), Scenario::of(seed));
            assert_eq!(first, again);
            for step in Step::ALL {
                assert_eq!(first.disturbance(step, 0), again.disturbance(step, 0));
            }
        }
    }

    #[test]
    fn five_hundred_seeds_contain_every_kind_of_trouble_for_every_operation() {
        let scenarios: Vec<Scenario> = (0..500).map(Scenario::of).collect();
        let endings: BTreeSet<String> = scenarios
            .iter()
            .map(|s| format!("{:?} {}", s.ending, s.has_service))
            .collect();
        assert_eq!(endings.len(), 10);
        let immutable = scenarios.iter().filter(|s| s.has_immutable_tags).count();
        assert!((200..300).contains(&immutable), "{immutable}");
        let mut troubled = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        let mut kills = BTreeSet::new();
        for (scenario, step) in scenarios
            .iter()
            .flat_map(|s| Step::ALL.map(|step| (s, step)))
        {
            let disturbance = scenario.disturbance(step, 0);
            for fault in &disturbance.faults {
                troubled.insert((step, fault.operation));
                let kind = format!("{:?}", fault.trouble);
                kinds.insert(kind.split('(').next().unwrap_or_default().to_owned());
            }
            kills.extend(disturbance.kill.map(|_| step));
        }
        for step in Step::ALL {
            for operation in step.operations() {
                assert!(troubled.contains(&(step, *operation)), "{operation:?}");
            }
        }
        assert_eq!((kinds.len(), kills.len()), (12, 6), "{kinds:?}");
        assert!(scenarios.iter().any(Scenario::is_clock_wrong));
    }

    #[test]
    fn the_last_attempt_is_not_disturbed() {
        let calm = Disturbance::default();
        assert!((0..200).all(|seed| Scenario::of(seed).disturbance(Step::Push, 3) == calm));
    }
}
