//! Deregistering old revisions, but never one that is used or that a rollback needs.

use fakes::Fault;
use serde_json::json;

use crate::scene::Scene;

/// Five successful deployments, web:1 to web:5.
fn five() -> Scene {
    let scene = Scene::deployed();
    for n in 2..=5 {
        let image = format!("app@sha256:{n}");
        scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
        assert_eq!(scene.deploy().action(), "updated");
        scene.settle();
    }
    scene
}

fn short(arns: &serde_json::Value) -> Vec<&str> {
    let arns = arns.as_array().into_iter().flatten();
    arns.filter_map(|a| a.as_str()?.rsplit('/').next())
        .collect()
}

#[test]
fn unused_revisions_older_than_the_last_successes_are_deregistered() {
    let scene = five();
    // A service in another cluster still runs web:1.
    scene.cloud.ecs().cluster("other");
    let mut other = scene.service_definition();
    other["cluster"] = json!("other");
    other["serviceName"] = json!("still");
    other["taskDefinition"] = json!("web:1");
    scene.cloud.ecs().running_service(other).unwrap();
    // A family that begins with the same name does not belong to us.
    let mut longer = crate::scene::task_definition("app@sha256:1");
    longer["family"] = json!("web-admin");
    scene
        .cloud
        .call("ecs", "RegisterTaskDefinition", longer)
        .unwrap();
    scene.cloud.forget_requests();
    let ran = scene.deploy_with(&["--keep-revisions", "2"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(
        short(&ran.data()["deregisteredRevisions"]),
        ["web:2", "web:3"]
    );
    let left = |family: &str| {
        let body = json!({"familyPrefix": family});
        scene
            .cloud
            .call("ecs", "ListTaskDefinitions", body)
            .unwrap()
    };
    let ours = left("web");
    assert_eq!(
        short(&ours["taskDefinitionArns"]),
        ["web:1", "web:4", "web:5"]
    );
    let longer = left("web-admin");
    assert_eq!(short(&longer["taskDefinitionArns"]), ["web-admin:1"]);
}

#[test]
fn with_fewer_successes_than_to_keep_nothing_is_deregistered() {
    let scene = Scene::deployed();
    let ran = scene.deploy_with(&["--keep-revisions", "3"]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    let said = "no revision was deregistered: ECS shows 1 successful revisions, and 3 are";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn if_uses_cannot_be_read_nothing_is_deregistered_and_the_deployment_counts() {
    for operation in [
        "ListClusters",
        "ListServices",
        "ListTasks",
        "DescribeServiceRevisions",
    ] {
        let scene = five();
        scene
            .cloud
            .fault(Fault::on("ecs", operation).always().denied());
        let ran = scene.deploy_with(&["--keep-revisions", "1"]);
        assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
        assert!(
            ran.stderr.contains("no revision was deregistered"),
            "{operation}: {}",
            ran.stderr
        );
        assert_eq!(scene.writes(), [""; 0], "{operation}");
    }
}
