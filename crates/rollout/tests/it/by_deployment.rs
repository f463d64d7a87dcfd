//! Verdicts by the service deployment.

use rollout::{Failed, Observation, Outcome, Proof, Stopped};
use serde_json::json;

use crate::scene::*;

#[test]
fn successful_is_a_success_only_with_healthy_tasks_seen_after_it() {
    let mut scene = Scene::with_deployments();
    // Two healthy tasks, but ECS has not decided.
    scene.record(20, tasks(&[running(OURS, 2)]));
    scene.record(20, service(20, json!({})));
    scene.record(20, deployment(20, "IN_PROGRESS", json!({})));
    assert!(scene.waits());
    // ECS has decided, but the tasks were read before that.
    scene.record(30, deployment(30, "SUCCESSFUL", json!({})));
    assert!(scene.waits());
    assert!(scene.watch.next_reads().tasks && scene.watch.next_reads().service);
    // One task is not enough, and tasks of the old revision are not ours.
    scene.record(31, service(30, json!({})));
    scene.record(31, tasks(&[running(OURS, 1), running(OLD, 2)]));
    assert!(scene.waits());
    scene.record(33, service(30, json!({})));
    scene.record(33, tasks(&[running(OURS, 2)]));
    assert_eq!(
        scene.outcome(),
        Outcome::Succeeded(Proof {
            required: 2,
            seen: 2,
            by_targets: false,
            by_containers: false,
            gap: None
        })
    );
}

#[test]
fn tasks_must_be_healthy_in_their_own_target_group() {
    let mut scene = Scene::with_deployments();
    let blue_green = json!({"loadBalancers": [{"targetGroupArn": "blue", "containerPort": 8080,
        "advancedConfiguration": {"alternateTargetGroupArn": "green"}}]});
    scene.record(2, deployment(2, "SUCCESSFUL", json!({})));
    scene.record(3, service(3, blue_green.clone()));
    scene.record(3, tasks(&[running(OURS, 2)]));
    assert!(scene.waits());
    let groups: Vec<_> = scene
        .watch
        .facts()
        .registrations()
        .into_iter()
        .flat_map(|r| r.groups)
        .collect();
    assert_eq!(groups, ["blue", "green"]);

    let revision = json!({"serviceRevisionArn": arn(OURS), "loadBalancers": blue_green["loadBalancers"],
        "resolvedConfiguration": {"loadBalancers": [{"targetGroupArn": "green"}]}});
    scene.record(
        3,
        Observation::Revision(Box::new(ecs_model::from_answer(&revision).unwrap())),
    );
    // Health in the target group of the other revision does not count.
    scene.record(3, targets("blue", &["healthy", "healthy"]));
    scene.record(3, targets("green", &["healthy", "initial"]));
    assert!(scene.waits());
    scene.record(4, targets("green", &["healthy", "healthy"]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(p) if p.by_targets && p.seen == 2));
}

#[test]
fn unknown_container_health_means_not_yet_if_there_is_a_check() {
    let mut scene = Scene::with_deployments();
    let body =
        json!({"containerDefinitions": [{"name": "app", "healthCheck": {"command": ["x"]}}]});
    scene.record(
        1,
        Observation::TaskDefinition(Box::new(ecs_model::from_answer(&body).unwrap())),
    );
    scene.record(2, deployment(2, "SUCCESSFUL", json!({})));
    scene.record(3, service(3, json!({})));
    scene.record(3, tasks(&[running(OURS, 2)]));
    assert!(scene.waits());
    scene.record(4, tasks(&[healthy(OURS, 2)]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(p) if p.by_containers));
}

#[test]
fn a_reported_health_means_a_check_if_the_definition_cannot_be_read() {
    let mut scene = Scene::with_deployments();
    scene.record(1, Observation::NoTaskDefinition);
    scene.record(2, deployment(2, "SUCCESSFUL", json!({})));
    scene.record(3, service(3, json!({})));
    let mut one_of_two = running(OURS, 2);
    one_of_two[0]["healthStatus"] = json!("HEALTHY");
    scene.record(3, tasks(&[one_of_two]));
    assert!(scene.waits());
    scene.record(4, tasks(&[healthy(OURS, 2)]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(p) if p.by_containers));
}

