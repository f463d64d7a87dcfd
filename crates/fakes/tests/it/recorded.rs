//! Compares responses of the fakes with bodies of AWS (public recordings, each with its source
//! in `_source`): the same members, no more and no fewer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::scene::Scene;

/// The places of all members: `deployments[].id`.
fn places(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name.starts_with('_') {
                    continue;
                }
                let place = format!("{place}.{name}");
                found.insert(place.clone());
                places(value, &place, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                places(item, &format!("{place}[]"), found);
            }
        }
        _ => {}
    }
}

/// The fake's response has the recorded members. `more` are its additional members,
/// `fewer` those that it lacks, each for a reason that the caller explains.
pub fn same_members(recorded: &Value, answered: &Value, more: &[&str], fewer: &[&str]) {
    let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
    places(recorded, "", &mut theirs);
    places(answered, "", &mut ours);
    let within =
        |place: &String, listed: &[&str]| listed.iter().any(|prefix| place.starts_with(prefix));
    let extra: Vec<&String> = ours
        .difference(&theirs)
        .filter(|p| !within(p, more))
        .collect();
    let lacking: Vec<&String> = theirs
        .difference(&ours)
        .filter(|p| !within(p, fewer))
        .collect();
    assert!(extra.is_empty(), "members that AWS did not give: {extra:?}");
    assert!(lacking.is_empty(), "members that AWS gave: {lacking:?}");
}

pub fn body(name: &str) -> Value {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn create_service() {
    let scene = Scene::new();
    let answer = scene.ok("ecs", "CreateService", scene.service());
    let recorded = body("18-createservice-answer-2026");
    same_members(&recorded, &answer, &[], &[]);
    let (ours, theirs) = (&answer["service"], &recorded["service"]);
    for member in [
        "status",
        "desiredCount",
        "runningCount",
        "pendingCount",
        "launchType",
        "platformVersion",
        "platformFamily",
        "events",
        "serviceRegistries",
        "schedulingStrategy",
        "deploymentController",
        "propagateTags",
        "enableECSManagedTags",
        "availabilityZoneRebalancing",
        "resourceManagementType",
    ] {
        assert_eq!(ours[member], theirs[member], "{member}");
    }
    let deployment = &ours["deployments"][0];
    for member in [
        "status",
        "desiredCount",
        "runningCount",
        "failedTasks",
        "rolloutState",
    ] {
        assert_eq!(
            deployment[member], theirs["deployments"][0][member],
            "{member}"
        );
    }
    let id = deployment["id"]
        .as_str()
        .unwrap()
        .strip_prefix("ecs-svc/")
        .unwrap();
    let revision = ours["currentServiceRevisions"][0]["arn"].as_str().unwrap();
    assert_eq!(revision.rsplit('/').next(), Some(id));
    assert_eq!(
        deployment["rolloutStateReason"],
        format!("ECS deployment ecs-svc/{id} in progress.")
    );
}

#[test]
fn update_service_with_force_new_deployment() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let answer = scene.ok(
        "ecs",
        "UpdateService",
        json!({"cluster": "demo", "service": "web", "forceNewDeployment": true}),
    );
    let recorded = body("17-updateservice-answer-force-new-deployment-2026");
    same_members(&recorded, &answer, &[], &[]);
    let states = |service: &Value| {
        let deployments = service["deployments"].as_array().unwrap();
        deployments
            .iter()
            .map(|d| {
                [
                    "status",
                    "desiredCount",
                    "runningCount",
                    "pendingCount",
                    "rolloutState",
                ]
                .map(|member| d[member].clone())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&answer["service"]), states(&recorded["service"]));
    let newest = answer["service"]["events"][0]["message"].as_str();
    assert_eq!(newest, Some("(service web) has reached a steady state."));
}

#[test]
fn update_service_of_the_desired_count_alone() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["desiredCount"] = json!(1);
    scene.cloud.ecs().running_service(service).unwrap();
    let answer = scene.ok(
        "ecs",
        "UpdateService",
        json!({"cluster": "demo", "service": "web", "desiredCount": 2}),
    );
    let recorded = body("10-updateservice-answer-desiredcount-only");
    let (ours, theirs) = (&answer["service"], &recorded["service"]);
    assert_eq!(ours["deployments"].as_array().unwrap().len(), 1);
    for member in ["desiredCount", "runningCount", "pendingCount"] {
        assert_eq!(ours[member], theirs[member], "{member}");
    }
    for member in [
        "status",
        "desiredCount",
        "runningCount",
        "failedTasks",
        "rolloutState",
    ] {
        assert_eq!(
            ours["deployments"][0][member], theirs["deployments"][0][member],
            "{member}"
        );
    }
}

