//! A deployment that is killed at any request, and repeated, ends in the same state and does nothing
//! twice.

use std::process::Stdio;
use std::time::Duration;

use crate::scene::{PROJECT, PULL_REQUEST, Scene};

fn command(scene: &Scene) -> std::process::Command {
    let mut command = scene.command(&["deploy", "--cluster=prod", "--service=web"]);
    command
        .args([
            "--source=oci:image",
            "--tag=v2",
            "--git-repository",
            PROJECT,
        ])
        .args(["--pull-request", &PULL_REQUEST.to_string()])
        .env("GITHUB_TOKEN", scene.cloud.github().token());
    command
}

/// Starts a deployment and sends a signal when request number `at` has arrived. Returns the exit code;
/// `None` if the signal ended the process.
fn stopped_at(scene: &Scene, at: usize, signal: &str) -> Option<i32> {
    let mut command = command(scene);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("started");
    while scene.cloud.requests().len() <= at {
        assert!(
            child.try_wait().expect("a status").is_none(),
            "it ended before request {at}"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args([signal, &id])
        .status();
    assert!(sent.expect("kill runs").success());
    child.wait().expect("ended").code()
}

fn same_end(scene: &Scene, what: &str) {
    let ran = crate::scene::ran(command(scene).output().expect("started"));
    assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
    assert!(scene.images()[1].ends_with(&scene.digest), "{what}");
    assert_eq!(
        scene.count("ecs", "UpdateService"),
        1,
        "{what}: updated once"
    );
    assert_eq!(
        scene.count("ecs", "RegisterTaskDefinition"),
        1,
        "{what}: registered once"
    );
    let comments = scene.cloud.github().comments(PROJECT, PULL_REQUEST);
    assert_eq!(comments.len(), 1, "{what}: one comment");
}

#[test]
fn killed_at_any_request_and_run_again_it_ends_in_the_same_state() {
    let whole = Scene::new();
    same_end(&whole, "not killed");
    let requests = whole.cloud.requests();
    let before = requests
        .iter()
        .take_while(|request| request.operation != "DescribeServiceDeployments");
    let count = before.count();
    assert!(count > 10, "{count} requests before the wait");
    std::thread::scope(|threads| {
        for at in (0..count).step_by(count.div_ceil(20)) {
            threads.spawn(move || {
                let scene = Scene::new();
                assert_eq!(stopped_at(&scene, at, "-KILL"), None);
                same_end(&scene, &format!("killed at request {at} of {count}"));
            });
        }
    });
}

#[test]
fn a_signal_reaches_the_step_and_the_report_still_runs() {
    let scene = Scene::new();
    let ended = stopped_at(&scene, 4, "-TERM");
    assert_eq!(ended, Some(130));
    assert!(scene.result("deploy-status").is_some());
    same_end(&scene, "interrupted");
}
