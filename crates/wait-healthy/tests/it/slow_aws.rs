//! AWS that is slow or throttles: the verdict is the same, and it is not much later.

use std::sync::Mutex;
use std::time::Duration;

use fakes::{Answer, Cloud, Fault, Request, Rollout};
use fastrand::Rng;
use rollout::Outcome;
use tokio::time::Instant;

use crate::memory;
use crate::request_rate::{cloud, deploy, service, service_of, wait_over};
use crate::seeds::{self, paused_runtime};

/// The operations of a wait.
const OPERATIONS: [(&str, &str); 8] = [
    ("ecs", "DescribeServices"),
    ("ecs", "ListServiceDeployments"),
    ("ecs", "DescribeServiceDeployments"),
    ("ecs", "DescribeServiceRevisions"),
    ("ecs", "DescribeTaskDefinition"),
    ("ecs", "ListTasks"),
    ("ecs", "DescribeTasks"),
    ("elb", "DescribeTargetHealth"),
];

#[tokio::test(start_paused = true)]
async fn many_tasks_and_slow_answers_still_succeed() {
    for (tasks, latency) in [(700, 150..200), (2, 1_500..1_600), (1_500, 200..300)] {
        let cloud = cloud(0);
        service_of(&cloud, "web", true, tasks);
        let rollout = Rollout::healthy().over(Duration::from_secs(30));
        let deployment = deploy(&cloud, "web", rollout);
        let http = memory::slow_client(3, latency, cloud.answerer());
        let verdict = wait_over(http, "web", deployment).await;
        let Outcome::Succeeded(proof) = verdict.outcome else {
            panic!("{tasks} tasks: {verdict:?}");
        };
        assert_eq!(proof.seen, tasks);
    }
}

/// Answers a share of all requests, in percent, with this fault.
fn with_faults(
    seed: u64,
    percent: u32,
    fault: fn(fakes::FaultRule) -> Fault,
    answer: impl Fn(Request) -> Answer + Send + Sync + 'static,
) -> impl Fn(Request) -> Answer + Send + Sync + 'static {
    let failing: &'static Cloud = Box::leak(Box::new(cloud(0)));
    for (service, operation) in OPERATIONS {
        failing.fault(fault(Fault::on(service, operation).always()));
    }
    let fails = failing.answerer();
    let rng = Mutex::new(Rng::with_seed(seed));
    move |request| {
        if rng.lock().unwrap().u32(0..100) < percent {
            fails(request)
        } else {
            answer(request)
        }
    }
}

/// How late a verdict is if a share of all requests, in percent, gets this fault.
async fn lateness(seed: u64, percent: u32, fault: fn(fakes::FaultRule) -> Fault) -> Duration {
    let over = Duration::from_secs(60);
    let cloud = cloud(0);
    service(&cloud, "web", true);
    let deployment = deploy(&cloud, "web", Rollout::healthy().over(over));
    let answer = with_faults(seed, percent, fault, cloud.answerer());
    // The pauses of the program and of the SDK are drawn from this generator.
    fastrand::seed(seed);
    let begun = Instant::now();
    let verdict = wait_over(memory::client(seed, answer), "web", deployment).await;
    assert!(
        matches!(verdict.outcome, Outcome::Succeeded(_)),
        "{percent} %, seed {seed}: {verdict:?}"
    );
    begun.elapsed().saturating_sub(over)
}

/// `SEEDS=N` plays another number of waits with each fault than 20.
#[test]
#[expect(
    clippy::print_stdout,
    reason = "a test's output is where its figures are"
)]
fn throttling_and_server_errors_delay_the_verdict_by_seconds() {
    let throttle: fn(fakes::FaultRule) -> Fault = fakes::FaultRule::throttle;
    let broken: fn(fakes::FaultRule) -> Fault = |rule| rule.status(503);
    let mut too_late = Vec::new();
    for (first, percent, fault) in [
        (0, 20, throttle),
        (1_000, 35, throttle),
        (2_000, 35, broken),
    ] {
        let count = seeds::count("SEEDS").unwrap_or(20);
        let mut late = seeds::play(count, |n| {
            let seed = first + n;
            (
                paused_runtime().block_on(lateness(seed, percent, fault)),
                seed,
            )
        });
        late.sort_unstable();
        let median = late[late.len() / 2];
        let worst = late[late.len() - 1];
        println!("{percent} % of {count}: median {median:?}, worst {worst:?}");
        late.retain(|(late, _)| *late > Duration::from_secs(6));
        too_late.extend(late);
    }
    assert!(too_late.is_empty(), "{too_late:?}");
}
