//! `init`: deploying the written files changes nothing.

use serde_json::{Value, json};

use crate::scene::{Ran, Scene};

fn init(scene: &Scene, more: &[&str]) -> Ran {
    let named = ["init", "--cluster", "prod", "--service", "web"];
    scene.run(&[&named[..], more].concat())
}

fn read(scene: &Scene, name: &str) -> Value {
    let text = std::fs::read_to_string(scene.path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn deploying_the_written_files_changes_nothing() {
    let scene = Scene::deployed();
    let outputs = json!({"ecs_cluster_name": "prod", "web_target_group_arn": scene.group.arn,
        "ecs_subnet_ids": ["subnet-0a1b2c3d4e5f67890"]});
    scene.write("outputs.json", &outputs);
    let ran = init(&scene, &["--dir", "files", "--outputs", "outputs.json"]);
    assert_eq!(ran.action(), "written", "{}", ran.stderr);
    assert_eq!(ran.stdout, "files/taskdef.json\nfiles/service.json\n");
    assert_eq!(scene.writes(), [""; 0]);
    let service = read(&scene, "files/service.json");
    assert_eq!(
        service["loadBalancers"][0]["targetGroupArn"],
        "${tf.web_target_group_arn}"
    );
    assert_eq!(
        service["networkConfiguration"]["awsvpcConfiguration"]["subnets"],
        "${tf.ecs_subnet_ids}"
    );
    assert_eq!(service["cluster"], "${tf.ecs_cluster_name}");
    assert_eq!(
        (&service["status"], &service["taskDefinition"]),
        (&Value::Null, &Value::Null)
    );
    let ran = scene.run(&[
        "--task-definition",
        "files/taskdef.json",
        "--service-definition",
        "files/service.json",
        "--outputs",
        "outputs.json",
    ]);
    assert_eq!(ran.action(), "unchanged", "{}", ran.stderr);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn existing_files_are_not_overwritten() {
    let scene = Scene::deployed();
    let before = read(&scene, "service.json");
    let ran = init(&scene, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("service.json already exists"),
        "{}",
        ran.stderr
    );
    assert_eq!(read(&scene, "service.json"), before);
    assert!(!scene.path("taskdef.json").exists(), "both or none");
    assert_eq!(init(&scene, &["--overwrite"]).action(), "written");
    let ran = scene.run(&[
        "init",
        "--cluster",
        "prod",
        "--service",
        "nope",
        "--dir",
        "x",
    ]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}
