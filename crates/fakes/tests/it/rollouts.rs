//! The course of rolling deployments in DescribeServices, service deployments, tasks, targets and
//! logs.

use std::time::Duration;

use fakes::{Change, Rollout, Stop};
use serde_json::{Value, json};

use crate::scene::{Scene, task_definition};

/// A running service whose next deployment, just begun, follows this script.
pub fn updated(rollout: Rollout) -> Scene {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    scene.cloud.ecs().script("web", rollout);
    force(&scene);
    scene
}

pub fn force(scene: &Scene) -> Value {
    let body = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    scene.ok("ecs", "UpdateService", body)
}

pub fn states(targets: &[(String, String, String)]) -> Vec<&str> {
    targets.iter().map(|(_, state, _)| state.as_str()).collect()
}

#[test]
fn a_healthy_rollout_passes_through_every_state() {
    let scene = updated(
        Rollout::healthy()
            .over(Duration::from_secs(10))
            .draining(Duration::from_secs(5)),
    );
    let before: Vec<Value> = scene.tasks("RUNNING");
    let ours = scene.web()["deployments"][0]["id"].clone();
    let newest = scene.newest();
    assert_eq!(newest["status"], "PENDING");
    assert_eq!(newest["targetServiceRevision"]["requestedTaskCount"], 0);
    scene.pass(0.6);
    assert_eq!(scene.newest()["status"], "IN_PROGRESS");
    assert_eq!(
        scene.newest()["targetServiceRevision"]["requestedTaskCount"],
        2
    );
    scene.pass(1.0);
    let web = scene.web();
    assert_eq!(web["deployments"][0]["pendingCount"], 2);
    assert_eq!(web["runningCount"], 2, "the old ones");
    scene.pass(2.8);
    let ours_of = |task: &&Value| task["startedBy"] == ours;
    let tasks = scene.tasks("RUNNING");
    let new: Vec<&Value> = tasks.iter().filter(ours_of).collect();
    assert_eq!(new.len(), 2);
    assert_eq!(new[0]["lastStatus"], "RUNNING");
    assert_eq!(
        states(&scene.targets(&scene.group.arn)),
        ["healthy", "healthy", "initial", "initial"]
    );
    scene.pass(3.0);
    assert_eq!(states(&scene.targets(&scene.group.arn)), ["healthy"; 4]);
    let address = &new[0]["attachments"][0]["details"][4]["value"];
    assert!(
        scene
            .targets(&scene.group.arn)
            .iter()
            .any(|(id, ..)| address == id)
    );
    scene.pass(2.0);
    assert_eq!(
        states(&scene.targets(&scene.group.arn)),
        ["draining", "draining", "healthy", "healthy"]
    );
    assert_eq!(scene.newest()["status"], "IN_PROGRESS");
    scene.pass(1.0);
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    assert_eq!(
        scene.web()["deployments"][0]["rolloutState"],
        "IN_PROGRESS",
        "it still drains"
    );
    assert_eq!(scene.web()["deployments"].as_array().unwrap().len(), 2);
    scene.pass(5.0);
    let web = scene.web();
    assert_eq!(web["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(web["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(web["runningCount"], 2);
    let stopped = scene.tasks("STOPPED");
    let ids =
        |tasks: &[Value]| -> Vec<Value> { tasks.iter().map(|t| t["taskArn"].clone()).collect() };
    assert_eq!(ids(&stopped), ids(&before));
    assert_eq!(stopped[0]["stopCode"], "ServiceSchedulerInitiated");
    let reason = stopped[0]["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("Scaling activity initiated by (deployment ecs-svc/"));
    assert_eq!(stopped[0]["attachments"][0]["status"], "DELETED");
    let last = scene.events();
    assert!(last[last.len() - 1].ends_with("has reached a steady state."));
    assert!(last[last.len() - 2].ends_with("deployment completed."));
}

#[test]
fn a_deployment_that_begins_while_the_one_before_drains_is_left_alone_by_it() {
    let scene = updated(Rollout::healthy().draining(Duration::from_secs(2)));
    scene.pass(4.5);
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    scene
        .cloud
        .ecs()
        .script("web", Rollout::healthy().over(Duration::from_secs(4)));
    force(&scene);
    let ours = scene.web()["deployments"][0]["id"].clone();
    // The previous one would have completed by now, but it is no longer PRIMARY.
    scene.pass(3.0);
    assert_eq!(scene.web()["deployments"][0]["id"], ours);
    assert_eq!(scene.web()["deployments"][0]["desiredCount"], 2);
    scene.pass(3.0);
    let web = scene.web();
    assert_eq!(web["deployments"].as_array().unwrap().len(), 1, "{web}");
    assert_eq!(web["deployments"][0]["id"], ours);
    assert_eq!(web["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(web["runningCount"], 2);
    let completed = scene.events();
    let completed = completed.iter().filter(|e| e.contains("completed"));
    assert_eq!(completed.count(), 2, "the one from before, and ours");
}

#[test]
fn it_may_recover_after_some_attempts() {
    let scene = updated(Rollout::crashing().attempts(1).over(Duration::from_secs(4)));
    scene.pass(3.5);
    assert_eq!(scene.web()["deployments"][0]["failedTasks"], 2);
    scene.pass(60.0);
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    assert_eq!(scene.web()["deployments"][0]["failedTasks"], 0);
    assert_eq!(
        scene.newest()["targetServiceRevision"]["runningTaskCount"],
        2
    );
}

#[test]
fn another_person_deploys_in_the_middle() {
    let scene = updated(Rollout::superseded().over(Duration::from_secs(4)));
    let ours = scene.newest()["serviceDeploymentArn"].clone();
    scene.pass(2.1);
    assert_eq!(scene.deployment(&ours)["status"], "STOP_REQUESTED");
    scene.pass(1.0);
    let old = scene.deployment(&ours);
    assert_eq!(old["status"], "STOPPED");
    assert!(old["stoppedAt"].is_number());
    let theirs = scene.newest();
    assert_ne!(theirs["serviceDeploymentArn"], ours);
    assert_eq!(
        theirs["sourceServiceRevisions"].as_array().unwrap().len(),
        2
    );
    scene.pass(60.0);
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    assert_eq!(scene.web()["runningCount"], 2);
}

#[test]
fn a_person_stops_the_deployment() {
    let scene = updated(Rollout::stuck());
    scene.pass(5.0);
    let arn = scene.newest()["serviceDeploymentArn"].clone();
    let stop = json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"});
    scene.ok("ecs", "StopServiceDeployment", stop.clone());
    assert_eq!(scene.newest()["status"], "ROLLBACK_REQUESTED");
    scene.ok("ecs", "StopServiceDeployment", stop.clone());
    scene.pass(0.5);
    assert_eq!(scene.newest()["status"], "ROLLBACK_IN_PROGRESS");
    scene.pass(5.0);
    assert_eq!(scene.newest()["status"], "ROLLBACK_SUCCESSFUL");
    let (code, _) = scene.refused("ecs", "StopServiceDeployment", stop);
    assert_eq!(code, "ConflictException");
}

#[test]
fn exactly_the_changes_of_a_time_line() {
    let second = Duration::from_secs;
    let scene = updated(Rollout::time_line([
        (second(0), Change::Begin),
        (second(1), Change::Place(2)),
        (second(2), Change::Run(0..1)),
        (second(3), Change::Healthy(0..1)),
        (
            second(4),
            Change::Stop {
                tasks: 0..1,
                stop: Stop {
                    code: None,
                    reason: "Essential container in task exited".into(),
                    exit_code: Some(139),
                    container_reason: Some("x".repeat(1024)),
                },
            },
        ),
        (
            second(5),
            Change::Event("is AZ balanced with 1 tasks in eu-central-1a.".into()),
        ),
        (second(6), Change::Scale(3)),
    ]));
    scene.pass(2.5);
    let web = scene.web();
    assert_eq!(web["deployments"][0]["runningCount"], 1);
    assert_eq!(web["deployments"][0]["pendingCount"], 1);
    scene.pass(3.0);
    let stopped = &scene.tasks("STOPPED")[0];
    assert!(stopped.get("stopCode").is_none());
    assert_eq!(stopped["containers"][0]["exitCode"], 139);
    assert!(scene.events().last().unwrap().contains("is AZ balanced"));
    scene.pass(1.0);
    assert_eq!(scene.web()["desiredCount"], 3);
}

#[test]
fn the_desired_count_moves_without_a_deployment() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let arn = scene.newest()["serviceDeploymentArn"].clone();
    for (count, message) in [
        (4, "has started 2 tasks:"),
        (1, "has stopped 3 running tasks:"),
    ] {
        let body = json!({"cluster": "demo", "service": "web", "desiredCount": count});
        scene.ok("ecs", "UpdateService", body);
        scene.pass(1.0);
        assert_eq!(scene.web()["runningCount"], count);
        assert_eq!(scene.targets(&scene.group.arn).len(), count);
        assert!(scene.events().iter().any(|event| event.contains(message)));
    }
    assert_eq!(scene.newest()["serviceDeploymentArn"], arn);
}

#[test]
fn desired_count_zero_completes_at_once() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["desiredCount"] = json!(0);
    scene.ok("ecs", "CreateService", service);
    scene.pass(5.0);
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    assert_eq!(
        scene.newest()["targetServiceRevision"]["requestedTaskCount"],
        0
    );
    assert_eq!(scene.tasks("RUNNING"), Vec::<Value>::new());
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let story = |seed: u64| {
        let cloud = fakes::Cloud::builder()
            .clock(fakes::Clock::manual())
            .seed(seed)
            .without_sockets()
            .start();
        cloud.ecs().cluster("demo");
        let definition = task_definition("web");
        cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .unwrap();
        let service = json!({
            "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        });
        cloud.ecs().running_service(service).unwrap()["deployments"][0]["id"].clone()
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}
