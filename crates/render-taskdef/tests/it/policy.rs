//! The published policies, docs/policies/render-taskdef*.json, allow exactly the calls that are made.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::live::Live;

const POLICY: &str = include_str!("../../../../docs/policies/render-taskdef.json");

#[test]
fn what_is_called_is_what_is_published() {
    let live = Live::new();
    for args in [
        &["--task-definition", "web"][..],
        &["--cluster", "prod", "--service", "web", "--diff", "live"],
    ] {
        let ran = live.run(args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let called: BTreeSet<(String, String)> = live
        .cloud
        .requests()
        .into_iter()
        .flat_map(|request| request.permissions)
        .map(|needed| (needed.action, needed.resource))
        .collect();

    let text = POLICY
        .replace("REGION", &live.cloud.region())
        .replace("ACCOUNT", &live.cloud.account())
        .replace("CLUSTER/SERVICE", "prod/web");
    let policy: Value = serde_json::from_str(&text).unwrap();
    let mut published = BTreeSet::new();
    for statement in policy["Statement"].as_array().unwrap() {
        for action in statement["Action"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            published.insert((text(action), text(&statement["Resource"])));
        }
    }
    assert_eq!(called, published);
}
