//! The published policy, docs/policies/tf-outputs.json, lists exactly the actions that reading a state
//! needs.

use std::collections::BTreeSet;

use fakes::Cloud;
use serde_json::{Value, json};

use crate::run::{run_with, state};

const POLICY: &str = include_str!("../../../../docs/policies/tf-outputs.json");

/// Every action with its resource.
fn published() -> BTreeSet<(String, String)> {
    let text = POLICY
        .replace("STATE_BUCKET", "acme-state")
        .replace("STATE_KEY", "infra.tfstate");
    let policy: Value = serde_json::from_str(&text).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    statements
        .iter()
        .flat_map(|statement| {
            let resource = text(&statement["Resource"]);
            let actions = statement["Action"].as_array().unwrap();
            actions
                .iter()
                .map(move |action| (text(action), resource.clone()))
        })
        .collect()
}

#[test]
fn the_policy_lists_the_called_actions() {
    let cloud = Cloud::start();
    cloud.s3().put("acme-state", "other.tfstate", "{}");
    let endpoint = cloud.endpoint_url();
    let location = "s3://acme-state/infra.tfstate";
    let read = || {
        run_with(
            &["--state", location, "--endpoint-url", &endpoint],
            &cloud.env(),
        )
    };
    assert_eq!(read().code, 3, "the keys beside it are listed");
    let text = state(json!({"a": 1}));
    cloud.s3().put("acme-state", "infra.tfstate", text);
    assert_eq!(read().json(), json!({"a": 1}));

    let mut called: BTreeSet<(String, String)> = cloud
        .requests()
        .iter()
        .map(|request| {
            if request.path.contains("list-type=2") {
                (
                    "s3:ListBucket".to_owned(),
                    "arn:aws:s3:::acme-state".to_owned(),
                )
            } else {
                let required_text = &request.permissions[0];
                (required_text.action.clone(), required_text.resource.clone())
            }
        })
        .collect();
    // S3 calls KMS on behalf of the reader.
    let key = "arn:aws:kms:REGION:ACCOUNT:key/KMS_KEY";
    called.insert(("kms:Decrypt".to_owned(), key.to_owned()));
    assert_eq!(called, published());
}
