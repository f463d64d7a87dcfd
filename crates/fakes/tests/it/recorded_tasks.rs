//! Compares tasks, events and targets with AWS's own responses.

use std::collections::BTreeSet;
use std::time::Duration;

use fakes::{OneOff, Rollout};
use serde_json::json;

use crate::recorded::{body, same_members};
use crate::scene::{SUBNET, Scene};

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
    // The recorded one ran on an EC2 instance, with its own memory and a killed container.
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
    // Newer responses have it, see the recording's note.
    theirs.insert("AdministrativeOverride".into());
    assert_eq!(names(member), theirs);
    let health = member
        .children()
        .find(|n| n.tag_name().name() == "TargetHealth")
        .unwrap();
    // A healthy target has a state but no reason.
    assert_eq!(names(health), BTreeSet::from(["State".to_owned()]));
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
