//! What the question changes: pauses, earlier stages, fail-fast, deadlines; and what is refused.

use std::num::NonZeroU32;

use ecs_model::DeploymentRef;
use ecs_model::{self, LifecycleStage};
use jiff::SignedDuration;
use rollout::{DecidedBy, Failed, Judgment, Limit, Observation, Outcome, Refusal, Stopped, Until};
use serde_json::json;

use crate::recorded;
use crate::scene::*;

#[test]
fn a_pause_is_a_verdict_only_with_exit_on_pause() {
    let body = recorded::json("15-servicedeployment-bluegreen-paused");
    let paused: Vec<ecs_model::ServiceDeployment> =
        ecs_model::list_from_answer(&body, "serviceDeployments").unwrap();
    let deployment = paused[0]
        .service_deployment_arn
        .parse::<DeploymentRef>()
        .unwrap();
    for exit_on_pause in [false, true] {
        let mut asked = question();
        asked.deployment = Some(deployment.clone());
        asked.exit_on_pause = exit_on_pause;
        let mut scene = Scene::of(asked);
        scene.record(
            1,
            Observation::ServiceDeployment(Box::new(paused[0].clone())),
        );
        if exit_on_pause {
            let Outcome::Paused(pause) = scene.outcome() else {
                panic!()
            };
            assert!(pause.hook_id.unwrap().starts_with("ecs-pause-"));
            assert_eq!(pause.timeout_action.as_deref(), Some("ROLLBACK"));
        } else {
            assert!(scene.waits());
            assert_eq!(scene.ours().number(), Some("1234567890123456789"));
        }
    }
}

#[test]
fn earlier_stages_have_their_own_names() {
    let mut asked = question();
    asked.until = Until::Stage(LifecycleStage::TestTrafficShift);
    let blue_green = |stage: &str| json!({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}, "lifecycleStage": stage});
    let mut scene = Scene::of(asked.clone());
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(2, deployment(2, "IN_PROGRESS", blue_green("SCALE_UP")));
    assert!(scene.waits());
    scene.record(
        3,
        deployment(3, "IN_PROGRESS", blue_green("PRODUCTION_TRAFFIC_SHIFT")),
    );
    assert_eq!(scene.outcome().name(), "TEST_TRAFFIC_SHIFT");

    let mut scene = Scene::of(asked);
    scene.record(1, service(1, json!({})));
    assert_eq!(
        scene.judge(),
        Judgment::Refused(Refusal::NoStages(LifecycleStage::TestTrafficShift))
    );

    for (until, states, name) in [
        (Until::Running, ["initial", "initial"], Some("running")),
        (Until::Healthy, ["initial", "healthy"], None),
        (Until::Healthy, ["healthy", "healthy"], Some("healthy")),
    ] {
        let mut asked = question();
        asked.until = until;
        let mut scene = Scene::of(asked);
        scene.record(1, plain_definition());
        scene.record(1, listing(&[(0, "ours", OURS)]));
        scene.record(
            2,
            service(
                2,
                json!({"loadBalancers": [{"targetGroupArn": "tg", "containerPort": 8080}]}),
            ),
        );
        scene.record(2, deployment(2, "IN_PROGRESS", json!({})));
        // Nothing has started, so 0 of 0 does not count.
        assert!(scene.waits());
        scene.record(3, tasks(&[running(OURS, 2)]));
        scene.record(3, targets("tg", &states));
        assert_eq!(name, (!scene.waits()).then(|| scene.outcome().name()));
    }
}

#[test]
fn fail_fast_counts_failures_of_ours_while_none_was_healthy() {
    let mut asked = question();
    asked.fail_fast = NonZeroU32::new(3);
    let mut scene = Scene::of(asked.clone());
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(2, deployment(2, "IN_PROGRESS", json!({})));
    let mut surplus = crashed(5);
    for task in surplus.as_array_mut().unwrap() {
        task["stopCode"] = json!("ServiceSchedulerInitiated");
        task["stoppedReason"] = json!("Scaling activity initiated by (deployment ecs-svc/200)");
        task["containers"][0]["exitCode"] = json!(137);
    }
    scene.record(3, tasks(&[surplus]));
    assert!(scene.waits());
    let mut scene = Scene::of(asked.clone());
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(2, deployment(2, "IN_PROGRESS", json!({})));
    scene.record(3, tasks(&[crashed(2)]));
    assert!(scene.waits());
    scene.record(4, tasks(&[crashed(3)]));
    let verdict = scene.verdict();
    assert_eq!(
        verdict.outcome,
        Outcome::Failed(Failed::FailFast { stopped: 3 })
    );
    assert_eq!(
        verdict.decided_by,
        DecidedBy::FailFast(NonZeroU32::new(3).unwrap())
    );

    // ECS has already decided, but its decision is not clear yet.
    scene.record(5, deployment(5, "STOPPED", json!({})));
    assert!(scene.waits());

    let mut scene = Scene::of(asked);
    scene.record(1, plain_definition());
    scene.record(1, listing(&[(0, "ours", OURS)]));
    scene.record(2, deployment(2, "IN_PROGRESS", json!({})));
    scene.record(2, service(2, json!({})));
    scene.record(2, tasks(&[running(OURS, 1)]));
    scene.record(4, tasks(&[crashed(3)]));
    assert!(scene.waits(), "one was healthy");
}

