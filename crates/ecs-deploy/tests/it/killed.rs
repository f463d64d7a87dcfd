//! A run that is killed after any request, and repeated, ends in the same state and does nothing
//! twice.

use std::process::Stdio;
use std::time::Duration;

use fakes::Fault;

use crate::scene::{Scene, at_once};
use crate::stories::{CREATION, DELETION, Story, UPDATE};

/// Kills the program when request number `at` (from 0) arrives, and returns whether it was killed.
/// The cloud does the work of this request or not, and the program does not learn which.
fn kill_at(scene: &Scene, story: &Story, at: usize, done: bool) -> bool {
    let rule = Fault::on("*", "*").skip(at as u64);
    scene.cloud.fault(if done {
        rule.cut_answer_at(1)
    } else {
        rule.cut_before_answer()
    });
    let args = story.all_args();
    let mut child = scene
        .command(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
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
    scene.check(&scene.cloud.requests(), &args);
    killed
}

/// Kills at every request of a story. For writes it does so twice: once with the work done, once
/// without.
fn killed_anywhere(story: &Story, calls: &[bool]) {
    let mut points = Vec::new();
    for (at, writes) in calls.iter().enumerate() {
        points.push((at, true));
        if *writes {
            points.push((at, false));
        }
    }
    at_once(points, |&(at, done)| {
        let what = format!("{}, killed at call {at}, done: {done}", story.name);
        let scene = story.scene();
        assert!(kill_at(&scene, story, at, done), "{what}");
        let ran = story.run(&scene);
        assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        assert!((story.holds)(&scene), "{what}: {}", ran.stderr);
        if !story.args.contains(&"delete") {
            let id = &scene.service()["deployments"][0]["id"];
            assert_eq!(&ran.data()["deployment"]["ecsSvcId"], id, "{what}");
        }
    });
}

#[test]
fn a_creation_killed_anywhere_ends_the_same() {
    killed_anywhere(&CREATION, &CREATION.calls());
}

#[test]
fn an_update_killed_anywhere_ends_the_same() {
    killed_anywhere(&UPDATE, &UPDATE.calls());
}

#[test]
fn a_deletion_killed_anywhere_ends_the_same() {
    // One read, the deletion, and at least one more read.
    killed_anywhere(&DELETION, &[false, true, false]);
}
