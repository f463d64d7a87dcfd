//! Verdicts by the service alone, if service deployments cannot be read.

use ecs_model::DeploymentRef;
use ecs_model::{self, Service};
use rollout::{EvidenceSource, Failed, Judgment, Observation, Outcome, Question, Refusal};
use serde_json::{Value, json};

use crate::recorded;
use crate::scene::*;

fn rolls_back() -> Value {
    json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}})
}

#[test]
fn completed_is_a_success_with_healthy_tasks() {
    let mut scene = Scene::with_service_only(json!({}));
    scene.record(
        20,
        service(
            20,
            json!({"deployments": [classic(OURS, "PRIMARY", "COMPLETED", 0, 20)]}),
        ),
    );
    assert!(scene.waits());
    scene.record(21, tasks(&[running(OURS, 2)]));
    scene.record(
        21,
        service(
            20,
            json!({"deployments": [classic(OURS, "PRIMARY", "COMPLETED", 0, 20)]}),
        ),
    );
    let verdict = scene.verdict();
    assert!(matches!(verdict.outcome, Outcome::Succeeded(_)));
    assert_eq!(verdict.evidence, EvidenceSource::Service);
}

#[test]
fn absence_counts_only_after_ours_was_seen_and_only_twice() {
    let mut scene = Scene::of(question());
    scene.record(1, Observation::NoServiceDeployments);
    // An outdated read from before our write contains only the old deployment.
    let before = json!({"deployments": [classic(OLD, "PRIMARY", "COMPLETED", -1000, -900)]});
    for second in 1..10 {
        scene.record(second, service(second, before.clone()));
    }
    assert!(scene.waits());
    scene.record(10, service(10, json!({})));
    // The same after ours was seen is still an outdated read.
    scene.record(11, service(11, before.clone()));
    scene.record(12, service(12, before));
    assert!(scene.waits());
    // Another deployment that is newer than ours.
    let next = json!({"deployments": [classic("300", "PRIMARY", "IN_PROGRESS", 20, 20), classic(OURS, "ACTIVE", "IN_PROGRESS", 0, 20)]});
    scene.record(21, service(21, next.clone()));
    assert!(scene.waits());
    scene.record(22, service(22, next));
    let Outcome::Superseded(superseded) = scene.outcome() else {
        panic!()
    };
    assert!(!superseded.or_rolled_back);
    assert_eq!(
        superseded.by.unwrap().revision.as_deref(),
        Some("ecs-svc/300")
    );
}

#[test]
fn an_earlier_deployment_again_may_be_a_rollback() {
    let mut scene = Scene::with_service_only(json!({}));
    let back = json!({"deployments": [classic(OLD, "PRIMARY", "IN_PROGRESS", 20, 20)]});
    scene.record(21, service(21, back.clone()));
    scene.record(22, service(22, back));
    assert!(matches!(scene.outcome(), Outcome::Superseded(s) if s.or_rolled_back));
}

