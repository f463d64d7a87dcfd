//! What proves that a successful deployment is healthy: slow answers, replaced tasks, EC2 instances as
//! targets, and missing permissions.

use ecs_model::{TargetHealth, TargetState};
use rollout::{Observation, Outcome, Proof, ProofGap, ReadSpan};
use serde_json::{Value, json};

use crate::scene::*;

const GROUP: &str = "tg";

/// A successful deployment of a service with a load balancer, and with this many tasks.
fn successful(desired: u32) -> Scene {
    let mut scene = Scene::with_deployments();
    let revision = json!({"arn": arn(OURS), "requestedTaskCount": desired});
    let more = json!({"targetServiceRevision": revision, "finishedAt": at(10).to_string()});
    scene.record(10, deployment(10, "SUCCESSFUL", more));
    scene.record(11, balanced(desired));
    scene
}

fn balanced(desired: u32) -> Observation {
    let balancers = json!([{"targetGroupArn": GROUP, "containerPort": 8080}]);
    let more = json!({"desiredCount": desired, "loadBalancers": balancers});
    service(10, more)
}

fn proof(scene: &Scene) -> Proof {
    match scene.outcome() {
        Outcome::Succeeded(proof) => proof,
        other => panic!("{other:?}"),
    }
}

/// Tasks with these numbers.
fn numbered(numbers: impl Iterator<Item = usize>) -> Value {
    let all = running(OURS, 200);
    numbers.map(|n| all[n - 1].clone()).collect()
}

fn described(tasks: &Value) -> Observation {
    Observation::DescribedTasks(ecs_model::from_answer(tasks).unwrap())
}

fn arns(tasks: &Value) -> Observation {
    let tasks = tasks.as_array().unwrap();
    let arns = tasks
        .iter()
        .map(|t| t["taskArn"].as_str().unwrap().to_owned());
    Observation::TaskList(arns.collect())
}

#[test]
fn slow_answers_prove_as_much_as_fast_ones() {
    let mut scene = successful(2);
    let mut record = |sent, received, observation| {
        let span = ReadSpan {
            sent: at(sent),
            received: at(received),
        };
        scene.watch.record_read(span, observation);
    };
    // A round of half a minute.
    record(20, 28, balanced(2));
    let tasks = running(OURS, 2);
    record(28, 40, arns(&tasks));
    record(40, 44, described(&tasks));
    record(44, 52, targets(GROUP, &["healthy", "healthy"]));
    scene.now = 52;
    assert_eq!(proof(&scene).seen, 2);
}

#[test]
fn reads_far_apart_prove_nothing_together() {
    let mut scene = successful(2);
    scene.record(20, balanced(2));
    scene.record(20, tasks(&[running(OURS, 2)]));
    scene.record(40, targets(GROUP, &["healthy", "healthy"]));
    assert!(scene.waits());
}

#[test]
fn each_task_is_judged_by_its_own_newest_read() {
    let mut scene = successful(3);
    let all = running(OURS, 3);
    scene.record(20, balanced(3));
    scene.record(20, arns(&all));
    scene.record(20, described(&numbered(1..=2)));
    scene.record(20, targets(GROUP, &["healthy", "healthy", "healthy"]));
    assert!(scene.waits(), "one task was not described");
    // Only the rest is read.
    scene.record(22, described(&numbered(3..=3)));
    assert_eq!(proof(&scene).seen, 3);
}

/// Rounds in which another task is being replaced each time.
fn churn(scene: &mut Scene, desired: usize, state_of_missing: &str) {
    for round in 0..6 {
        let second = 12 + 10 * round as i64;
        let mut states = vec!["healthy"; desired];
        states[round % desired] = state_of_missing;
        scene.record(second, balanced(desired as u32));
        scene.record(second, tasks(&[numbered(1..=desired)]));
        scene.record(second, targets(GROUP, &states));
    }
}

#[test]
fn one_task_of_many_that_is_being_replaced_is_no_failure() {
    for desired in [3, 60] {
        let mut scene = successful(desired as u32);
        churn(&mut scene, desired, "initial");
        assert_eq!(proof(&scene).seen, desired as u32 - 1, "{desired}");
    }
}