#[test]
fn service_deployments() {
    let scene = Scene::new();
    let mut service = scene.service();
    service["deploymentConfiguration"]["alarms"] =
        json!({"alarmNames": [], "enable": false, "rollback": false});
    scene.ok("ecs", "CreateService", service);
    let pending = scene.newest();
    // The recording of a PENDING one is older than createdAt and sources.
    same_members(
        &body("14-servicedeployment-pending")["serviceDeployments"][0],
        &pending,
        &[
            ".createdAt",
            ".sourceServiceRevisions",
            ".deploymentConfiguration.alarms",
            ".deploymentConfiguration.strategy",
            ".deploymentConfiguration.bakeTimeInMinutes",
        ],
        &[],
    );
    scene.pass(10.0);
    let successful = scene.newest();
    assert_eq!(successful["status"], "SUCCESSFUL");
    let recorded = body("06-servicedeployment-successful-first");
    // Strategy and bake time came with 2025.
    same_members(
        &recorded["serviceDeployments"][0],
        &successful,
        &[
            ".deploymentConfiguration.strategy",
            ".deploymentConfiguration.bakeTimeInMinutes",
        ],
        &[],
    );
    assert_eq!(
        successful["deploymentCircuitBreaker"],
        json!({
            "status": "MONITORING_COMPLETE", "failureCount": 0, "threshold": 3,
        })
    );
    let list = scene.ok(
        "ecs",
        "ListServiceDeployments",
        json!({"cluster": "demo", "service": "web"}),
    );
    same_members(&body("07-list-servicedeployments"), &list, &[], &[]);
    let revision = json!({"serviceRevisionArns": [successful["targetServiceRevision"]["arn"]]});
    let revisions = scene.ok("ecs", "DescribeServiceRevisions", revision);
    same_members(
        &body("16-servicerevision-launchtype")["serviceRevisions"][0],
        &revisions["serviceRevisions"][0],
        &[
            ".containerImages",
            ".guardDutyEnabled",
            ".loadBalancers",
            ".resolvedConfiguration",
        ],
        &[],
    );
}

#[test]
fn a_paused_blue_green_deployment() {
    let scene = crate::staged::staged("BLUE_GREEN");
    scene.pass(9.0);
    let paused = scene.newest();
    let recorded = body("15-servicedeployment-bluegreen-paused");
    // The reference's example shows only what it is about.
    same_members(
        &recorded["serviceDeployments"][0],
        &paused,
        &[
            ".alarms",
            ".createdAt",
            ".deploymentCircuitBreaker",
            ".deploymentConfiguration.bakeTimeInMinutes",
            ".deploymentConfiguration.deploymentCircuitBreaker",
            ".lifecycleStage",
            ".sourceServiceRevisions",
            ".startedAt",
            ".targetServiceRevision.requested",
        ],
        &[],
    );
    assert_eq!(paused["status"], "IN_PROGRESS");
    let hook = &paused["lifecycleHookDetails"][0];
    assert_eq!(hook["status"], "AWAITING_ACTION");
    assert!(hook["hookId"].as_str().unwrap().starts_with("ecs-pause-"));
}