#[test]
fn the_required_count_is_that_of_the_completion() {
    // Scaling out after the completion is not required. After scaling in, fewer are enough.
    for (desired, running_tasks) in [(5, 2), (1, 1)] {
        let mut scene = Scene::with_deployments();
        scene.record(2, deployment(2, "SUCCESSFUL", json!({})));
        scene.record(3, service(3, json!({"desiredCount": desired})));
        scene.record(3, tasks(&[running(OURS, running_tasks)]));
        assert!(
            matches!(scene.outcome(), Outcome::Succeeded(_)),
            "{desired}"
        );
    }
    let mut nothing = Scene::with_deployments();
    nothing.record(
        2,
        deployment(
            2,
            "SUCCESSFUL",
            json!({"targetServiceRevision": {"arn": arn(OURS), "requestedTaskCount": 0}}),
        ),
    );
    nothing.record(3, service(3, json!({"desiredCount": 0})));
    assert_eq!(nothing.outcome(), Outcome::Succeeded(Proof::NOTHING));
}

#[test]
fn an_outdated_read_takes_nothing_back() {
    let mut scene = Scene::with_deployments();
    scene.record(9, deployment(9, "SUCCESSFUL", json!({})));
    scene.record(10, deployment(5, "IN_PROGRESS", json!({})));
    scene.record(10, service(9, json!({})));
    scene.record(10, tasks(&[running(OURS, 2)]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(_)));
    // A task that was seen stopped does not run again.
    let mut scene = Scene::with_deployments();
    scene.record(9, deployment(9, "SUCCESSFUL", json!({})));
    let mut stopped = running(OURS, 2);
    stopped[1]["lastStatus"] = json!("STOPPED");
    stopped[1]["version"] = json!(4);
    scene.record(10, tasks(&[stopped]));
    scene.record(11, tasks(&[running(OURS, 2)]));
    scene.record(11, service(11, json!({})));
    assert!(scene.waits());
}

#[test]
fn the_start_of_a_rollback_is_the_verdict() {
    let reason =
        "Service deployment rolled back because the circuit breaker threshold was exceeded.";
    for status in [
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
    ] {
        let mut scene = Scene::with_deployments();
        scene.record(9, deployment(9, status, json!({"statusReason": reason})));
        let Outcome::RolledBack(rolled_back) = scene.outcome() else {
            panic!("{status}: {:?}", scene.outcome());
        };
        assert_eq!(rolled_back.finished, status == "ROLLBACK_SUCCESSFUL");
        assert_eq!(rolled_back.to, Some(arn(OLD)));
        assert_eq!(rolled_back.reason.as_deref(), Some(reason));
    }
    let mut patient = question();
    patient.until_rolled_back = true;
    let mut scene = Scene::of(patient);
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(2, deployment(2, "ROLLBACK_IN_PROGRESS", json!({})));
    assert!(scene.waits());
    scene.record(
        3,
        deployment(3, "ROLLBACK_FAILED", json!({"statusReason": "x"})),
    );
    assert_eq!(
        scene.outcome(),
        Outcome::Failed(Failed::Rollback {
            reason: Some("x".into())
        })
    );
}

#[test]
fn a_first_deployment_cannot_be_rolled_back() {
    let first = json!({"sourceServiceRevisions": [], "statusReason": "No rollback candidate was found to run the rollback."});
    for status in ["ROLLBACK_REQUESTED", "ROLLBACK_FAILED"] {
        let mut scene = Scene::with_deployments();
        scene.record(9, deployment(9, status, first.clone()));
        assert!(
            matches!(scene.outcome(), Outcome::Failed(Failed::First { .. })),
            "{status}"
        );
    }
    // A body without its sources does not prove it.
    let mut scene = Scene::with_deployments();
    scene.record(
        9,
        deployment(
            9,
            "ROLLBACK_REQUESTED",
            json!({"sourceServiceRevisions": null}),
        ),
    );
    assert!(scene.waits());
}