#[test]
fn the_deadline_is_extended_only_if_it_is_not_fixed() {
    let canary = json!({"deploymentConfiguration": {"strategy": "CANARY", "bakeTimeInMinutes": 20,
        "canaryConfiguration": {"canaryBakeTimeInMinutes": 15}}});
    for (limit, minutes) in [
        (Limit::Fixed(SignedDuration::from_mins(30)), 30),
        (Limit::Extended(SignedDuration::from_mins(30)), 65),
    ] {
        let mut asked = question();
        asked.limit = limit;
        let mut scene = Scene::of(asked);
        scene.record(1, listing(&[(0, "ours", OURS)]));
        scene.record(1, deployment(1, "IN_PROGRESS", canary.clone()));
        assert_eq!(scene.watch.deadline(), at(minutes * 60));
        scene.now = minutes * 60 - 1;
        assert!(scene.waits());
        scene.now = minutes * 60;
        assert_eq!(scene.outcome().name(), "timed-out");
        assert_eq!(scene.verdict().decided_by, DecidedBy::Deadline);
    }
}

#[test]
fn own_time_comes_from_the_configuration() {
    for (configuration, minutes) in [
        (json!({}), 0),
        (json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}), 5),
        (json!({"strategy": "LINEAR"}), 54),
        (
            json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.3, "stepBakeTimeInMinutes": 2}}),
            6,
        ),
        (json!({"strategy": "CANARY"}), 10),
        (
            json!({"strategy": "BLUE_GREEN", "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["A", "B"], "timeoutConfiguration": {"timeoutInMinutes": 60}},
            {"targetType": "AWS_LAMBDA", "lifecycleStages": ["A"]}]}),
            120,
        ),
    ] {
        let read: ecs_model::DeploymentConfiguration =
            ecs_model::from_answer(&configuration).unwrap();
        assert_eq!(
            read.own_time(),
            SignedDuration::from_mins(minutes),
            "{configuration}"
        );
    }
}

#[test]
fn a_deleted_service_stops_its_deployment() {
    let mut scene = Scene::with_deployments();
    scene.record(2, deployment(2, "IN_PROGRESS", json!({})));
    scene.record(3, service(3, json!({"status": "DRAINING"})));
    assert!(scene.waits());
    scene.record(4, Observation::NoService);
    // A service that was just created may be missing from an outdated read.
    assert!(scene.waits());
    scene.record(14, Observation::NoService);
    assert_eq!(scene.outcome(), Outcome::Stopped(Stopped::ServiceDeleted));
}

#[test]
fn other_controllers_are_refused() {
    for kind in ["CODE_DEPLOY", "EXTERNAL"] {
        let mut scene = Scene::of(question());
        scene.record(
            1,
            service(1, json!({"deploymentController": {"type": kind}})),
        );
        assert_eq!(
            scene.judge(),
            Judgment::Refused(Refusal::ForeignController(kind.into()))
        );
    }
}

#[test]
fn a_deployment_that_ecs_does_not_know_is_rejected_after_a_minute() {
    let mut asked = question();
    asked.deployment = Some(deployment_arn("none").parse().unwrap());
    let mut scene = Scene::of(asked);
    scene.record(1, service(1, json!({})));
    scene.record(1, Observation::NoServiceDeployment);
    scene.record(30, Observation::NoServiceDeployment);
    assert!(scene.waits());
    scene.record(61, Observation::NoServiceDeployment);
    assert_eq!(scene.judge(), Judgment::Refused(Refusal::NeverSeen));
}