#[test]
fn the_recorded_rollback_is_recognized() {
    // Files 19 and 20: PRIMARY fails, then the old id is PRIMARY again with a new createdAt.
    let mut old = recorded::json("20-deployment-breaker-rolling-back")["deployments"][0].clone();
    let ours = recorded::json("19-deployment-failing-before-breaker")["deployments"][0].clone();
    let created: jiff::Timestamp = ours["createdAt"].as_str().unwrap().parse().unwrap();
    let minute = jiff::SignedDuration::from_mins(1);
    let picture = |deployments: Value, events: Value| -> Observation {
        let body = json!({"status": "ACTIVE", "desiredCount": 12, "deployments": deployments,
            "events": events, "deploymentConfiguration": rolls_back()});
        Observation::Service(Box::new(ecs_model::from_answer::<Service>(&body).unwrap()))
    };
    let mut scene = Scene::of(Question {
        deployment: Some(DeploymentRef {
            created_at: Some(created),
            .."ecs-svc/2222222222222222222"
                .parse::<DeploymentRef>()
                .unwrap()
        }),
        ..question()
    });
    scene.watch = rollout::Watch::new(scene_question(created), created);
    let record = |scene: &mut Scene, minutes: i32, observation| {
        scene.watch.record(created + minute * minutes, observation);
        scene.watch.judge(created + minute * minutes)
    };
    record(&mut scene, 0, Observation::NoServiceDeployments);
    let waiting = record(
        &mut scene,
        1,
        picture(
            json!([ours, {"id": "ecs-svc/1111111111111111111", "status": "ACTIVE"}]),
            json!([]),
        ),
    );
    assert_eq!(waiting, Judgment::Waiting);
    let failed = json!([{"id": "e", "createdAt": "2022-10-26T19:19:12.056000+02:00",
        "message": "(service x) (deployment ecs-svc/2222222222222222222) deployment failed: tasks failed to start."},
        {"id": "f", "createdAt": "2022-10-26T19:19:12.057000+02:00",
        "message": "(service x) rolling back to deployment ecs-svc/1111111111111111111."}]);
    let Judgment::Decided(verdict) =
        record(&mut scene, 5, picture(json!([old.clone()]), failed.clone()))
    else {
        panic!()
    };
    let Outcome::RolledBack(rolled_back) = verdict.outcome else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        rolled_back.reason.as_deref(),
        Some("tasks failed to start.")
    );
    assert!(!rolled_back.finished);

    // After its end, the reason is only "completed", but the events still show it (file 22).
    old["rolloutState"] = json!("COMPLETED");
    old["rolloutStateReason"] = json!("ECS deployment ecs-svc/1111111111111111111 completed.");
    let mut late = Scene::of(question());
    late.watch = rollout::Watch::new(scene_question(created), created);
    record(&mut late, 0, Observation::NoServiceDeployments);
    record(&mut late, 1, picture(json!([ours]), json!([])));
    let Judgment::Decided(verdict) = record(&mut late, 9, picture(json!([old]), failed)) else {
        panic!()
    };
    assert!(matches!(verdict.outcome, Outcome::RolledBack(r) if r.finished));
}

fn scene_question(created: jiff::Timestamp) -> Question {
    Question {
        deployment: Some(DeploymentRef {
            created_at: Some(created),
            .."ecs-svc/2222222222222222222"
                .parse::<DeploymentRef>()
                .unwrap()
        }),
        ..question()
    }
}

#[test]
fn failed_without_a_rollback_is_failed_at_once() {
    let mut scene = Scene::with_service_only(json!({}));
    let mut ours = classic(OURS, "PRIMARY", "FAILED", 0, 20);
    ours["rolloutStateReason"] = json!("ECS deployment circuit breaker: tasks failed to start.");
    scene.record(20, service(20, json!({"deployments": [ours]})));
    assert!(matches!(
        scene.outcome(),
        Outcome::Failed(Failed::Breaker { reason: Some(_) })
    ));
}

#[test]
fn a_failed_first_deployment_is_failed_after_a_second_read() {
    let mut scene = Scene::with_service_only(json!({"deploymentConfiguration": rolls_back()}));
    let failed = json!({"deployments": [classic(OURS, "PRIMARY", "FAILED", 0, 20)], "deploymentConfiguration": rolls_back()});
    scene.record(20, service(20, failed.clone()));
    assert!(scene.waits());
    scene.record(31, service(31, failed));
    assert!(matches!(
        scene.outcome(),
        Outcome::Failed(Failed::First { .. })
    ));
}

