//! The published policies allow every call of a wait, and every action in them is used.

use std::collections::BTreeSet;

use fakes::{Permission, Rollout};
use serde_json::Value;

use crate::scene::{Scene, crashing, healthy};

const WAIT: &str = include_str!("../../../../docs/policies/wait-healthy.json");
const ROLLBACK: &str = include_str!("../../../../docs/policies/wait-healthy-rollback.json");

/// The values of the policies' placeholders in these tests.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("REGION:ACCOUNT", "eu-central-1:123456789012"),
    ("CLUSTER", "prod"),
    ("SERVICE", "web"),
    ("LOG_GROUP", "/web"),
];

fn statements(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

fn actions(policy: &str) -> BTreeSet<String> {
    let statements = statements(policy);
    let actions = statements
        .iter()
        .flat_map(|s| s["Action"].as_array().unwrap());
    actions.map(|a| a.as_str().unwrap().to_owned()).collect()
}

fn allows(policy: &str, needed: &Permission) -> bool {
    statements(policy).iter().any(|statement| {
        let resources = match &statement["Resource"] {
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        };
        let is_named = resources.iter().any(|resource| {
            let mut resource = resource.as_str().unwrap().to_owned();
            for (place, value) in PLACEHOLDERS {
                resource = resource.replace(place, value);
            }
            match resource.strip_suffix('*') {
                Some(before) => needed.resource.starts_with(before),
                None => needed.resource == resource,
            }
        });
        let action = Value::from(needed.action.as_str());
        statement["Action"].as_array().unwrap().contains(&action) && is_named
    })
}

/// The permissions that the program's requests need. Only signed requests are the program's own. By
/// AWS's service authorization reference, a call about a deployment or revision of a service needs
/// the permission for the service, too.
fn needed(scene: &Scene) -> Vec<Permission> {
    let requests = scene.cloud.requests();
    let signed = requests.into_iter().filter(|r| r.access_key.is_some());
    let mut needed: Vec<Permission> = signed.flat_map(|request| request.permissions).collect();
    let of_service: Vec<Permission> = needed
        .iter()
        .filter_map(|permission| {
            let kinds = [":service-deployment/", ":service-revision/"];
            let kind = kinds.iter().find(|k| permission.resource.contains(*k))?;
            let resource = permission.resource.replace(kind, ":service/");
            let (service, _) = resource.rsplit_once('/')?;
            Some(Permission {
                action: permission.action.clone(),
                resource: service.to_owned(),
            })
        })
        .collect();
    needed.extend(of_service);
    needed
}

#[test]
fn a_wait_uses_exactly_the_actions_of_its_policy() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    scene.run(&["--deployment", &id]).expect(6, "rolled-back");
    let mut used = BTreeSet::new();
    for needed in needed(&scene) {
        assert!(allows(WAIT, &needed), "{needed:?} is not in the policy");
        used.insert(needed.action);
    }
    assert_eq!(used, actions(WAIT));
}

#[test]
fn a_rollback_needs_the_second_policy() {
    let mut used = BTreeSet::new();
    for (scene, rollout) in [
        (Scene::paused("POST_SCALE_UP"), healthy()),
        (Scene::running(), Rollout::stuck()),
    ] {
        let id = scene.deploy(rollout);
        let args = ["--timeout", "4s", "--on-timeout", "rollback"];
        let ran = scene.run(&[&["--deployment", id.as_str()][..], &args].concat());
        ran.expect(6, "rolled-back");
        for needed in needed(&scene) {
            let is_allowed = allows(WAIT, &needed) || allows(ROLLBACK, &needed);
            assert!(is_allowed, "{needed:?} is in no policy");
            used.insert(needed.action);
        }
    }
    let missing: Vec<_> = actions(ROLLBACK).difference(&used).cloned().collect();
    assert!(missing.is_empty(), "nothing uses {missing:?}");
}
