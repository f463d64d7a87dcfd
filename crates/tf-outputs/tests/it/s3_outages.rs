//! S3, STS and the CI host fail for a moment, or for longer.

use fakes::Fault;
use serde_json::json;

use crate::run::run_with;
use crate::s3::Bucket;

#[test]
fn temporary_errors_are_retried() {
    let bucket = Bucket::new();
    for fault in [
        Fault::on("s3", "GetObject").throttle(),
        Fault::on("s3", "GetObject").status(500),
        Fault::on("s3", "GetObject").cut_before_answer(),
        Fault::on("s3", "GetObject").cut_answer_at(30),
    ] {
        bucket.cloud.clear_faults();
        bucket.cloud.fault(fault);
        let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
        assert_eq!(ran.json(), json!({"of": "default"}), "{}", ran.stderr);
    }
}

#[test]
fn a_server_that_stays_busy_has_a_hint() {
    let bucket = Bucket::new();
    bucket
        .cloud
        .fault(Fault::on("s3", "GetObject").always().status(503));
    let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
    assert_eq!(ran.code, 9);
    assert!(
        ran.stderr.contains("hint: the server is busy"),
        "{}",
        ran.stderr
    );
}

#[test]
fn credentials_that_cannot_be_renewed_for_a_moment_are_not_a_denial() {
    let bucket = Bucket::new();
    let cloud = &bucket.cloud;
    cloud
        .sts()
        .session_length(std::time::Duration::from_secs(2));
    cloud.fault(Fault::on("s3", "GetObject").throttle());
    cloud.fault(Fault::on("oidc", "GetToken").skip(1).always().throttle());
    let mut env = cloud.env();
    env.retain(|(name, _)| !name.starts_with("AWS_ACCESS") && !name.starts_with("AWS_SECRET"));
    env.extend(cloud.sts().github_env());
    env.push(("GITHUB_ACTIONS".into(), "true".into()));
    let endpoint = cloud.endpoint_url();
    let role = "arn:aws:iam::123456789012:role/deploy";
    let args = [
        "--state",
        "s3://acme-state/infra.tfstate",
        "--endpoint-url",
        &endpoint,
        "--role-to-assume",
        role,
    ];
    let ran = run_with(&args, &env);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    for part in [
        "cannot get an OIDC token from GitHub",
        "hint: run it again later",
    ] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}
