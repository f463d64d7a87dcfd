//! Rollbacks to revisions that were deregistered in the meantime, e.g. by Terraform.

use serde_json::json;

use crate::scene::{Ran, Scene};

/// Three successful deployments, web:1 to web:3. Then `gone` is deregistered.
fn scene(gone: &[&str]) -> Scene {
    let scene = Scene::deployed();
    for n in 2..=3 {
        let image = format!("app@sha256:{n}");
        scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
        assert_eq!(scene.deploy().action(), "updated");
        scene.settle();
    }
    for revision in gone {
        let body = json!({"taskDefinition": revision});
        scene
            .cloud
            .call("ecs", "DeregisterTaskDefinition", body)
            .unwrap();
    }
    scene.cloud.forget_requests();
    scene
}

fn rollback(scene: &Scene, more: &[&str]) -> Ran {
    let args = ["rollback", "--cluster", "prod", "--service", "web"];
    scene.run(&[&args, more].concat())
}

#[test]
fn a_copy_of_a_deregistered_revision_is_deployed() {
    let scene = scene(&["web:2"]);
    let ran = rollback(&scene, &["--dry-run"]);
    let plan = "register  a new revision of web; the newest is web:3";
    assert!(ran.stdout.contains(plan), "{}{}", ran.stdout, ran.stderr);
    let ran = rollback(&scene, &[]);
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    let said = "web:2 is deregistered, so a copy of it is deployed";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let copy = &scene.sent("RegisterTaskDefinition")[0];
    assert_eq!(copy["containerDefinitions"][0]["image"], "app@sha256:2");
    assert_eq!(copy["tags"].as_array().unwrap().len(), 1, "{copy}");
    let runs = scene.service()["taskDefinition"].clone();
    assert!(runs.as_str().unwrap().ends_with("web:4"), "{runs}");
}

#[test]
fn a_copy_that_is_registered_already_is_used() {
    let scene = scene(&["web:2"]);
    scene
        .cloud
        .fault(fakes::Fault::on("ecs", "UpdateService").denied());
    let ran = rollback(&scene, &[]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(rollback(&scene, &[]).action(), "updated");
    assert_eq!(scene.sent("RegisterTaskDefinition").len(), 1);
}
