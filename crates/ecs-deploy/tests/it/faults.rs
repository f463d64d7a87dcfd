//! Throttling, 5xx and cut connections on every call in turn: the run ends correctly, or reports
//! what was done and what was not, and the next run ends correctly.

use fakes::{Fault, FaultRule};
use serde_json::json;

use crate::scene::{Scene, at_once};
use crate::stories;

type Kind = (&'static str, fn(FaultRule) -> Fault);

/// Faults that any call can meet.
const COMMON: [Kind; 3] = [
    ("throttled", |on| on.throttle()),
    ("503", |on| on.status(503)),
    ("cut after the work", |on| on.cut_after_work()),
];

/// Additional faults of calls that write.
const RARER: [Kind; 4] = [
    ("cut before the work", |on| on.cut_before_answer()),
    ("cut in the answer", |on| on.cut_answer_at(20)),
    ("half an answer", |on| on.malformed()),
    ("a proxy's page", |on| on.html(502)),
];

#[test]
fn a_fault_on_any_call_does_no_harm() {
    let mut cases = Vec::new();
    for story in stories::all() {
        // Each call meets one fault, and each write meets every kind.
        for (at, writes) in story.calls().into_iter().enumerate() {
            let kinds = COMMON.into_iter().enumerate();
            let kinds = kinds.filter(|(n, _)| writes || n % 3 == at % 3);
            cases.extend(kinds.map(|(_, kind)| (story.clone(), at, kind)));
        }
    }
    at_once(cases, |&(ref story, at, (name, fault))| {
        let what = format!("{}, call {at} {name}", story.name);
        let scene = story.scene();
        scene
            .cloud
            .fault(fault(Fault::on("*", "*").skip(at as u64)));
        let ran = story.run(&scene);
        assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        assert!((story.holds)(&scene), "{what}: {}", ran.stderr);
    });
}

fn changed() -> Scene {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(90));
    scene
}

/// One update to one new revision: nothing was done twice.
fn is_updated(scene: &Scene, what: &str) {
    assert_eq!(scene.revisions(), 2, "{what}");
    let service = scene.service();
    let deployments = service["deployments"].as_array().unwrap();
    assert_eq!(deployments.len(), 2, "{what}: {service:#}");
    let runs = service["taskDefinition"].as_str().unwrap();
    assert!(runs.ends_with("web:2"), "{what}");
    let grace = &service["healthCheckGracePeriodSeconds"];
    assert_eq!(grace, &json!(90), "{what}");
    let tags = json!([{"key": "team", "value": "shop"}]);
    assert_eq!(service["tags"], tags, "{what}");
}

/// Each write of an update with each kind of fault.
fn writes(kinds: impl IntoIterator<Item = Kind>) -> Vec<(&'static str, Kind)> {
    let operations = ["RegisterTaskDefinition", "UpdateService", "TagResource"];
    let of = |kind| operations.map(|operation| (operation, kind));
    kinds.into_iter().flat_map(of).collect()
}

#[test]
fn a_write_whose_answer_never_comes_is_not_done_twice() {
    at_once(writes(RARER), |&(operation, (name, fault))| {
        let what = format!("{operation} {name}");
        let scene = changed();
        scene.cloud.fault(fault(Fault::on("ecs", operation)));
        let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
        assert_eq!(ran.action(), "updated", "{what}");
        is_updated(&scene, &what);
        let id = scene.service()["deployments"][0]["id"].clone();
        assert_eq!(ran.data()["deployment"]["ecsSvcId"], id, "{what}");
    });
}

#[test]
fn after_a_lost_answer_it_reads_before_it_writes_again() {
    for (operation, reads) in [
        ("RegisterTaskDefinition", "DescribeTaskDefinition"),
        ("UpdateService", "DescribeServices"),
    ] {
        for (fault, writes) in [
            (Fault::on("ecs", operation).cut_after_work(), 1),
            (Fault::on("ecs", operation).cut_before_answer(), 2),
            (Fault::on("ecs", operation).status(500), 2),
        ] {
            let scene = changed();
            scene.cloud.fault(fault);
            assert_eq!(scene.deploy().action(), "updated");
            let asked = scene.cloud.requests();
            let asked: Vec<&str> = asked.iter().map(|r| r.operation.as_str()).collect();
            let at: Vec<usize> = (0..asked.len())
                .filter(|n| asked[*n] == operation)
                .collect();
            assert_eq!(at.len(), writes, "{operation}: {asked:?}");
            assert_eq!(asked[at[0] + 1], reads, "{asked:?}");
        }
    }
}

#[test]
fn a_lasting_fault_is_reported_and_the_next_run_succeeds() {
    let kinds = COMMON.into_iter().chain(RARER);
    at_once(writes(kinds), |&(operation, (name, fault))| {
        let what = format!("{operation} {name}");
        let scene = changed();
        let always = Fault::on("ecs", operation).always();
        scene.cloud.fault(fault(always));
        let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
        // The work may have been done although every response was lost; then the next read showed
        // it.
        if ran.code != 0 {
            assert_eq!(ran.code, 9, "{what}: {}", ran.stderr);
            let errors = ran.stderr.matches("error: ").count();
            assert_eq!(errors, 1, "{what}: {}", ran.stderr);
            let says = match operation {
                "RegisterTaskDefinition" => "registering a revision of web failed",
                "UpdateService" => "web:2 is registered, and a re-run uses it",
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