#[test]
fn the_previous_deployment_is_never_judged() {
    // Right after the write, the newest listed deployment is the previous one.
    let mut scene = Scene::of(question());
    scene.record(1, plain_definition());
    scene.record(1, service(1, json!({})));
    scene.record(1, listing(&[(-900, "old", OLD)]));
    assert!(scene.ours().service_deployment_arn.is_none());
    assert!(scene.waits() && scene.watch.next_reads().listing);
    scene.record(3, listing(&[(-900, "old", OLD), (1, "ours", OURS)]));
    assert_eq!(
        scene.ours().service_deployment_arn,
        Some(deployment_arn("ours"))
    );
}

#[test]
fn recorded_bodies_are_parsed() {
    let body = recorded::json("06-servicedeployment-successful-first");
    let read: Vec<ecs_model::ServiceDeployment> =
        ecs_model::list_from_answer(&body, "serviceDeployments").unwrap();
    assert_eq!(read[0].status.as_str(), "SUCCESSFUL");
    assert_eq!(read[0].source_service_revisions.as_deref(), Some(&[][..]));
    let body = recorded::json("14-servicedeployment-pending");
    let read: Vec<ecs_model::ServiceDeployment> =
        ecs_model::list_from_answer(&body, "serviceDeployments").unwrap();
    assert!(read[0].source_service_revisions.is_none() && read[0].created_at.is_none());
    let body = recorded::json("24-servicedeployment-rollback-failed-first-deployment");
    let read: Vec<ecs_model::ServiceDeployment> =
        ecs_model::list_from_answer(&body, "serviceDeployments").unwrap();
    assert_eq!(read[0].status.as_str(), "ROLLBACK_FAILED");
    let body = recorded::json("12-tasks-running");
    let read: Vec<ecs_model::Task> = ecs_model::list_from_answer(&body, "tasks").unwrap();
    assert!(read[0].is_running());
    assert_eq!(
        read[0].addresses().collect::<Vec<_>>(),
        ["10.0.1.184", "10.0.1.184"]
    );
    assert_eq!(read[1].id(), "d789e94343414c25b9f6bd59eEXAMPLE");
    for (name, failure) in [
        ("05-task-stopped-oom-two-containers", true),
        ("28-task-stopped-log-group-missing-2018", true),
    ] {
        let read: Vec<ecs_model::Task> =
            ecs_model::list_from_answer(&recorded::json(name), "tasks").unwrap();
        assert_eq!(rollout::cause::is_failure(&read[0]), failure, "{name}");
    }
    for (name, failure) in [
        ("26-task-stopped-elb-health", true),
        ("27-task-stopped-scaling-exit137", false),
    ] {
        let read: ecs_model::Task =
            ecs_model::from_answer(&recorded::json(name)["detail"]).unwrap();
        assert_eq!(rollout::cause::is_failure(&read), failure, "{name}");
    }
}

#[test]
fn the_usual_time_is_the_median_of_earlier_successes() {
    let mut scene = Scene::of(question());
    let list = json!([
        {"serviceDeploymentArn": "a", "status": "SUCCESSFUL", "createdAt": 0, "finishedAt": 100},
        {"serviceDeploymentArn": "b", "status": "SUCCESSFUL", "startedAt": 0, "finishedAt": 20},
        {"serviceDeploymentArn": "c", "status": "SUCCESSFUL", "createdAt": 0, "finishedAt": 70},
        {"serviceDeploymentArn": "d", "status": "STOPPED", "createdAt": 0, "finishedAt": 1},
        {"serviceDeploymentArn": "e", "status": "IN_PROGRESS", "createdAt": 0},
    ]);
    assert_eq!(scene.watch.facts().usual_time(), None);
    scene.record(
        1,
        Observation::Listing(ecs_model::from_answer(&list).unwrap()),
    );
    assert_eq!(
        scene.watch.facts().usual_time(),
        Some(SignedDuration::from_secs(70))
    );
}

#[test]
fn a_missing_service_is_refused_unless_it_was_just_created() {
    let mut old = question();
    old.deployment = None;
    let mut scene = Scene::of(old);
    scene.record(1, Observation::NoService);
    assert_eq!(scene.judge(), Judgment::Refused(Refusal::NoService));

    let mut scene = Scene::of(question());
    scene.record(1, Observation::NoService);
    assert!(scene.waits());
    scene.record(12, Observation::NoService);
    assert_eq!(scene.judge(), Judgment::Refused(Refusal::NoService));
}
