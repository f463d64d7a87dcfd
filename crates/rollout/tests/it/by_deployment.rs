//! Verdicts by the service deployment.

use std::num::NonZeroU32;

use jiff::SignedDuration;
use rollout::observed::{self, Stage};
use rollout::{
    DecidedBy, Failed, Handle, Judgement, Limit, Outcome, Proof, Refusal, Sight, Stopped, Until,
};
use serde_json::json;

use crate::recorded;
use crate::scene::*;

#[test]
fn successful_is_a_success_only_with_healthy_tasks_seen_after_it() {
    let mut scene = Scene::with_deployments();
    // Two healthy tasks, but ECS has not decided.
    scene.see(20, tasks(&[running(OURS, 2)]));
    scene.see(20, service(20, json!({})));
    scene.see(20, deployment(20, "IN_PROGRESS", json!({})));
    assert!(scene.waits());
    // ECS has, but the tasks were looked at before.
    scene.see(30, deployment(30, "SUCCESSFUL", json!({})));
    assert!(scene.waits());
    assert!(scene.watch.wants().tasks && scene.watch.wants().service);
    // One task is not enough, and tasks of the old revision are not ours.
    scene.see(31, service(30, json!({})));
    scene.see(31, tasks(&[running(OURS, 1), running(OLD, 2)]));
    assert!(scene.waits());
    scene.see(33, service(30, json!({})));
    scene.see(33, tasks(&[running(OURS, 2)]));
    assert_eq!(
        scene.outcome(),
        Outcome::Succeeded(Proof {
            required: 2,
            seen: 2,
            by_targets: false,
            by_containers: false
        })
    );
}

#[test]
fn tasks_have_to_be_healthy_in_their_own_target_group() {
    let mut scene = Scene::with_deployments();
    let blue_green = json!({"loadBalancers": [{"targetGroupArn": "blue", "containerPort": 8080,
        "advancedConfiguration": {"alternateTargetGroupArn": "green"}}]});
    scene.see(2, deployment(2, "SUCCESSFUL", json!({})));
    scene.see(3, service(3, blue_green.clone()));
    scene.see(3, tasks(&[running(OURS, 2)]));
    assert!(scene.waits());
    let groups: Vec<_> = scene
        .watch
        .registrations()
        .into_iter()
        .flat_map(|r| r.groups)
        .collect();
    assert_eq!(groups, ["blue", "green"]);

    let revision = json!({"serviceRevisionArn": arn(OURS), "loadBalancers": blue_green["loadBalancers"],
        "resolvedConfiguration": {"loadBalancers": [{"targetGroupArn": "green"}]}});
    scene.see(
        3,
        Sight::Revision(Box::new(observed::read(&revision).unwrap())),
    );
    // Healthy where the other revision is registered: nobody has asked for that.
    scene.see(3, targets("blue", &["healthy", "healthy"]));
    scene.see(3, targets("green", &["healthy", "initial"]));
    assert!(scene.waits());
    scene.see(4, targets("green", &["healthy", "healthy"]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(p) if p.by_targets && p.seen == 2));
}

#[test]
fn unknown_container_health_is_not_yet_where_there_is_a_check() {
    let mut scene = Scene::with_deployments();
    let body =
        json!({"containerDefinitions": [{"name": "app", "healthCheck": {"command": ["x"]}}]});
    scene.see(
        1,
        Sight::TaskDefinition(Box::new(observed::read(&body).unwrap())),
    );
    scene.see(2, deployment(2, "SUCCESSFUL", json!({})));
    scene.see(3, service(3, json!({})));
    scene.see(3, tasks(&[running(OURS, 2)]));
    assert!(scene.waits());
    let mut healthy = running(OURS, 2);
    for task in healthy.as_array_mut().unwrap() {
        task["healthStatus"] = json!("HEALTHY");
    }
    scene.see(4, tasks(&[healthy]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(p) if p.by_containers));
}

