//! Killed after any request, and run again: the same end state, nothing done twice.

use std::time::Duration;

use fakes::Fault;
use serde_json::json;

use crate::scene::Scene;

const ARGS: [&str; 8] = [
    "--task-definition",
    "task.json",
    "--service-definition",
    "service.json",
    "--cluster",
    "prod",
    "--service",
    "web",
];

/// Kills the program when its request number `at` (from 0) has come. The fake then either has done
/// the work or never does it.
fn kill_at(scene: &Scene, args: &[&str], at: usize, done: bool) -> bool {
    let rule = Fault::on("ecs", "*").skip(at as u64);
    scene.cloud.fault(if done {
        // The work is done; the answer stops after its first byte, and the program tries again or
        // is killed first: either way it never learns of it.
        rule.cut_answer_at(1)
    } else {
        rule.cut_before_answer()
    });
    let mut child = scene
        .command(args)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let killed = loop {
        if scene.cloud.requests().len() > at {
            child.kill().unwrap();
            break true;
        }
        if child.try_wait().unwrap().is_some() {
            break false;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    child.wait().unwrap();
    scene.cloud.clear_faults();
    killed
}

#[test]
fn a_creation_killed_anywhere_ends_the_same() {
    for at in 0..10 {
        for done in [true, false] {
            let scene = Scene::new();
            let killed = kill_at(&scene, &ARGS, at, done);
            let ran = scene.deploy();
            assert_eq!(ran.code, 0, "{at}: {}", ran.stderr);
            assert_eq!(scene.revisions(), 1, "{at} {done}");
            let service = scene.service();
            assert_eq!(
                service["deployments"].as_array().unwrap().len(),
                1,
                "{at} {done}"
            );
            assert_eq!(
                ran.data()["handle"]["ecsSvcId"],
                service["deployments"][0]["id"]
            );
            if !killed {
                return;
            }
        }
    }
}

#[test]
fn an_update_killed_anywhere_ends_the_same() {
    for at in 0..12 {
        for done in [true, false] {
            let scene = Scene::deployed();
            scene.edit(
                "task.json",
                "/containerDefinitions/0/image",
                json!("app@sha256:2"),
            );
            scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(90));
            let args = [&ARGS[..], &["--resource-tag", "team=shop"]].concat();
            let killed = kill_at(&scene, &args, at, done);
            let ran = scene.run(&args);
            assert_eq!(ran.code, 0, "{at}: {}", ran.stderr);
            assert_eq!(scene.revisions(), 2, "{at} {done}");
            let service = scene.service();
            assert_eq!(
                service["deployments"].as_array().unwrap().len(),
                2,
                "{at} {done}"
            );
            assert_eq!(service["healthCheckGracePeriodSeconds"], json!(90));
            assert_eq!(service["tags"], json!([{"key": "team", "value": "shop"}]));
            assert_eq!(
                ran.data()["handle"]["ecsSvcId"],
                service["deployments"][0]["id"]
            );
            if !killed {
                return;
            }
        }
    }
}