#[test]
fn an_unhealthy_task_is_not_a_replacement() {
    let mut scene = successful(60);
    churn(&mut scene, 60, "unhealthy");
    assert!(scene.waits());
    assert!(scene.watch.facts().has_unhealthy_tasks());
}

#[test]
fn a_crash_after_the_end_is_not_a_replacement() {
    let mut scene = successful(60);
    let mut crash = crashed(1);
    crash[0]["stoppedAt"] = json!(at(15).to_string());
    scene.record(11, tasks(&[crash]));
    churn(&mut scene, 60, "initial");
    assert!(scene.waits());
}

#[test]
fn one_of_two_tasks_is_not_enough() {
    let mut scene = successful(2);
    churn(&mut scene, 2, "initial");
    assert!(scene.waits());
    assert!(!scene.watch.facts().has_unhealthy_tasks());
}

/// Targets in bridge mode, in these states.
fn instances(states: &[&str]) -> Observation {
    Observation::Targets {
        group: GROUP.to_owned(),
        targets: states
            .iter()
            .zip(32768..)
            .map(|(state, port)| TargetHealth {
                id: "i-0123456789abcdef0".to_owned(),
                port: Some(port),
                state: TargetState::from(*state),
                reason: None,
                description: None,
            })
            .collect(),
    }
}

#[test]
fn instances_as_targets_are_counted_and_not_matched() {
    let mut scene = successful(2);
    scene.record(12, tasks(&[running(OURS, 2)]));
    scene.record(12, instances(&["healthy", "unhealthy"]));
    assert!(scene.waits(), "one healthy target is too few");
    scene.record(13, instances(&["healthy", "healthy"]));
    assert_eq!(proof(&scene).gap, Some(ProofGap::TargetsAreInstances));
}

#[test]
fn instances_are_counted_in_the_same_round_as_the_tasks() {
    let mut scene = successful(2);
    scene.record(12, instances(&["healthy", "healthy"]));
    scene.record(40, balanced(2));
    scene.record(40, tasks(&[running(OURS, 2)]));
    assert!(scene.waits(), "the targets were read long before");
    scene.record(41, instances(&["healthy", "healthy"]));
    assert_eq!(proof(&scene).seen, 2);
}

#[test]
fn a_replaced_task_does_not_excuse_several_unhealthy_instances() {
    let replaced = |states: &[[&str; 3]; 3]| {
        let mut scene = successful(3);
        for round in 0..4 {
            let second = 12 + 10 * round;
            let missing = 1 + (round as usize) % 3;
            scene.record(second, balanced(3));
            scene.record(
                second,
                tasks(&[numbered((1..=3).filter(|n| *n != missing))]),
            );
            scene.record(second, instances(&states[missing - 1]));
        }
        scene
    };
    let (healthy, starts) = ("healthy", "initial");
    let turns = [
        [starts, healthy, healthy],
        [healthy, starts, healthy],
        [healthy, healthy, starts],
    ];
    assert_eq!(proof(&replaced(&turns)).seen, 2);
    assert!(
        replaced(&[[healthy, starts, starts]; 3]).waits(),
        "two are missing"
    );
    assert!(
        replaced(&[turns[2]; 3]).waits(),
        "the third was never healthy"
    );
    let refused =
        turns.map(|turn| turn.map(|state| if state == starts { "unhealthy" } else { state }));
    assert!(replaced(&refused).waits(), "one is unhealthy");
}

#[test]
fn without_a_permission_ecs_is_believed_and_the_gap_is_named() {
    let mut scene = successful(2);
    scene.record(12, Observation::NoTasks);
    assert_eq!(proof(&scene).gap, Some(ProofGap::TasksDenied));

    let mut scene = successful(2);
    scene.record(12, Observation::NoTargets);
    scene.record(12, tasks(&[running(OURS, 1)]));
    assert!(scene.waits(), "the tasks are still counted");
    scene.record(13, tasks(&[running(OURS, 2)]));
    assert_eq!(proof(&scene).gap, Some(ProofGap::TargetsDenied));
}
