//! The published policies: they allow every call of a run with their command line, and contain
//! nothing that is not used.

use std::collections::BTreeSet;

use fakes::{Permission, Recorded, Scan};
use serde_json::{Value, json};

use crate::ecr::Scene;
use crate::sample::Image;

const PUSH: &str = include_str!("../../../../docs/policies/ecr-push.json");
const DRY_RUN: &str = include_str!("../../../../docs/policies/ecr-push-dry-run.json");
const CREATE: &str = include_str!("../../../../docs/policies/ecr-push-create.json");
const SCAN: &str = include_str!("../../../../docs/policies/ecr-push-scan.json");

/// The policies that a command line needs.
fn of(args: &[&str]) -> Vec<&'static str> {
    let when = |flag: &str, policy| args.contains(&flag).then_some(policy);
    let first = when("--dry-run", DRY_RUN).unwrap_or(PUSH);
    [
        Some(first),
        when("--create-repository", CREATE).filter(|_| first == PUSH),
        when("--fail-on-severity", SCAN),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Panics unless the policies of the command line allow every call.
pub fn check(requests: &[Recorded], args: &[&str]) {
    let at = args.iter().position(|arg| *arg == "--repository").unwrap();
    for needed in requests.iter().flat_map(needs) {
        let is_allowed = of(args)
            .iter()
            .any(|policy| allows(policy, args[at + 1], &needed));
        assert!(is_allowed, "{needed:?} is in no policy of {args:?}");
    }
}

/// The permissions that a call needs according to AWS's service authorization reference.
fn needs(request: &Recorded) -> Vec<Permission> {
    let mut needs = request.permissions.clone();
    let more = match request.operation.as_str() {
        "PutUpload" => Some("ecr:UploadLayerPart"),
        "CreateRepository" if request.json()["tags"].is_array() => Some("ecr:TagResource"),
        _ => None,
    };
    let first = needs.first().cloned();
    needs.extend(more.zip(first).map(|(action, first)| Permission {
        action: action.to_owned(),
        ..first
    }));
    needs
}

fn allows(policy: &str, repository: &str, needed: &Permission) -> bool {
    let policy = policy
        .replace("REGION:ACCOUNT", "eu-central-1:123456789012")
        .replace("REPOSITORY", repository);
    statements(&policy).iter().any(|statement| {
        let resource = statement["Resource"].as_str().unwrap();
        let is_named = resource == "*" || resource == needed.resource;
        actions(statement).contains(&needed.action) && is_named
    })
}

fn statements(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

fn actions(statement: &Value) -> BTreeSet<String> {
    let actions = statement["Action"].as_array().unwrap().iter();
    actions.map(|a| a.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_check_can_fail() {
    let needed = |action: &str, repository: &str| Permission {
        action: action.to_owned(),
        resource: format!("arn:aws:ecr:eu-central-1:123456789012:repository/{repository}"),
    };
    let put = needed("ecr:PutImage", "app");
    assert!(allows(PUSH, "app", &put) && !allows(PUSH, "other", &put));
    assert!(!allows(DRY_RUN, "app", &put) && !allows(CREATE, "app", &put));
}

#[test]
fn every_permission_is_used() {
    let scene = Scene::new();
    let policy = scene.folder.path().join("policy.json");
    std::fs::write(&policy, r#"{"rules":[]}"#).unwrap();
    let path = scene.folder.path().join("image.tar");
    let saved = format!("docker-archive:{}", path.display());
    let push = |image: &Image, more: &[&str]| {
        image.legacy_archive(&path, "app:v1");
        scene.push_source(&saved, &scene.cloud.env(), more);
    };
    let mut image = Image::small(1);
    let create = [
        "--tag",
        "v1",
        "--create-repository",
        "--resource-tag",
        "a=b",
        "--lifecycle-policy",
        &policy.display().to_string(),
    ];
    push(&image, &create);
    scene.cloud.ecr().scan(&scene.manifest, Scan::clean());
    scene.push(&["--tag", "v2", "--fail-on-severity", "HIGH"]);
    // Another image under v1 makes the program ask ECR whether the tag may move, and for the newest
    // image.
    image.layers.pop();
    image.architecture = "arm64".to_owned();
    push(&image, &["--tag", "v1", "--dry-run"]);
    let used: BTreeSet<String> = scene
        .cloud
        .requests()
        .iter()
        .flat_map(needs)
        .map(|needed| needed.action)
        .collect();
    for policy in [PUSH, DRY_RUN, CREATE, SCAN] {
        for statement in statements(policy) {
            let unused: Vec<String> = actions(&statement).difference(&used).cloned().collect();
            assert_eq!(json!(unused), json!([]), "{}", statement["Sid"]);
        }
    }
}