#[test]
fn the_count_is_that_of_the_moment() {
    // Scaled out after ECS called it done: not asked for. Scaled in: fewer will do.
    for (desired, running_tasks) in [(5, 2), (1, 1)] {
        let mut scene = Scene::with_deployments();
        scene.see(2, deployment(2, "SUCCESSFUL", json!({})));
        scene.see(3, service(3, json!({"desiredCount": desired})));
        scene.see(3, tasks(&[running(OURS, running_tasks)]));
        assert!(
            matches!(scene.outcome(), Outcome::Succeeded(_)),
            "{desired}"
        );
    }
    let mut nothing = Scene::with_deployments();
    nothing.see(
        2,
        deployment(
            2,
            "SUCCESSFUL",
            json!({"targetServiceRevision": {"arn": arn(OURS), "requestedTaskCount": 0}}),
        ),
    );
    nothing.see(3, service(3, json!({"desiredCount": 0})));
    assert_eq!(nothing.outcome(), Outcome::Succeeded(Proof::NOTHING));
}

#[test]
fn an_old_picture_takes_nothing_back() {
    let mut scene = Scene::with_deployments();
    scene.see(9, deployment(9, "SUCCESSFUL", json!({})));
    scene.see(10, deployment(5, "IN_PROGRESS", json!({})));
    scene.see(10, service(9, json!({})));
    scene.see(10, tasks(&[running(OURS, 2)]));
    assert!(matches!(scene.outcome(), Outcome::Succeeded(_)));
    // A task seen stopped does not come back.
    let mut scene = Scene::with_deployments();
    scene.see(9, deployment(9, "SUCCESSFUL", json!({})));
    let mut stopped = running(OURS, 2);
    stopped[1]["lastStatus"] = json!("STOPPED");
    stopped[1]["version"] = json!(4);
    scene.see(10, tasks(&[stopped]));
    scene.see(11, tasks(&[running(OURS, 2)]));
    scene.see(11, service(11, json!({})));
    assert!(scene.waits());
}