#[test]
fn without_a_rollback_breaker_and_alarms_mean_failed() {
    for status in ["IN_PROGRESS", "STOP_REQUESTED", "STOPPED"] {
        let mut scene = Scene::with_deployments();
        scene.record(
            9,
            deployment(
                9,
                status,
                json!({"deploymentCircuitBreaker": {"status": "TRIGGERED"}}),
            ),
        );
        assert!(
            matches!(scene.outcome(), Outcome::Failed(Failed::Breaker { .. })),
            "{status}"
        );
        let mut scene = Scene::with_deployments();
        scene.record(
            9,
            deployment(
                9,
                status,
                json!({"alarms": {"triggeredAlarmNames": ["5xx"]}}),
            ),
        );
        assert!(
            matches!(scene.outcome(), Outcome::Failed(Failed::Alarm { names, .. }) if names == ["5xx"]),
            "{status}"
        );
    }
    // With a rollback, ECS has not decided yet.
    let mut scene = Scene::with_deployments();
    scene.record(9, deployment(9, "IN_PROGRESS", json!({"deploymentCircuitBreaker": {"status": "TRIGGERED"},
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}})));
    assert!(scene.waits());
}

#[test]
fn stopped_by_a_later_deployment_is_superseded() {
    // The times of kayac/ecspresso#899: the successor is 0.3 s older than our end.
    let mut scene = Scene::with_deployments();
    scene.record(
        12,
        deployment(10, "STOPPED", json!({"finishedAt": at(10).to_string()})),
    );
    assert!(scene.waits());
    assert!(scene.watch.next_reads().listing);
    scene.record(
        13,
        listing(&[(0, "ours", OURS), (10, "next", "300"), (20, "later", "400")]),
    );
    let Outcome::Superseded(superseded) = scene.outcome() else {
        panic!("{:?}", scene.outcome());
    };
    let by = superseded.by.unwrap();
    assert_eq!(by.revision, Some(arn("300")));
    assert_eq!(by.service_deployment_arn, Some(deployment_arn("next")));
    assert!(!superseded.or_rolled_back);

    // Also by a deployment of the old revision again: it is a new service deployment.
    let mut scene = Scene::with_deployments();
    scene.record(
        12,
        deployment(10, "STOPPED", json!({"finishedAt": at(10).to_string()})),
    );
    scene.record(
        13,
        listing(&[(-900, "old", OLD), (0, "ours", OURS), (9, "back", OLD)]),
    );
    assert!(
        matches!(scene.outcome(), Outcome::Superseded(s) if s.by.as_ref().unwrap().revision == Some(arn(OLD)))
    );
}

#[test]
fn stopped_without_a_successor_is_stopped_after_a_second_read() {
    let mut scene = Scene::with_deployments();
    scene.record(
        12,
        deployment(
            10,
            "STOPPED",
            json!({"statusReason": "why", "stoppedAt": at(10).to_string()}),
        ),
    );
    scene.record(13, listing(&[(0, "ours", OURS)]));
    scene.record(13, service(13, json!({})));
    assert!(scene.waits());
    // A fix that was deployed a minute after the end did not replace ours.
    scene.record(23, listing(&[(0, "ours", OURS), (70, "fix", "300")]));
    assert_eq!(
        scene.outcome(),
        Outcome::Stopped(Stopped::Stopped {
            reason: Some("why".into())
        })
    );
}

#[test]
fn success_that_was_not_seen_before_a_successor_is_superseded() {
    let mut scene = Scene::with_deployments();
    scene.record(20, deployment(20, "SUCCESSFUL", json!({})));
    scene.record(20, listing(&[(0, "ours", OURS), (19, "next", "300")]));
    // The tasks have not been read yet, so they may be healthy.
    assert!(scene.waits());
    scene.record(21, service(21, json!({})));
    scene.record(21, tasks(&[running(OURS, 1)]));
    assert!(matches!(scene.outcome(), Outcome::Superseded(s) if s.after_success));
}
