//! Which definitions mean the same.

use ecs_document::meaning::{covers, digest, same_meaning, strip_read_only};
use ecs_document::model::DocumentKind;
use serde_json::{Value, json};

fn declared() -> Value {
    json!({
        "family": "web", "cpu": "0.25 vCPU", "memory": "0.5GB", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE", "EC2"],
        "taskRoleArn": "app-role",
        "volumes": null,
        "containerDefinitions": [
            {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 80}],
             "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
             "healthCheck": {"command": ["CMD", "true"]},
             "memberOfTomorrow": {"a": 1}},
            {"name": "side", "image": "side:1", "essential": false},
        ],
    })
}

fn live() -> Value {
    json!({
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:1:task-definition/web:3",
        "family": "web", "revision": 3, "status": "ACTIVE", "cpu": "256", "memory": "512",
        "networkMode": "awsvpc", "requiresCompatibilities": ["EC2", "FARGATE"],
        "compatibilities": ["EC2", "FARGATE"], "requiresAttributes": [{"name": "x"}],
        "taskRoleArn": "arn:aws:iam::1:role/team/app-role",
        "volumes": [], "placementConstraints": [], "registeredAt": 1.5e9, "registeredBy": "me",
        "containerDefinitions": [
            {"name": "side", "image": "side:1", "essential": false, "cpu": 0,
             "environment": [], "mountPoints": [], "volumesFrom": [], "portMappings": [], "systemControls": []},
            {"name": "app", "image": "app:1", "cpu": 0, "essential": true,
             "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
             "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
             "healthCheck": {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3},
             "mountPoints": [], "volumesFrom": [], "systemControls": []},
        ],
    })
}

#[test]
fn defaults_of_ecs_are_not_differences() {
    assert!(same_meaning(
        DocumentKind::TaskDefinition,
        &declared(),
        &live()
    ));
}

#[test]
fn each_real_difference_is_one() {
    for (pointer, value) in [
        ("/cpu", json!("512")),
        ("/memory", json!("1 GB")),
        ("/taskRoleArn", json!("other-role")),
        ("/requiresCompatibilities", json!(["FARGATE"])),
        ("/containerDefinitions/0/image", json!("app:2")),
        ("/containerDefinitions/0/environment/0/value", json!("3")),
        ("/containerDefinitions/0/environment/0/name", json!("C")),
        (
            "/containerDefinitions/0/portMappings/0",
            json!({"containerPort": 81}),
        ),
        (
            "/containerDefinitions/0/healthCheck/command",
            json!(["true", "CMD"]),
        ),
        ("/containerDefinitions/1/essential", json!(true)),
        (
            "/containerDefinitions/1",
            json!({"name": "other", "image": "side:1"}),
        ),
        ("/volumes", json!([{"name": "data"}])),
        ("/networkMode", json!("bridge")),
    ] {
        let mut changed = declared();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(
            !same_meaning(DocumentKind::TaskDefinition, &changed, &live()),
            "{pointer}"
        );
        let one = digest(DocumentKind::TaskDefinition, &declared());
        assert_ne!(
            digest(DocumentKind::TaskDefinition, &changed),
            one,
            "{pointer}"
        );
    }
}

#[test]
fn a_removed_member_is_a_difference() {
    let mut changed = declared();
    changed["containerDefinitions"][0]
        .as_object_mut()
        .unwrap()
        .remove("environment");
    assert!(!same_meaning(
        DocumentKind::TaskDefinition,
        &changed,
        &live()
    ));
}

#[test]
fn in_bridge_mode_a_host_port_is_a_choice() {
    let with = |mapping: Value| json!({"containerDefinitions": [{"portMappings": [mapping]}]});
    let bare = with(json!({"containerPort": 80}));
    let dynamic = with(json!({"containerPort": 80, "hostPort": 0}));
    let fixed = with(json!({"containerPort": 80, "hostPort": 80}));
    assert!(same_meaning(DocumentKind::TaskDefinition, &bare, &dynamic));
    assert!(!same_meaning(DocumentKind::TaskDefinition, &bare, &fixed));
}

#[test]
fn a_digest_sees_through_spelling_and_sees_unknown_members() {
    let kind = DocumentKind::TaskDefinition;
    let one = digest(kind, &declared());
    assert_eq!(one.len(), 64);
    let mut spelled = declared();
    spelled["cpu"] = json!("256");
    spelled["containerDefinitions"][0]["essential"] = json!(true);
    spelled["containerDefinitions"][0]["environment"]
        .as_array_mut()
        .unwrap()
        .reverse();
    assert_eq!(digest(kind, &spelled), one);
    spelled["containerDefinitions"][0]["memberOfTomorrow"]["a"] = json!("1");
    assert_ne!(digest(kind, &spelled), one, "a number is not a text");
    spelled["containerDefinitions"][0]["memberOfTomorrow"]["a"] =
        serde_json::from_str("1.0").unwrap();
    assert_eq!(digest(kind, &spelled), one, "equal numbers are the same");
}

#[test]
fn a_service_is_covered_by_what_is_live_beyond_it() {
    let of = DocumentKind::UpdateService.whole();
    let live = json!({
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": false, "rollback": false}},
        "networkConfiguration": {"awsvpcConfiguration":
            {"subnets": ["s-2", "s-1"], "securityGroups": ["sg"], "assignPublicIp": "DISABLED"}},
        "loadBalancers": [
            {"targetGroupArn": "b", "containerName": "app", "containerPort": 80},
            {"targetGroupArn": "a", "containerName": "app", "containerPort": 80}],
        "desiredCount": 2,
    });
    for (declared, is_covered) in [
        (json!({}), true),
        (
            json!({"deploymentConfiguration": {"minimumHealthyPercent": 100}}),
            true,
        ),
        (
            json!({"deploymentConfiguration": {"minimumHealthyPercent": 50}}),
            false,
        ),
        (
            json!({"deploymentConfiguration": {"bakeTimeInMinutes": 5}}),
            false,
        ),
        (
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s-1", "s-2"]}}}),
            true,
        ),
        (
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s-1"]}}}),
            false,
        ),
        (
            json!({"loadBalancers": [{"targetGroupArn": "a", "containerPort": 80}, {"targetGroupArn": "b"}]}),
            true,
        ),
        (
            json!({"loadBalancers": [{"targetGroupArn": "a"}, {"targetGroupArn": "a"}]}),
            false,
        ),
        (json!({"loadBalancers": []}), false),
        (json!({"loadBalancers": null}), true),
        (json!({"volumeConfigurations": []}), true),
        (json!({"desiredCount": 2.0}), true),
        (json!({"memberOfTomorrow": 1}), true),
    ] {
        assert_eq!(covers(&of, &declared, &live), is_covered, "{declared}");
    }
}

#[test]
fn read_only_members_go_and_the_rest_keeps_its_order() {
    let mut definition = live();
    let gone = strip_read_only(&mut definition);
    assert!(gone.contains(&"taskDefinitionArn") && gone.contains(&"requiresAttributes"));
    let names: Vec<&String> = definition.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "family",
            "cpu",
            "memory",
            "networkMode",
            "requiresCompatibilities",
            "taskRoleArn",
            "volumes",
            "placementConstraints",
            "containerDefinitions"
        ]
    );
}
