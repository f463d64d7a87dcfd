//! Pauses, requested rollbacks, and what is kept for the cause.

use ecs_model::{TargetHealth, TargetState};
use jiff::SignedDuration;
use rollout::{Failed, Limit, Observation, Outcome, RollbackRequest};
use serde_json::{Value, json};

use crate::scene::{
    OLD, OURS, Scene, arn, at, deployment, deployment_arn, listing, question, running, service,
    tasks,
};

fn paused() -> Value {
    json!({
        "deploymentConfiguration": {"strategy": "BLUE_GREEN"},
        "lifecycleStage": "POST_SCALE_UP",
        "lifecycleHookDetails": [
            {"hookId": "ecs-lambda-1", "status": "SUCCEEDED"},
            {"hookId": "ecs-pause-2", "status": "AWAITING_ACTION", "timeoutAction": "ROLLBACK",
                "expiresAt": at(600).to_string()},
        ],
    })
}

#[test]
fn the_rollback_request_depends_on_the_status() {
    let arn = deployment_arn("ours");
    let stop = Some(RollbackRequest::Stop {
        deployment: arn.clone(),
    });
    let at_hook = Some(RollbackRequest::AtHook {
        deployment: arn,
        hook: "ecs-pause-2".to_owned(),
    });
    for (status, more, way) in [
        ("PENDING", json!({}), stop.clone()),
        ("IN_PROGRESS", json!({}), stop.clone()),
        ("IN_PROGRESS", paused(), at_hook),
        ("STOP_REQUESTED", json!({}), None),
        ("ROLLBACK_REQUESTED", paused(), None),
        ("ROLLBACK_IN_PROGRESS", json!({}), None),
        ("SUCCESSFUL", json!({}), None),
        ("STOPPED", json!({}), None),
    ] {
        let mut scene = Scene::with_deployments();
        assert_eq!(
            scene.watch.facts().rollback_request(),
            stop,
            "only its ARN is known"
        );
        scene.record(5, deployment(5, status, more));
        assert_eq!(scene.watch.facts().rollback_request(), way, "{status}");
    }
    let unknown = Scene::with_service_only(json!({}));
    assert_eq!(unknown.watch.facts().rollback_request(), None);
}

#[test]
fn a_pause_contains_its_hook_and_timeout_action() {
    let mut scene = Scene::with_deployments();
    scene.record(5, deployment(5, "IN_PROGRESS", paused()));
    let pause = scene.watch.facts().pause().expect("paused");
    assert_eq!(pause.hook_id.as_deref(), Some("ecs-pause-2"));
    assert_eq!(pause.timeout_action.as_deref(), Some("ROLLBACK"));
    assert_eq!(pause.expires_at, Some(at(600)));
    assert!(scene.waits(), "a pause does not end it");
    scene.record(6, deployment(6, "ROLLBACK_REQUESTED", paused()));
    assert_eq!(scene.watch.facts().pause(), None);
}

#[test]
fn a_deployment_stopped_during_its_rollback_was_rolled_back() {
    let on_its_way = json!({
        "deploymentCircuitBreaker": {"status": "TRIGGERED"},
        "rollback": {"reason": "tasks failed to start", "startedAt": at(10).to_string(),
            "serviceRevisionArn": arn(OLD)},
    });
    let mut asked = question();
    asked.until_rolled_back = true;
    let mut scene = Scene::of(asked);
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(1, service(1, json!({})));
    scene.record(
        10,
        deployment(10, "ROLLBACK_IN_PROGRESS", on_its_way.clone()),
    );
    assert!(scene.waits());
    // A new deployment stops ours during its rollback.
    scene.record(20, listing(&[(0, "ours", OURS), (19, "next", "300")]));
    scene.record(20, deployment(20, "STOPPED", on_its_way.clone()));
    let Outcome::RolledBack(back) = scene.outcome() else {
        panic!("{:?}", scene.outcome());
    };
    assert!(!back.finished);
    assert_eq!(back.to, Some(arn(OLD)));

    // The same, seen only at its end; and a first deployment, which cannot be rolled back.
    let mut late = Scene::with_deployments();
    late.record(20, deployment(20, "STOPPED", on_its_way));
    assert_eq!(late.outcome().name(), "rolled-back");
    let mut first = Scene::with_deployments();
    let nowhere = json!({"sourceServiceRevisions": [],
        "rollback": {"startedAt": at(10).to_string()}});
    first.record(20, deployment(20, "STOPPED", nowhere));
    assert!(matches!(
        first.outcome(),
        Outcome::Failed(Failed::First { .. })
    ));
}

#[test]
fn a_requested_rollback_has_its_own_deadline() {
    for until_rolled_back in [false, true] {
        let mut asked = question();
        asked.limit = Limit::Fixed(SignedDuration::from_secs(10));
        asked.until_rolled_back = until_rolled_back;
        let mut scene = Scene::of(asked);
        scene.record(1, listing(&[(0, "ours", OURS)]));
        scene.record(10, deployment(10, "IN_PROGRESS", json!({})));
        assert_eq!(scene.outcome().name(), "timed-out");
        scene.watch.follow_rollback(at(100));
        scene.record(15, deployment(15, "IN_PROGRESS", json!({})));
        assert!(scene.waits());
        scene.record(20, deployment(20, "ROLLBACK_IN_PROGRESS", json!({})));
        assert_eq!(scene.waits(), until_rolled_back);
        scene.record(30, deployment(30, "ROLLBACK_SUCCESSFUL", json!({})));
        assert!(matches!(scene.outcome(), Outcome::RolledBack(r) if r.finished));
    }
}

#[test]
fn an_unhealthy_target_is_kept_after_its_task() {
    let mut scene = Scene::with_deployments();
    scene.record(
        2,
        service(
            2,
            json!({"loadBalancers": [{"targetGroupArn": "tg", "containerPort": 8080}]}),
        ),
    );
    scene.record(3, tasks(&[running(OURS, 1)]));
    let refused = TargetHealth {
        id: "10.0.0.1".to_owned(),
        port: Some(8080),
        state: TargetState::Unhealthy,
        reason: Some("Target.Timeout".to_owned()),
        description: Some("Request timed out".to_owned()),
    };
    let group = |targets: Vec<TargetHealth>| Observation::Targets {
        group: "tg".to_owned(),
        targets,
    };
    scene.record(4, group(vec![refused.clone()]));
    let draining = TargetHealth {
        state: TargetState::Draining,
        reason: None,
        ..refused.clone()
    };
    scene.record(6, group(vec![draining]));
    scene.record(8, group(Vec::new()));
    let kept: Vec<_> = scene
        .watch
        .facts()
        .refused_targets
        .values()
        .cloned()
        .collect();
    assert_eq!(kept, [refused]);
}
