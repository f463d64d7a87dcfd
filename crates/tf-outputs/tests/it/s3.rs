//! States in S3: workspaces, regions, and the difference between a denied and a missing state.

use fakes::{ApiError, Cloud, Fault};
use serde_json::json;

use crate::run::{Ran, run_with, state};
use crate::server::{Response, Server};

pub struct Bucket {
    pub cloud: Cloud,
}

impl Bucket {
    pub fn new() -> Self {
        let cloud = Cloud::start();
        for (key, of) in [
            ("infra.tfstate", "default"),
            ("env:/prod/infra.tfstate", "prod"),
            ("teams/prod/infra.tfstate", "prefixed"),
        ] {
            cloud.s3().put("acme-state", key, state(json!({"of": of})));
        }
        Bucket { cloud }
    }

    pub fn read(&self, args: &[&str]) -> Ran {
        let endpoint = self.cloud.endpoint_url();
        let mut all = vec!["--endpoint-url", endpoint.as_str()];
        all.extend(args);
        run_with(&all, &self.cloud.env())
    }
}

#[test]
fn states_of_the_default_workspace_and_of_others() {
    let bucket = Bucket::new();
    for (args, of) in [
        (&[][..], "default"),
        (&["--workspace", "default"], "default"),
        (&["--workspace", "prod"], "prod"),
        (
            &["--workspace", "prod", "--workspace-key-prefix", "teams"],
            "prefixed",
        ),
    ] {
        let mut all = vec!["--state", "s3://acme-state/infra.tfstate"];
        all.extend(args);
        let ran = bucket.read(&all);
        assert_eq!(ran.json(), json!({"of": of}), "{args:?} {}", ran.stderr);
    }
    let requests = bucket.cloud.requests_of("s3", "GetObject");
    assert_eq!(requests.len(), 4, "one request each");
}

