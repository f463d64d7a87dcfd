//! Two writers of one service.

use std::time::Duration;

use fakes::Fault;
use serde_json::{Value, json};

use crate::scene::Scene;

/// Runs a deployment, and `other` after the program has read the service; the program's write waits
/// for it.
fn meanwhile(scene: &Scene, more: &[&str], other: impl FnOnce()) -> crate::scene::Ran {
    scene
        .cloud
        .fault(Fault::on("ecs", "RegisterTaskDefinition").delay(Duration::from_secs(2)));
    std::thread::scope(|threads| {
        let running = threads.spawn(|| scene.deploy_with(more));
        while scene
            .cloud
            .requests_of("ecs", "RegisterTaskDefinition")
            .is_empty()
        {
            std::thread::yield_now();
        }
        other();
        running.join().unwrap()
    })
}

fn update(scene: &Scene, members: Value) {
    let mut body = json!({"cluster": "prod", "service": "web"});
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    scene.cloud.call("ecs", "UpdateService", body).unwrap();
}

#[test]
fn a_member_that_another_writer_changed_is_named_and_the_loser_ends_with_7() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let ran = meanwhile(&scene, &[], || {
        update(&scene, json!({"healthCheckGracePeriodSeconds": 5}));
    });
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let said = "another writer changed service web at the same time: healthCheckGracePeriodSeconds is 5, but 30 is declared";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    // Its deployment started anyway, and the result contains it.
    let id = scene.service()["deployments"][0]["id"].clone();
    assert_eq!(ran.data()["deployment"]["ecsSvcId"], id);
}

#[test]
fn of_two_programs_at_once_the_loser_names_what_the_other_changed_and_ends_with_7() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let mut theirs = scene.service_definition();
    theirs["healthCheckGracePeriodSeconds"] = json!(90);
    scene.write("theirs.json", &theirs);
    let ran = meanwhile(&scene, &[], || {
        let output = scene
            .command(&["--service-definition", "theirs.json"])
            .args(["--cluster", "prod", "--service", "web"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    });
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let said = "another writer changed service web at the same time: healthCheckGracePeriodSeconds is 90, but 30 is declared";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    // The service has what only one of the two declared.
    let service = scene.service();
    assert_eq!(service["healthCheckGracePeriodSeconds"], json!(90));
    assert!(
        service["taskDefinition"]
            .as_str()
            .unwrap()
            .ends_with("web:2")
    );
}

#[test]
fn a_change_of_an_undeclared_member_is_not_a_conflict() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let ran = meanwhile(&scene, &[], || {
        update(
            &scene,
            json!({"enableExecuteCommand": true, "desiredCount": 9}),
        )
    });
    assert_eq!(ran.action(), "updated");
}

#[test]
fn a_lost_response_and_another_writer_are_distinguished() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let theirs = crate::scene::task_definition("app@sha256:3");
    let mut theirs = theirs;
    theirs["family"] = json!("theirs");
    scene
        .cloud
        .call("ecs", "RegisterTaskDefinition", theirs)
        .unwrap();
    scene
        .cloud
        .fault(Fault::on("ecs", "UpdateService").cut_before_answer());
    let ran = std::thread::scope(|threads| {
        let running = threads.spawn(|| scene.deploy());
        while scene.cloud.requests_of("ecs", "UpdateService").is_empty() {
            std::thread::yield_now();
        }
        update(&scene, json!({"taskDefinition": "theirs"}));
        running.join().unwrap()
    });
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("taskDefinition is "), "{}", ran.stderr);
    assert!(ran.stderr.contains("theirs:1"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("did not change the service"),
        "{}",
        ran.stderr
    );
}

#[test]
fn two_creations_at_once_make_one_service() {
    let scene = Scene::new();
    scene
        .cloud
        .fault(Fault::on("ecs", "CreateService").delay(Duration::from_secs(1)));
    let ran: Vec<_> = std::thread::scope(|threads| {
        let runs: Vec<_> = ["one", "two"]
            .map(|results| {
                let scene = &scene;
                threads.spawn(move || {
                    let output = scene
                        .command(&[
                            "--task-definition",
                            "task.json",
                            "--service-definition",
                            "service.json",
                            "--cluster",
                            "prod",
                            "--service",
                            "web",
                        ])
                        .env("FARGATE_RESULTS", results)
                        .output()
                        .unwrap();
                    (
                        output.status.code(),
                        String::from_utf8(output.stderr).unwrap(),
                    )
                })
            })
            .into();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    for (code, stderr) in ran {
        assert_eq!(code, Some(0), "{stderr}");
    }
    assert_eq!(scene.service()["status"], "ACTIVE");
    assert_eq!(scene.service()["deployments"].as_array().unwrap().len(), 1);
}

#[test]
fn a_service_that_goes_between_plan_and_write_is_planned_anew() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let ran = meanwhile(&scene, &[], || {
        let delete = json!({"cluster": "prod", "service": "web", "force": true});
        scene.cloud.call("ecs", "DeleteService", delete).unwrap();
        scene.clock.advance(Duration::from_secs(600));
    });
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert!(ran.stderr.contains("planning again"), "{}", ran.stderr);
    assert_eq!(ran.data()["taskDefinition"]["registered"], json!(true));
    assert_eq!(scene.revisions(), 2);
}
