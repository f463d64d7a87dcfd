//! Who may assume a role, and how long it lasts.

use std::time::Duration;

use fakes::{Request, Trust};
use http::Method;
use serde_json::{Value, json};

use crate::scene::Scene;

const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

fn assume(scene: &Scene, token: &str) -> (u16, String) {
    let fields = [
        ("RoleArn", ROLE),
        ("RoleSessionName", "ci"),
        ("WebIdentityToken", token),
    ];
    scene.form("sts", "AssumeRoleWithWebIdentity", &fields)
}

fn element(xml: &str, name: &str) -> String {
    let document = roxmltree::Document::parse(xml).unwrap();
    let node = document.descendants().find(|n| n.tag_name().name() == name);
    node.unwrap_or_else(|| panic!("{xml}"))
        .text()
        .unwrap()
        .to_owned()
}

/// Calls ECS with these credentials. Returns the error code, if any.
fn ask(scene: &Scene, key: &str, token: Option<&str>) -> Option<String> {
    let mut request = Request::new(Method::POST, "/")
        .header(
            "x-amz-target",
            "AmazonEC2ContainerServiceV20141113.ListClusters",
        )
        .header(
            "authorization",
            &format!("AWS4-HMAC-SHA256 Credential={key}/20260302/eu-central-1/ecs/aws4_request"),
        )
        .body("{}");
    if let Some(token) = token {
        request = request.header("x-amz-security-token", token);
    }
    let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    body["__type"].as_str().map(Into::into)
}