#[test]
fn a_rollback_is_told_when_it_begins() {
    let reason =
        "Service deployment rolled back because the circuit breaker threshold was exceeded.";
    for status in [
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
    ] {
        let mut scene = Scene::with_deployments();
        scene.see(9, deployment(9, status, json!({"statusReason": reason})));
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
    scene.see(1, listing(&[(0, "ours", OURS)]));
    scene.see(2, deployment(2, "ROLLBACK_IN_PROGRESS", json!({})));
    assert!(scene.waits());
    scene.see(
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
fn a_first_deployment_has_nothing_to_go_back_to() {
    let first = json!({"sourceServiceRevisions": [], "statusReason": "No rollback candidate was found to run the rollback."});
    for status in ["ROLLBACK_REQUESTED", "ROLLBACK_FAILED"] {
        let mut scene = Scene::with_deployments();
        scene.see(9, deployment(9, status, first.clone()));
        assert!(
            matches!(scene.outcome(), Outcome::Failed(Failed::First { .. })),
            "{status}"
        );
    }
    // A body that says nothing of its sources is no proof.
    let mut scene = Scene::with_deployments();
    scene.see(
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
fn without_a_rollback_the_breaker_and_the_alarms_fail_it() {
    for status in ["IN_PROGRESS", "STOP_REQUESTED", "STOPPED"] {
        let mut scene = Scene::with_deployments();
        scene.see(
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
        scene.see(
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
    // With one, ECS has not said yet what it does.
    let mut scene = Scene::with_deployments();
    scene.see(9, deployment(9, "IN_PROGRESS", json!({"deploymentCircuitBreaker": {"status": "TRIGGERED"},
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}})));
    assert!(scene.waits());
}

#[test]
fn stopped_by_a_later_deployment_is_superseded() {
    // The times of kayac/ecspresso#899: the successor is 0.3 s older than our end.
    let mut scene = Scene::with_deployments();
    scene.see(
        12,
        deployment(10, "STOPPED", json!({"finishedAt": at(10).to_string()})),
    );
    assert!(scene.waits());
    assert!(scene.watch.wants().listing);
    scene.see(
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
    scene.see(
        12,
        deployment(10, "STOPPED", json!({"finishedAt": at(10).to_string()})),
    );
    scene.see(
        13,
        listing(&[(-900, "old", OLD), (0, "ours", OURS), (9, "back", OLD)]),
    );
    assert!(
        matches!(scene.outcome(), Outcome::Superseded(s) if s.by.as_ref().unwrap().revision == Some(arn(OLD)))
    );
}

#[test]
fn stopped_and_nobody_else_is_stopped_after_a_second_look() {
    let mut scene = Scene::with_deployments();
    scene.see(
        12,
        deployment(
            10,
            "STOPPED",
            json!({"statusReason": "why", "stoppedAt": at(10).to_string()}),
        ),
    );
    scene.see(13, listing(&[(0, "ours", OURS)]));
    scene.see(13, service(13, json!({})));
    assert!(scene.waits());
    // A fix that was deployed a minute after the end is not to blame.
    scene.see(23, listing(&[(0, "ours", OURS), (70, "fix", "300")]));
    assert_eq!(
        scene.outcome(),
        Outcome::Stopped(Stopped::Stopped {
            reason: Some("why".into())
        })
    );
}

#[test]
fn success_that_nobody_could_see_is_superseded() {
    let mut scene = Scene::with_deployments();
    scene.see(20, deployment(20, "SUCCESSFUL", json!({})));
    scene.see(20, listing(&[(0, "ours", OURS), (19, "next", "300")]));
    // No look at the tasks yet: they may well be there.
    assert!(scene.waits());
    scene.see(21, service(21, json!({})));
    scene.see(21, tasks(&[running(OURS, 1)]));
    assert!(matches!(scene.outcome(), Outcome::Superseded(s) if s.after_success));
}

#[test]
fn a_pause_is_a_verdict_only_where_that_was_asked() {
    let body = recorded::json("15-servicedeployment-bluegreen-paused");
    let paused: Vec<observed::ServiceDeployment> =
        observed::read_list(&body, "serviceDeployments").unwrap();
    let handle = Handle::parse(&paused[0].service_deployment_arn).unwrap();
    for exit_on_pause in [false, true] {
        let mut asked = question();
        asked.handle = Some(handle.clone());
        asked.exit_on_pause = exit_on_pause;
        let mut scene = Scene::of(asked);
        scene.see(1, Sight::ServiceDeployment(Box::new(paused[0].clone())));
        if exit_on_pause {
            let Outcome::Paused(pause) = scene.outcome() else {
                panic!()
            };
            assert!(pause.hook_id.unwrap().starts_with("ecs-pause-"));
            assert_eq!(pause.timeout_action.as_deref(), Some("ROLLBACK"));
        } else {
            assert!(scene.waits());
            assert_eq!(
                scene.watch.handle().unwrap().number(),
                Some("1234567890123456789")
            );
        }
    }
}

#[test]
fn earlier_stages_have_their_own_names() {
    let mut asked = question();
    asked.until = Until::Stage(Stage::TestTrafficShift);
    let blue_green = |stage: &str| json!({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}, "lifecycleStage": stage});
    let mut scene = Scene::of(asked.clone());
    scene.see(1, listing(&[(0, "ours", OURS)]));
    scene.see(2, deployment(2, "IN_PROGRESS", blue_green("SCALE_UP")));
    assert!(scene.waits());
    scene.see(
        3,
        deployment(3, "IN_PROGRESS", blue_green("PRODUCTION_TRAFFIC_SHIFT")),
    );
    assert_eq!(scene.outcome().name(), "TEST_TRAFFIC_SHIFT");

    let mut scene = Scene::of(asked);
    scene.see(1, service(1, json!({})));
    assert_eq!(
        scene.judge(),
        Judgement::Refused(Refusal::NoStages(Stage::TestTrafficShift))
    );

    for (until, states, name) in [
        (Until::Running, ["initial", "initial"], Some("running")),
        (Until::Healthy, ["initial", "healthy"], None),
        (Until::Healthy, ["healthy", "healthy"], Some("healthy")),
    ] {
        let mut asked = question();
        asked.until = until;
        let mut scene = Scene::of(asked);
        scene.see(1, plain_definition());
        scene.see(1, listing(&[(0, "ours", OURS)]));
        scene.see(
            2,
            service(
                2,
                json!({"loadBalancers": [{"targetGroupArn": "tg", "containerPort": 8080}]}),
            ),
        );
        scene.see(2, deployment(2, "IN_PROGRESS", json!({})));
        // Nothing has started: 0 of 0 is no answer.
        assert!(scene.waits());
        scene.see(3, tasks(&[running(OURS, 2)]));
        scene.see(3, targets("tg", &states));
        assert_eq!(name, (!scene.waits()).then(|| scene.outcome().name()));
    }
}

#[test]
fn fail_fast_counts_failures_of_ours_while_none_was_healthy() {
    let mut asked = question();
    asked.fail_fast = NonZeroU32::new(3);
    let mut scene = Scene::of(asked.clone());
    scene.see(1, listing(&[(0, "ours", OURS)]));
    scene.see(2, deployment(2, "IN_PROGRESS", json!({})));
    let mut surplus = crashed(5);
    for task in surplus.as_array_mut().unwrap() {
        task["stopCode"] = json!("ServiceSchedulerInitiated");
        task["stoppedReason"] = json!("Scaling activity initiated by (deployment ecs-svc/200)");
        task["containers"][0]["exitCode"] = json!(137);
    }
    scene.see(3, tasks(&[surplus]));
    assert!(scene.waits());
    let mut scene = Scene::of(asked.clone());
    scene.see(3, tasks(&[crashed(2)]));
    assert!(scene.waits());
    scene.see(4, tasks(&[crashed(3)]));
    let verdict = scene.verdict();
    assert_eq!(
        verdict.outcome,
        Outcome::Failed(Failed::FailFast { stopped: 3 })
    );
    assert_eq!(
        verdict.decided_by,
        DecidedBy::FailFast(NonZeroU32::new(3).unwrap())
    );

    let mut scene = Scene::of(asked);
    scene.see(1, plain_definition());
    scene.see(2, service(2, json!({})));
    scene.see(2, tasks(&[running(OURS, 1)]));
    scene.see(4, tasks(&[crashed(3)]));
    assert!(scene.waits(), "one was healthy");
}

#[test]
fn the_deadline_is_extended_only_where_nobody_set_it() {
    let canary = json!({"deploymentConfiguration": {"strategy": "CANARY", "bakeTimeInMinutes": 20,
        "canaryConfiguration": {"canaryBakeTimeInMinutes": 15}}});
    for (limit, minutes) in [
        (Limit::Fixed(SignedDuration::from_mins(30)), 30),
        (Limit::Extended(SignedDuration::from_mins(30)), 65),
    ] {
        let mut asked = question();
        asked.limit = limit;
        let mut scene = Scene::of(asked);
        scene.see(1, listing(&[(0, "ours", OURS)]));
        scene.see(1, deployment(1, "IN_PROGRESS", canary.clone()));
        assert_eq!(scene.watch.deadline(), at(minutes * 60));
        scene.now = minutes * 60 - 1;
        assert!(scene.waits());
        scene.now = minutes * 60;
        assert_eq!(scene.outcome().name(), "timed-out");
        assert_eq!(scene.verdict().decided_by, DecidedBy::Deadline);
    }
}

#[test]
fn own_time_is_read_out_of_the_configuration() {
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
        let read: observed::DeploymentConfiguration = observed::read(&configuration).unwrap();
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
    scene.see(2, deployment(2, "IN_PROGRESS", json!({})));
    scene.see(3, service(3, json!({"status": "DRAINING"})));
    assert!(scene.waits());
    scene.see(4, Sight::NoService);
    // A service that was just made may be missing from a late look.
    assert!(scene.waits());
    scene.see(14, Sight::NoService);
    assert_eq!(scene.outcome(), Outcome::Stopped(Stopped::ServiceDeleted));
}

#[test]
fn other_controllers_are_refused() {
    for kind in ["CODE_DEPLOY", "EXTERNAL"] {
        let mut scene = Scene::of(question());
        scene.see(
            1,
            service(1, json!({"deploymentController": {"type": kind}})),
        );
        assert_eq!(
            scene.judge(),
            Judgement::Refused(Refusal::ForeignController(kind.into()))
        );
    }
}

#[test]
fn a_deployment_that_ecs_does_not_know_is_told_after_a_minute() {
    let mut asked = question();
    asked.handle = Some(Handle::parse(&deployment_arn("none")).unwrap());
    let mut scene = Scene::of(asked);
    scene.see(1, service(1, json!({})));
    scene.see(1, Sight::NoServiceDeployment);
    scene.see(30, Sight::NoServiceDeployment);
    assert!(scene.waits());
    scene.see(61, Sight::NoServiceDeployment);
    assert_eq!(scene.judge(), Judgement::Refused(Refusal::NeverSeen));
}

#[test]
fn the_previous_deployment_is_never_judged() {
    // Right after the write the newest listed one is the previous one, SUCCESSFUL.
    let mut scene = Scene::of(question());
    scene.see(1, plain_definition());
    scene.see(1, service(1, json!({})));
    scene.see(1, listing(&[(-900, "old", OLD)]));
    assert!(
        scene
            .watch
            .handle()
            .unwrap()
            .service_deployment_arn
            .is_none()
    );
    assert!(scene.waits() && scene.watch.wants().listing);
    scene.see(3, listing(&[(-900, "old", OLD), (1, "ours", OURS)]));
    assert_eq!(
        scene.watch.handle().unwrap().service_deployment_arn,
        Some(deployment_arn("ours"))
    );
}

#[test]
fn recorded_bodies_are_read() {
    let body = recorded::json("06-servicedeployment-successful-first");
    let read: Vec<observed::ServiceDeployment> =
        observed::read_list(&body, "serviceDeployments").unwrap();
    assert_eq!(read[0].status.word(), "SUCCESSFUL");
    assert_eq!(read[0].source_service_revisions.as_deref(), Some(&[][..]));
    let body = recorded::json("14-servicedeployment-pending");
    let read: Vec<observed::ServiceDeployment> =
        observed::read_list(&body, "serviceDeployments").unwrap();
    assert!(read[0].source_service_revisions.is_none() && read[0].created_at.is_none());
    let body = recorded::json("24-servicedeployment-rollback-failed-first-deployment");
    let read: Vec<observed::ServiceDeployment> =
        observed::read_list(&body, "serviceDeployments").unwrap();
    assert_eq!(read[0].status.word(), "ROLLBACK_FAILED");
    let body = recorded::json("12-tasks-running");
    let read: Vec<observed::Task> = observed::read_list(&body, "tasks").unwrap();
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
        let read: Vec<observed::Task> =
            observed::read_list(&recorded::json(name), "tasks").unwrap();
        assert_eq!(rollout::cause::is_failure(&read[0]), failure, "{name}");
    }
    for (name, failure) in [
        ("26-task-stopped-elb-health", true),
        ("27-task-stopped-scaling-exit137", false),
    ] {
        let read: observed::Task = observed::read(&recorded::json(name)["detail"]).unwrap();
        assert_eq!(rollout::cause::is_failure(&read), failure, "{name}");
    }
}
