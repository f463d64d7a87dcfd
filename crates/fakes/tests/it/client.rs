//! AWS's own client library (botocore) against the fakes, over sockets and with signatures checked.

use std::process::Command;

use fakes::Cloud;
use serde_json::{Value, json};

use crate::model;
use crate::scene::{SUBNET, task_definition};

#[test]
fn botocore_signs_sends_and_understands() {
    let cloud = Cloud::start();
    cloud.sts().verify_signatures();
    cloud.ecs().cluster("demo");
    cloud.s3().bucket("states");
    cloud.logs().group("/ecs/web");
    let group = cloud.elb().target_group("web", 8080);
    cloud
        .call("ecs", "RegisterTaskDefinition", task_definition("web"))
        .unwrap();
    for (name, balancers) in [
        (
            "web",
            json!([{"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080}]),
        ),
        ("other", json!([])),
    ] {
        let service = json!({
            "cluster": "demo",
            "serviceName": name,
            "taskDefinition": "web",
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
            "loadBalancers": balancers,
        });
        cloud.ecs().running_service(service).unwrap();
    }
    let env = cloud.env();
    let value = |name: &str| env.iter().find(|(key, _)| key == name).unwrap().1.clone();
    // The package that the models come from, with what it needs beside it.
    let packages = model::data().parent().and_then(|package| package.parent());
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/client.py"))
        .args([
            cloud.endpoint_url(),
            value("AWS_ACCESS_KEY_ID"),
            value("AWS_SECRET_ACCESS_KEY"),
            group.arn,
        ])
        .env("PYTHONPATH", packages.unwrap())
        .env("HOME", value("HOME"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        seen,
        json!({
            "services": 2,
            "created": cloud.clock().now().strftime("%Y").to_string().parse::<u64>().unwrap(),
            "joined": true,
            "object": "{}",
            "login": cloud.endpoint_url(),
            "caller": "arn:aws:iam::123456789012:user/deployer",
            "assumed": "arn:aws:sts::123456789012:assumed-role/x/ci",
            "refusals": [
                "NoSuchKey",
                "ClusterNotFoundException",
                "TargetGroupNotFound",
                "RepositoryNotFoundException",
                "ResourceNotFoundException",
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                "SignatureDoesNotMatch",
            ],
        })
    );
}