#[test]
fn a_ci_system_trades_its_token_for_credentials_that_end() {
    let scene = Scene::new();
    scene
        .cloud
        .sts()
        .trust(Trust::github().subject("repo:octo-org/app:ref:refs/heads/main"));
    let env = scene.cloud.sts().github_env();
    let url = env[0].1.split_once("/oidc").unwrap().1;
    let ask_token = |bearer: &str| {
        let path = format!("/oidc{url}&audience=sts.amazonaws.com");
        let request = Request::new(Method::GET, &path).header("authorization", bearer);
        let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        (
            answer.status().as_u16(),
            body["value"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(ask_token("Bearer wrong").0, 401);
    let (status, token) = ask_token(&format!("Bearer {}", env[1].1));
    assert_eq!(status, 200);
    let (status, xml) = assume(&scene, &token);
    assert_eq!(status, 200, "{xml}");
    let (key, session) = (element(&xml, "AccessKeyId"), element(&xml, "SessionToken"));
    assert!(key.starts_with("ASIA"));
    assert_eq!(
        element(&xml, "Arn"),
        "arn:aws:sts::123456789012:assumed-role/deploy/ci"
    );
    assert_eq!(ask(&scene, &key, Some(&session)), None);
    let invalid = Some("UnrecognizedClientException".to_owned());
    assert_eq!(ask(&scene, &key, None), invalid);
    assert_eq!(ask(&scene, &key, Some("other")), invalid);
    scene.pass(3601.0);
    assert_eq!(
        ask(&scene, &key, Some(&session)),
        Some("ExpiredTokenException".into())
    );
    let (status, xml) = assume(&scene, &token);
    assert_eq!(
        (status, element(&xml, "Code").as_str()),
        (400, "ExpiredTokenException")
    );
}

#[test]
fn tokens_that_no_role_trusts() {
    let scene = Scene::new();
    let sts = scene.cloud.sts();
    sts.trust(
        Trust::issuer("https://gitlab.test")
            .audience("aws")
            .subject("project_path:g/p"),
    );
    let token = |issuer: &str, audience: &str, subject: &str| {
        sts.web_identity_token(json!({"iss": issuer, "aud": audience, "sub": subject}))
    };
    let refusal = |token: &str| {
        let (_, xml) = assume(&scene, token);
        (element(&xml, "Code"), element(&xml, "Message"))
    };
    let (code, text) = refusal(&token("https://other.test", "aws", "project_path:g/p"));
    assert_eq!(code, "InvalidIdentityToken");
    assert_eq!(
        text,
        "No OpenIDConnect provider found in your account for https://other.test"
    );
    let (_, text) = refusal(&token("https://gitlab.test", "sts", "project_path:g/p"));
    assert_eq!(text, "Incorrect token audience");
    let (code, text) = refusal(&token("https://gitlab.test", "aws", "project_path:g/other"));
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        text,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    );
    assert_eq!(refusal("no token").0, "InvalidIdentityToken");
    sts.deny_role(ROLE);
    let good = token("https://gitlab.test", "aws", "project_path:g/p");
    assert_eq!(refusal(&good).0, "AccessDenied");
}

#[test]
fn durations_have_limits() {
    let scene = Scene::new();
    let fields = [
        ("RoleArn", ROLE),
        ("RoleSessionName", "ci"),
        ("DurationSeconds", "50000"),
    ];
    let (status, xml) = scene.form("sts", "AssumeRole", &fields);
    assert_eq!(
        (status, element(&xml, "Code").as_str()),
        (400, "ValidationError")
    );
    scene.cloud.sts().session_length(Duration::from_secs(5));
    let (_, xml) = scene.form("sts", "AssumeRole", &fields[..2]);
    let (key, session) = (element(&xml, "AccessKeyId"), element(&xml, "SessionToken"));
    assert_eq!(ask(&scene, &key, Some(&session)), None);
    scene.pass(6.0);
    assert_eq!(
        ask(&scene, &key, Some(&session)),
        Some("ExpiredTokenException".into())
    );
}

#[test]
fn unknown_access_keys_are_refused() {
    let scene = Scene::new();
    assert_eq!(ask(&scene, "AKIAANY", None), None);
    scene.cloud.sts().only_known_keys();
    assert_eq!(
        ask(&scene, "AKIAANY", None),
        Some("UnrecognizedClientException".into())
    );
    let known = scene.cloud.env();
    let key = &known
        .iter()
        .find(|(name, _)| name == "AWS_ACCESS_KEY_ID")
        .unwrap()
        .1;
    assert_eq!(ask(&scene, key, None), None);
    let unsigned = Request::new(Method::POST, "/")
        .header(
            "x-amz-target",
            "AmazonEC2ContainerServiceV20141113.ListClusters",
        )
        .body("{}");
    let answer = scene.cloud.answer(unsigned).into_http().unwrap().unwrap();
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["__type"], "MissingAuthenticationTokenException");
}

#[test]
fn a_request_changed_after_signing_is_refused() {
    let scene = Scene::new();
    let sts = scene.cloud.sts();
    sts.trust(Trust::issuer("https://gitlab.test"));
    let claims = json!({"iss": "https://gitlab.test", "aud": "aws", "sub": "me"});
    let token = sts.web_identity_token(claims);
    assert_eq!(assume(&scene, &token).0, 200);
    let (head, tail) = token.split_at(token.len() - 4);
    let (status, xml) = assume(
        &scene,
        &format!("{head}{}", tail.to_uppercase().replace('A', "B")),
    );
    assert_eq!(
        (status, element(&xml, "Code").as_str()),
        (400, "InvalidIdentityToken"),
        "{tail}"
    );
    assert_eq!(ask(&scene, "AKIAIOSFODNN7EXAMPLE", None), None);
    sts.verify_signatures();
    let refused = ask(&scene, "AKIAIOSFODNN7EXAMPLE", None);
    assert_eq!(refused, Some("InvalidSignatureException".into()));
}

#[test]
fn a_request_of_a_wrong_clock_is_rejected() {
    let scene = Scene::new();
    scene.cloud.sts().reject_wrong_clocks();
    // The clock of the scene is at 2026-03-02T09:00:00Z.
    let ask = |date: &str| {
        let request = Request::new(Method::POST, "/")
            .header(
                "x-amz-target",
                "AmazonEC2ContainerServiceV20141113.ListClusters",
            )
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260302/eu-central-1/ecs/aws4_request",
            )
            .header("x-amz-date", date)
            .body("{}");
        let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        body["message"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(ask("20260302T085501Z"), "");
    assert_eq!(ask("20260302T090459Z"), "");
    assert_eq!(
        ask("20260302T085000Z"),
        "Signature expired: 20260302T085000Z is now earlier than 20260302T085500Z (20260302T090000Z - 5 min.)"
    );
    assert!(ask("20260302T091000Z").starts_with("Signature not yet current: "));
}
