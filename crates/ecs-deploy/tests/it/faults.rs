//! Throttling, 5xx and cut connections on every call in turn: the run ends right, or says what was
//! done and what was not, and the next run ends right.

use fakes::{Fault, FaultRule};
use serde_json::json;

use crate::scene::Scene;

type Kind = (&'static str, fn(FaultRule) -> Fault);

const KINDS: [Kind; 7] = [
    ("throttled", |on| on.throttle()),
    ("503", |on| on.status(503)),
    ("cut before the work", |on| on.cut_before_answer()),
    ("cut after the work", |on| on.cut_after_work()),
    ("cut in the answer", |on| on.cut_answer_at(20)),
    ("half an answer", |on| on.malformed()),
    ("a proxy's page", |on| on.html(502)),
];

const CREATION: [&str; 4] = [
    "DescribeServices",
    "DescribeTaskDefinition",
    "RegisterTaskDefinition",
    "CreateService",
];

const UPDATE: [&str; 6] = [
    "DescribeServices",
    "ListServiceDeployments",
    "DescribeTaskDefinition",
    "RegisterTaskDefinition",
    "UpdateService",
    "TagResource",
];

/// Runs one scene for each operation and kind of fault, all at once: they mostly sleep.
fn each(operations: &[&'static str], check: impl Fn(&str, Kind) + Sync) {
    std::thread::scope(|threads| {
        for operation in operations {
            for kind in KINDS {
                let check = &check;
                threads.spawn(move || check(operation, kind));
            }
        }
    });
}

fn changed(scene: &Scene) {
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(90));
}

/// One creation of one revision: nothing was done twice.
fn is_created(scene: &Scene, what: &str) {
    assert_eq!(scene.revisions(), 1, "{what}");
    let service = scene.service();
    assert_eq!(
        service["deployments"].as_array().unwrap().len(),
        1,
        "{what}"
    );
    assert!(
        service["taskDefinition"]
            .as_str()
            .unwrap()
            .ends_with("web:1"),
        "{what}"
    );
}

/// One update to one new revision: nothing was done twice.
fn is_updated(scene: &Scene, what: &str) {
    assert_eq!(scene.revisions(), 2, "{what}");
    let service = scene.service();
    assert_eq!(
        service["deployments"].as_array().unwrap().len(),
        2,
        "{what}: {service:#}"
    );
    assert!(
        service["taskDefinition"]
            .as_str()
            .unwrap()
            .ends_with("web:2"),
        "{what}"
    );
    assert_eq!(
        service["healthCheckGracePeriodSeconds"],
        json!(90),
        "{what}"
    );
    assert_eq!(
        service["tags"],
        json!([{"key": "team", "value": "shop"}]),
        "{what}"
    );
}

#[test]
fn one_fault_in_a_creation_does_no_harm() {
    each(&CREATION, |operation, (name, fault)| {
        let what = format!("{operation} {name}");
        let scene = Scene::new();
        scene.cloud.fault(fault(Fault::on("ecs", operation)));
        let ran = scene.deploy();
        assert_eq!(ran.action(), "created", "{what}");
        is_created(&scene, &what);
        let id = scene.service()["deployments"][0]["id"].clone();
        assert_eq!(ran.data()["handle"]["ecsSvcId"], id, "{what}");
    });
}

#[test]
fn one_fault_in_an_update_does_no_harm() {
    each(&UPDATE, |operation, (name, fault)| {
        let what = format!("{operation} {name}");
        let scene = Scene::deployed();
        changed(&scene);
        scene.cloud.fault(fault(Fault::on("ecs", operation)));
        let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
        assert_eq!(ran.action(), "updated", "{what}");
        is_updated(&scene, &what);
        let id = scene.service()["deployments"][0]["id"].clone();
        assert_eq!(ran.data()["handle"]["ecsSvcId"], id, "{what}");
    });
}

#[test]
fn a_cloud_that_stays_broken_is_said_and_the_next_run_mends_it() {
    let writes = ["RegisterTaskDefinition", "UpdateService", "TagResource"];
    each(&writes, |operation, (name, fault)| {
        let what = format!("{operation} {name}");
        let scene = Scene::deployed();
        changed(&scene);
        scene
            .cloud
            .fault(fault(Fault::on("ecs", operation).always()));
        let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
        // The work may have been done although every answer was lost: then it was seen.
        if ran.code != 0 {
            assert_eq!(ran.code, 9, "{what}: {}", ran.stderr);
            assert_eq!(
                ran.stderr.matches("error: ").count(),
                1,
                "{what}: {}",
                ran.stderr
            );
            let says = match operation {
                "RegisterTaskDefinition" => "registering a revision of web failed",
                "UpdateService" => "web:2 is registered, and a rerun uses it",
                _ => "tagging service web failed",
            };
            assert!(ran.stderr.contains(says), "{what}: {}", ran.stderr);
        }
        scene.cloud.clear_faults();
        let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
        assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        is_updated(&scene, &what);
    });
}
