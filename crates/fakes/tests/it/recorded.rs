//! Answers of the fakes beside bodies that AWS itself gave (public recordings, each with its source
//! in `_source`): the same members, no more and no fewer.

use std::collections::BTreeSet;
use std::time::Duration;

use fakes::{OneOff, Rollout};
use serde_json::{Value, json};

use crate::scene::{SUBNET, Scene};

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

/// The fake's answer has the recorded members; `more` are those that this fake's has beyond them,
/// `fewer` those it lacks, each for a reason that the caller tells.
fn same_members(recorded: &Value, answered: &Value, more: &[&str], fewer: &[&str]) {
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

fn body(name: &str) -> Value {
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
    // The recording of a PENDING one lies before createdAt and sources were given.
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

#[test]
fn tasks() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let running = &scene.tasks("RUNNING")[0];
    let recorded = body("12-tasks-running");
    // The digest and the second member for the storage are newer than the recording; its containers
    // carried memory of their own.
    same_members(
        &recorded["tasks"][0],
        running,
        &[".containers[].imageDigest", ".fargateEphemeralStorage"],
        &[".containers[].memory"],
    );
    scene
        .cloud
        .ecs()
        .script_task(OneOff::exits(137).over(Duration::from_secs(1)));
    let run = scene.ok(
        "ecs",
        "RunTask",
        json!({
            "cluster": "demo",
            "taskDefinition": "web",
            "startedBy": "me",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
        }),
    );
    scene.pass(2.0);
    let arn = &run["tasks"][0]["taskArn"];
    let body_of = json!({"cluster": "demo", "tasks": [arn]});
    let stopped = scene.ok("ecs", "DescribeTasks", body_of)["tasks"][0].clone();
    let recorded = body("05-task-stopped-oom-two-containers");
    // That one ran on an EC2 instance, with memory of its own and a killed container.
    same_members(
        &recorded["tasks"][0],
        &stopped,
        &[
            ".attachments[]",
            ".containers[].networkInterfaces[]",
            ".ephemeralStorage",
            ".fargateEphemeralStorage",
            ".platformFamily",
            ".platformVersion",
        ],
        &[
            ".containerInstanceArn",
            ".containers[].memory",
            ".containers[].networkBindings[]",
            ".containers[].reason",
            ".overrides.containerOverrides[]",
        ],
    );
    for member in ["stopCode", "stoppedReason", "lastStatus", "desiredStatus"] {
        assert_eq!(stopped[member], recorded["tasks"][0][member], "{member}");
    }
}

/// The recorded events of a breaker rollback, without ids and times, and ours.
#[test]
fn events_of_a_rollback() {
    let scene = Scene::new();
    let mut definition = crate::scene::task_definition("checked");
    definition["containerDefinitions"][0]["healthCheck"] = json!({"command": ["CMD", "/ok"]});
    scene.ok("ecs", "RegisterTaskDefinition", definition);
    let mut service = scene.service();
    service["taskDefinition"] = json!("checked");
    service["desiredCount"] = json!(1);
    service["loadBalancers"] = json!([]);
    scene.cloud.ecs().running_service(service).unwrap();
    let before = scene.events().len();
    scene
        .cloud
        .ecs()
        .script("web", Rollout::unhealthy_container());
    let update = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    scene.ok("ecs", "UpdateService", update);
    scene.pass(60.0);
    let recorded = body("22-events-breaker-rollback-timeline");
    let mut theirs: Vec<String> = recorded["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| form(event["message"].as_str().unwrap(), "inventory"))
        .collect();
    theirs.sort();
    theirs.dedup();
    let mut ours: Vec<String> = scene.events()[before..]
        .iter()
        .map(|message| form(message, "web"))
        .collect();
    let order: Vec<String> = ours.clone();
    ours.sort();
    ours.dedup();
    assert_eq!(ours, theirs);
    let at = |text: &str| order.iter().position(|m| m.contains(text)).unwrap();
    assert!(at("deployment failed") < at("rolling back"));
    assert!(at("rolling back") < at("deployment completed"));
    assert_eq!(
        order.last().unwrap(),
        "(service S) has reached a steady state."
    );
}

/// A message with its names and numbers taken out.
fn form(message: &str, service: &str) -> String {
    let words = message.replace(&format!("(service {service})"), "(service S)");
    words
        .split(' ')
        .map(|word| {
            let bare = word.trim_end_matches([')', '.', ':']);
            let tail = &word[bare.len()..];
            match bare {
                _ if bare.starts_with("ecs-svc/") => format!("ecs-svc/N{tail}"),
                _ if bare.len() == 32 && bare.chars().all(|c| c.is_ascii_hexdigit()) => {
                    format!("T{tail}")
                }
                _ => word.to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn target_health() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let (_, xml) = scene.form(
        "elb",
        "DescribeTargetHealth",
        &[("TargetGroupArn", &scene.group.arn)],
    );
    let document = roxmltree::Document::parse(&xml).unwrap();
    let member = document
        .descendants()
        .find(|n| n.tag_name().name() == "member")
        .unwrap();
    let names = |node: roxmltree::Node<'_, '_>| -> BTreeSet<String> {
        let elements = node.children().filter(roxmltree::Node::is_element);
        elements.map(|n| n.tag_name().name().to_owned()).collect()
    };
    let recorded = body("32-targethealth");
    let first = recorded["TargetHealthDescriptions"][0].as_object().unwrap();
    let mut theirs: BTreeSet<String> = first.keys().cloned().collect();
    // Newer answers have it, says the recording's note.
    theirs.insert("AdministrativeOverride".into());
    assert_eq!(names(member), theirs);
    let health = member
        .children()
        .find(|n| n.tag_name().name() == "TargetHealth")
        .unwrap();
    // A healthy target has a state, and no reason.
    assert_eq!(names(health), BTreeSet::from(["State".to_owned()]));
}