#[test]
fn missing_keys_workspaces_and_buckets_have_different_errors() {
    let bucket = Bucket::new();
    for (state, args, message) in [
        (
            "s3://acme-state/other.tfstate",
            &[][..],
            "the key does not exist in bucket acme-state",
        ),
        (
            "s3://acme-state/infra.tfstate",
            &["--workspace", "dev"],
            "workspace dev has no state in bucket acme-state",
        ),
        (
            "s3://nobodys/infra.tfstate",
            &[],
            "bucket nobodys does not exist",
        ),
    ] {
        let mut all = vec!["--state", state];
        all.extend(args);
        let ran = bucket.read(&all);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(message) && ran.stderr.contains("hint: "),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_denial_names_the_action_and_the_object() {
    let bucket = Bucket::new();
    bucket.cloud.s3().unlistable("acme-state");
    let ran = bucket.read(&[
        "--state",
        "s3://acme-state/infra.tfstate",
        "--workspace",
        "dev",
    ]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains("allow s3:GetObject on arn:aws:s3:::acme-state/env:/dev/infra.tfstate; without s3:ListBucket on arn:aws:s3:::acme-state"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_denial_shows_the_request_id() {
    let bucket = Bucket::new();
    bucket.cloud.s3().unlistable("acme-state");
    let ran = bucket.read(&[
        "--state",
        "s3://acme-state/infra.tfstate",
        "--workspace",
        "dev",
    ]);
    let error = ran.stderr.lines().find(|line| line.starts_with("error: "));
    let error = error.unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(error.contains(" (AWS request id "), "{error}");
}

#[test]
fn requests_are_shown_without_keys() {
    let bucket = Bucket::new();
    let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate", "-vv"]);
    let line = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("debug: GET "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(
        line.contains("/acme-state/infra.tfstate: HTTP 200 in "),
        "{line}"
    );
    assert!(line.contains(", AWS request id "), "{line}");
    for (name, value) in bucket.cloud.env() {
        let is_secret = name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY";
        assert!(
            !is_secret || !ran.stderr.contains(&value),
            "{name} in {}",
            ran.stderr
        );
    }
}

#[test]
fn a_denied_key_is_named() {
    let bucket = Bucket::new();
    let key = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888";
    bucket.cloud.fault(Fault::on("s3", "GetObject").error(ApiError::with_status(
        403,
        "AccessDenied",
        format!(
            "User: arn:aws:sts::123456789012:assumed-role/deploy/x is not authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"
        ),
    )));
    let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr
            .contains("access to the KMS key of the state was denied"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains(&format!(
            "hint: allow kms:Decrypt on {key} in the policy of the role"
        )),
        "{}",
        ran.stderr
    );
}

#[test]
fn other_errors_of_s3_have_their_own_messages() {
    for (status, code, message, exit, expected) in [
        (
            400,
            "ExpiredToken",
            "The provided token has expired.",
            4,
            "S3 rejected the credentials (ExpiredToken",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "x",
            4,
            "S3 rejected the credentials",
        ),
        (
            403,
            "RequestTimeTooSkewed",
            "The difference is too large.",
            4,
            "hint: set the clock of this machine",
        ),
        (
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
            2,
            "restore it first",
        ),
        (
            400,
            "KMS.DisabledException",
            "key is disabled.",
            4,
            "the KMS key of the state cannot be used",
        ),
        (
            400,
            "InvalidRequest",
            "something else",
            2,
            "the server responded with HTTP 400 Bad Request: InvalidRequest: something else",
        ),
    ] {
        let bucket = Bucket::new();
        bucket.cloud.fault(
            Fault::on("s3", "GetObject").error(ApiError::with_status(status, code, message)),
        );
        let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
        assert_eq!(ran.code, exit, "{code}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{code}: {}", ran.stderr);
    }
}

#[test]
fn an_html_page_is_not_a_state() {
    let bucket = Bucket::new();
    bucket.cloud.fault(Fault::on("s3", "GetObject").html(200));
    let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("this is an HTML page"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_403_that_does_not_come_from_s3_is_not_a_missing_permission() {
    let bucket = Bucket::new();
    bucket.cloud.fault(Fault::on("s3", "GetObject").html(403));
    let ran = bucket.read(&["--state", "s3://acme-state/infra.tfstate"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr
            .contains("the response does not come from S3 (HTTP 403 Forbidden)\nhint: a proxy"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_state_role_is_assumed_only_for_the_state() {
    let bucket = Bucket::new();
    let role = "arn:aws:iam::123456789012:role/state-reader";
    let ran = bucket.read(&[
        "--state",
        "s3://acme-state/infra.tfstate",
        "--state-role",
        role,
    ]);
    assert_eq!(ran.json(), json!({"of": "default"}), "{}", ran.stderr);
    let assumed = bucket.cloud.requests_of("sts", "AssumeRole");
    assert_eq!(assumed.len(), 1);
    assert!(
        format!("{:?}", assumed[0]).contains("state-reader"),
        "{:?}",
        assumed[0]
    );
}

/// Reads a state from a server that the test scripts.
fn read_from(server: &Server, state: &str) -> Ran {
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let url = server.url("");
    run_with(&["--state", state, "--endpoint-url", &url], &env)
}

#[test]
fn a_bucket_elsewhere_is_followed_to_its_region() {
    for status in [301, 400] {
        let server = Server::start(move |request, _| {
            let signed_for =
                |region: &str| request.headers["authorization"].contains(&format!("/{region}/s3/"));
            if signed_for("us-west-2") {
                Response::new(200, state(json!({"a": "x"})))
            } else {
                Response::new(status, "<Error><Code>PermanentRedirect</Code></Error>")
                    .with("x-amz-bucket-region", "us-west-2")
            }
        });
        let ran = read_from(&server, "s3://acme-state/a b.tfstate");
        assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].path, "/acme-state/a%20b.tfstate");
        assert_eq!(requests[1].headers["x-amz-security-token"], "session");
    }
}

#[test]
fn endless_redirects_do_not_loop() {
    let server = Server::start(|_, number| {
        Response::new(
            301,
            "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>",
        )
        .with("x-amz-bucket-region", format!("us-west-{}", number % 9))
    });
    let ran = read_from(&server, "s3://acme-state/a");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("set the region of the bucket with --state-region REGION"),
        "{}",
        ran.stderr
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_deleted_state_has_its_own_error() {
    let server = Server::start(|_, _| {
        Response::new(404, "<Error><Code>NoSuchKey</Code></Error>")
            .with("x-amz-delete-marker", "true")
    });
    let ran = read_from(&server, "s3://acme-state/a");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("the state was deleted from bucket acme-state"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_region_or_credentials_it_fails_at_once() {
    let none: [(&str, &str); 1] = [("HOME", "/nowhere")];
    let ran = run_with(&["--state", "s3://acme-state/a"], &none);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("error: no region is set\nhint: set --region"),
        "{}",
        ran.stderr
    );
    let ran = run_with(
        &[
            "--state",
            "s3://acme-state/a",
            "--state-region",
            "eu-central-1",
        ],
        &none,
    );
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains("error: no AWS credentials"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("retrying"), "{}", ran.stderr);
}