#[test]
fn a_failed_first_deployment_is_not_rolled_back_by_the_next_one() {
    let mut scene = Scene::with_service_only(json!({
        "deploymentConfiguration": rolls_back(),
        "deployments": [classic(OURS, "PRIMARY", "IN_PROGRESS", 0, 1)],
    }));
    let next = json!({
        "deploymentConfiguration": rolls_back(),
        "deployments": [classic("300", "PRIMARY", "IN_PROGRESS", 40, 40), classic(OURS, "ACTIVE", "FAILED", 0, 40)],
    });
    scene.record(41, service(41, next));
    assert!(matches!(
        scene.outcome(),
        Outcome::Failed(Failed::First { .. })
    ));
}

#[test]
fn a_rollback_that_finished_before_the_first_read_is_recognized() {
    // No read showed ours as PRIMARY, and emulators keep the creation time of the old deployment.
    let mut scene = Scene::of(question());
    scene.record(1, Observation::NoServiceDeployments);
    let back = json!({
        "deploymentConfiguration": rolls_back(),
        "deployments": [classic(OLD, "PRIMARY", "COMPLETED", -1000, 30), classic(OURS, "INACTIVE", "FAILED", 0, 30)],
    });
    scene.record(31, service(31, back));
    let Outcome::RolledBack(rolled_back) = scene.outcome() else {
        panic!()
    };
    assert!(rolled_back.finished);
    assert_eq!(rolled_back.to.as_deref(), Some("ecs-svc/100"));
}

#[test]
fn another_deployments_failure_event_is_not_ours() {
    let mut scene = Scene::with_service_only(json!({}));
    scene.record(20, service(20, json!({"events": [event(19, "(service web) (deployment ecs-svc/1200) deployment failed: tasks failed to start.")]})));
    assert!(scene.waits());
    scene.record(21, service(21, json!({"events": [event(20, "(service web) (deployment ecs-svc/200) deployment failed: alarm detected.")]})));
    assert!(matches!(
        scene.outcome(),
        Outcome::Failed(Failed::Alarm { .. })
    ));
}

#[test]
fn traffic_shifting_strategies_need_the_permission() {
    let scene =
        Scene::with_service_only(json!({"deploymentConfiguration": {"strategy": "CANARY"}}));
    assert_eq!(
        scene.judge(),
        Judgment::Refused(Refusal::NeedsServiceDeployments { strategy: "CANARY" })
    );
}

#[test]
fn without_ours_in_the_lists_the_service_is_judged() {
    let mut scene = Scene::of(question());
    scene.record(1, plain_definition());
    let done = json!({"deployments": [classic(OURS, "PRIMARY", "COMPLETED", 0, 1)]});
    for second in [1, 3, 5, 7, 9, 11] {
        scene.record(second, listing(&[]));
        scene.record(second, service(second, done.clone()));
        scene.record(second, tasks(&[running(OURS, 2)]));
        assert!(scene.waits(), "{second}");
    }
    scene.record(17, service(17, done));
    scene.record(17, tasks(&[running(OURS, 2)]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(_)));
}

#[test]
fn without_a_reference_the_first_primary_is_ours() {
    let mut scene = Scene::of(Question {
        deployment: None,
        ..question()
    });
    scene.record(1, service(1, json!({})));
    assert_eq!(scene.ours().ecs_svc_id.as_deref(), Some("ecs-svc/200"));
    scene.record(
        2,
        service(
            2,
            json!({"deployments": [classic("300", "PRIMARY", "IN_PROGRESS", 2, 2)]}),
        ),
    );
    assert_eq!(scene.ours().ecs_svc_id.as_deref(), Some("ecs-svc/200"));
}

#[test]
fn an_unknown_deployment_is_rejected_after_a_minute() {
    let mut scene = Scene::of(question());
    scene.record(1, Observation::NoServiceDeployments);
    let other = json!({"deployments": [classic("300", "PRIMARY", "COMPLETED", 5, 5)]});
    scene.record(1, service(1, other.clone()));
    scene.record(30, service(30, other.clone()));
    assert!(scene.waits());
    scene.record(61, service(61, other));
    assert_eq!(scene.judge(), Judgment::Refused(Refusal::NeverSeen));
}
