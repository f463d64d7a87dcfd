//! How rolling deployments fail: crashes, the breaker, rollbacks, targets, images, alarms.

use std::time::Duration;

use fakes::Rollout;
use serde_json::{Value, json};

use crate::rollouts::{force, states, updated};
use crate::scene::{Scene, task_definition};

#[test]
fn a_crash_loop_trips_the_breaker_and_rolls_back() {
    let scene = updated(
        Rollout::crashing()
            .exit_code(3)
            .log_lines(["connecting to db", "no route to host"])
            .over(Duration::from_secs(4))
            .rolling_back(Duration::from_secs(2)),
    );
    let web = scene.web();
    let ours = web["deployments"][0]["id"].as_str().unwrap().to_owned();
    let old = web["deployments"][1]["id"].as_str().unwrap().to_owned();
    let old_created = web["deployments"][1]["createdAt"].as_f64().unwrap();
    scene.pass(3.0);
    let failing = scene.web();
    assert_eq!(failing["deployments"][0]["failedTasks"], 2);
    assert_eq!(failing["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(
        scene.newest()["deploymentCircuitBreaker"],
        json!({
            "status": "MONITORING", "failureCount": 2, "threshold": 3,
        })
    );
    let crashed = &scene.tasks("STOPPED")[0];
    assert_eq!(crashed["startedBy"], ours.as_str());
    assert_eq!(crashed["containers"][0]["exitCode"], 3);
    let id = crashed["taskArn"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let stream = format!("web/app/{id}");
    let logs = scene.ok(
        "logs",
        "GetLogEvents",
        json!({"logGroupName": "/ecs/web", "logStreamName": stream}),
    );
    assert_eq!(logs["events"][1]["message"], "no route to host");
    scene.pass(4.0);
    let rolling = scene.newest();
    assert_eq!(rolling["status"], "ROLLBACK_IN_PROGRESS");
    assert_eq!(
        rolling["statusReason"],
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    );
    assert_eq!(rolling["deploymentCircuitBreaker"]["status"], "TRIGGERED");
    assert_eq!(rolling["deploymentCircuitBreaker"]["failureCount"], 4);
    let to = rolling["rollback"]["serviceRevisionArn"].as_str().unwrap();
    assert_eq!(to.rsplit('/').next(), old.strip_prefix("ecs-svc/"));
    let web = scene.web();
    let (primary, failed) = (&web["deployments"][0], &web["deployments"][1]);
    assert_eq!(primary["id"], old.as_str());
    assert_eq!(primary["status"], "PRIMARY");
    assert!(
        primary["createdAt"].as_f64().unwrap() > old_created,
        "a new createdAt, as AWS's"
    );
    assert_eq!(primary["rolloutState"], "IN_PROGRESS");
    assert_eq!(
        primary["rolloutStateReason"],
        format!("ECS deployment circuit breaker: rolling back to deploymentId {old}.")
    );
    assert_eq!(failed["id"], ours.as_str());
    assert_eq!(failed["rolloutState"], "FAILED");
    assert_eq!(
        failed["rolloutStateReason"],
        "ECS deployment circuit breaker: tasks failed to start."
    );
    scene.pass(2.0);
    assert_eq!(scene.newest()["status"], "ROLLBACK_SUCCESSFUL");
    let web = scene.web();
    assert_eq!(web["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(
        web["deployments"][0]["rolloutStateReason"],
        format!("ECS deployment {old} completed.")
    );
    assert_eq!(web["runningCount"], 2);
}

#[test]
fn a_rollback_goes_back_to_the_task_definition_that_ran() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    scene.ok("ecs", "RegisterTaskDefinition", task_definition("web"));
    scene.cloud.ecs().script("web", Rollout::crashing());
    let body = json!({"cluster": "demo", "service": "web", "taskDefinition": "web:2"});
    let answer = scene.ok("ecs", "UpdateService", body);
    let named = |web: &Value| {
        web["taskDefinition"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(named(&answer["service"]), "web:2");
    scene.pass(60.0);
    assert_eq!(named(&scene.web()), "web:1");
    assert_eq!(scene.newest()["status"], "ROLLBACK_SUCCESSFUL");
}

#[test]
fn a_first_deployment_has_no_rollback_target() {
    let scene = Scene::new();
    scene.cloud.ecs().script("web", Rollout::crashing());
    scene.ok("ecs", "CreateService", scene.service());
    scene.pass(60.0);
    let newest = scene.newest();
    assert_eq!(newest["status"], "ROLLBACK_FAILED");
    assert_eq!(
        newest["statusReason"],
        "No rollback candidate was found to run the rollback."
    );
    assert_eq!(newest["sourceServiceRevisions"], json!([]));
}

#[test]
fn a_breaker_without_rollback_stops_the_deployment() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] = json!(false);
    scene.cloud.ecs().running_service(service).unwrap();
    scene.cloud.ecs().script("web", Rollout::crashing());
    force(&scene);
    scene.pass(60.0);
    let newest = scene.newest();
    assert_eq!(newest["status"], "STOPPED");
    assert_eq!(newest["deploymentCircuitBreaker"]["status"], "TRIGGERED");
    let web = scene.web();
    assert_eq!(web["deployments"][0]["rolloutState"], "FAILED");
    assert_eq!(web["deployments"][0]["status"], "PRIMARY");
    assert_eq!(
        web["deployments"][1]["runningCount"], 2,
        "the old one serves on"
    );
}

#[test]
fn without_a_breaker_it_keeps_crashing() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"] = json!({});
    scene.cloud.ecs().running_service(service).unwrap();
    scene
        .cloud
        .ecs()
        .script("web", Rollout::crashing().over(Duration::from_secs(10)));
    force(&scene);
    scene.pass(1800.0);
    let newest = scene.newest();
    assert_eq!(newest["status"], "IN_PROGRESS");
    assert_eq!(newest["deploymentCircuitBreaker"]["status"], "DISABLED");
    assert!(
        newest["deploymentCircuitBreaker"]["failureCount"]
            .as_u64()
            .unwrap()
            > 20
    );
    let steadily = "is unable to consistently start tasks successfully";
    assert!(
        scene
            .events()
            .iter()
            .any(|message| message.contains(steadily))
    );
}

#[test]
fn targets_that_never_become_healthy() {
    let scene = updated(Rollout::never_healthy_targets().over(Duration::from_secs(10)));
    scene.pass(6.5);
    let targets = scene.targets(&scene.group.arn);
    assert_eq!(
        states(&targets),
        ["healthy", "healthy", "unhealthy", "unhealthy"]
    );
    assert_eq!(targets[2].2, "Target.ResponseCodeMismatch");
    let words = format!(
        "(port 8080) is unhealthy in (target-group {}) due to (reason Health checks failed with \
         these codes: [404]).",
        scene.group.arn
    );
    assert!(
        scene
            .events()
            .iter()
            .any(|message| message.ends_with(&words))
    );
    scene.pass(3.0);
    let stopped = &scene.tasks("STOPPED")[0];
    assert_eq!(
        stopped["stoppedReason"],
        format!(
            "Task failed ELB health checks in (target-group {})",
            scene.group.arn
        )
    );
    assert_eq!(stopped["containers"][0]["exitCode"], 143);
}

#[test]
fn an_image_that_is_not_there() {
    let scene = updated(Rollout::cannot_pull("web:9").over(Duration::from_secs(4)));
    scene.pass(3.0);
    let stopped = &scene.tasks("STOPPED")[0];
    assert_eq!(stopped["stopCode"], "TaskFailedToStart");
    let reason = stopped["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
    assert!(stopped.get("startedAt").is_none());
    assert!(stopped["containers"][0].get("exitCode").is_none());
    let event = format!("(service web) was unable to place a task. Reason: {reason}.");
    assert!(scene.events().contains(&event));
}

#[test]
fn an_alarm_ends_it_as_it_is_configured() {
    for (rollback, status) in [(true, "ROLLBACK_SUCCESSFUL"), (false, "STOPPED")] {
        let scene = Scene::new();
        let mut service = scene.service();
        service["deploymentConfiguration"]["alarms"] =
            json!({"alarmNames": ["errors"], "enable": true, "rollback": rollback});
        scene.cloud.ecs().running_service(service).unwrap();
        scene.cloud.ecs().script("web", Rollout::alarm("errors"));
        force(&scene);
        scene.pass(60.0);
        let newest = scene.newest();
        assert_eq!(newest["status"], status);
        assert_eq!(
            newest["alarms"],
            json!({
                "status": "TRIGGERED", "alarmNames": ["errors"], "triggeredAlarmNames": ["errors"],
            })
        );
        assert!(
            scene
                .events()
                .iter()
                .any(|m| m.ends_with("deployment failed: alarm detected."))
        );
    }
}
