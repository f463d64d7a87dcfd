//! What phase 1 would create, in the fakes. The demo and the benchmarks deploy to it.

use fakes::Cloud;
use serde_json::json;

/// The repository whose pull request gets the comment.
pub const PROJECT: &str = "acme/shop";
/// The number of the pull request.
pub const PULL_REQUEST: u64 = 7;
/// The location of the platform's state.
pub const STATE: &str = "s3://acme-terraform/platform.tfstate";

/// Creates the parts of the platform, and its state in S3.
pub fn make(cloud: &Cloud) {
    cloud.ecs().cluster("demo");
    cloud.ecr().immutable_repository("hello");
    cloud.logs().group("/ecs/hello");
    cloud
        .github()
        .pull_request(PROJECT, PULL_REQUEST, &"5c0ffee".repeat(6)[..40]);
    let group = cloud.elb().target_group("hello", 8080);
    let account = cloud.account();
    let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
    let state = state(&json!({
        "aws_region": cloud.region(),
        "ecs_cluster_name": "demo",
        "ecs_service_name": "hello",
        "task_family": "hello",
        "ecr_repository_name": "hello",
        "execution_role_arn": role("hello-execution"),
        "task_role_arn": role("hello-task"),
        "log_group_name": "/ecs/hello",
        "ecs_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "task_security_group_id": "sg-0a1b2c3d4e5f60003",
        "target_group_arn": group.arn,
    }));
    cloud
        .s3()
        .put("acme-terraform", "platform.tfstate", state.into_bytes());
}

/// A Terraform state with these outputs.
pub fn state(outputs: &serde_json::Value) -> String {
    let mut state = serde_json::json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "demo",
        "outputs": {}, "resources": [],
    });
    for (name, value) in outputs.as_object().into_iter().flatten() {
        let kind = if value.is_array() {
            serde_json::json!(["list", "string"])
        } else {
            "string".into()
        };
        state["outputs"][name] = serde_json::json!({"value": value, "type": kind});
    }
    state.to_string()
}
