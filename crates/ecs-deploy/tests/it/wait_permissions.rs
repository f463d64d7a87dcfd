//! Permissions that wait-healthy will lack are reported before the first write.

use fakes::Fault;
use serde_json::json;

use crate::scene::Scene;

fn deny(scene: &Scene, service: &str, operation: &str) {
    let fault = Fault::on(service, operation).always();
    scene.cloud.fault(fault.denied());
}

#[test]
fn missing_permissions_are_reported_before_a_creation() {
    let scene = Scene::new();
    deny(&scene, "ecs", "ListTasks");
    deny(&scene, "elb", "DescribeTargetHealth");
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    let (before, _) = ran.stderr.split_once("registered web:1").unwrap();
    let said =
        "not allowed to call ecs:ListTasks, elasticloadbalancing:DescribeTargetHealth, which";
    assert!(before.contains(said), "{}", ran.stderr);
}

#[test]
fn missing_permissions_are_reported_before_an_update() {
    let scene = Scene::deployed();
    for operation in ["DescribeServiceRevisions", "DescribeServiceDeployments"] {
        deny(&scene, "ecs", operation);
    }
    let image = "/containerDefinitions/0/image";
    scene.edit("task.json", image, json!("app@sha256:2"));
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    let said = "ecs:DescribeServiceRevisions, ecs:DescribeServiceDeployments, which";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn without_a_deployment_or_a_problem_nothing_is_reported() {
    let scene = Scene::new();
    let ran = scene.deploy();
    assert!(!ran.stderr.contains("not allowed"), "{}", ran.stderr);
    scene.settle();
    deny(&scene, "ecs", "ListTasks");
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert!(!ran.stderr.contains("not allowed"), "{}", ran.stderr);
    assert!(scene.sent("ListTasks").is_empty());
}
