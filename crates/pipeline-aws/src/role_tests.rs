//! Roles with the STS of `fakes`, without sockets, so that time can be paused.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sts::config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
use fakes::{Cloud, Fault, Trust};
use pipeline_http::{ConnectError, ConnectReason};
use pipeline_io::{Exit, Failure, Job};
use serde_json::json;

use super::{AssumedRole, is_role, session_name};
use crate::limits::retries;
use crate::token::TokenSource;
use crate::{AwsArgs, SessionError};

const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
const ISSUER: &str = "https://gitlab.example";

type Responses = dyn Fn(fakes::Request) -> fakes::Answer + Send + Sync;

/// The fakes as an HTTP connector.
#[derive(Clone)]
struct Memory(Arc<Responses>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let (head, body) = request.into_parts();
        let request = fakes::Request {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: body
                .bytes()
                .map(bytes::Bytes::copy_from_slice)
                .unwrap_or_default(),
        };
        let answer = (self.0)(request).into_http().unwrap();
        HttpConnectorFuture::ready(match answer {
            Some(answer) => {
                let status = StatusCode::try_from(answer.status().as_u16()).unwrap();
                let (head, body) = answer.into_parts();
                let mut answer = Response::new(status, SdkBody::from(body.to_vec()));
                for (name, value) in &head.headers {
                    let value = value.to_str().unwrap().to_owned();
                    answer.headers_mut().insert(name.to_string(), value);
                }
                Ok(answer)
            }
            None => Err(ConnectorError::io("cut".into())),
        })
    }
}

struct Scene {
    cloud: Cloud,
    folder: tempfile::TempDir,
    args: AwsArgs,
}

impl Scene {
    fn new() -> Self {
        let cloud = Cloud::builder().without_sockets().start();
        let trust = Trust::issuer(ISSUER)
            .audience("sts")
            .subject("project_path:g/p");
        cloud.sts().trust(trust);
        let args = AwsArgs {
            role_duration_seconds: 3600,
            ..AwsArgs::default()
        };
        let folder = tempfile::tempdir().unwrap();
        Self {
            cloud,
            folder,
            args,
        }
    }

    fn token(&self, claims: serde_json::Value) {
        let token = self.cloud.sts().web_identity_token(claims);
        std::fs::write(self.folder.path().join("token"), token + "\n").unwrap();
    }

    fn role(&self) -> AssumedRole {
        let token = TokenSource::File(self.folder.path().join("token"));
        AssumedRole::by_token(ROLE, token, &self.args, &self.config(), &Job::default())
    }

    fn config(&self) -> SdkConfig {
        let answer = self.cloud.answerer();
        let connector = SharedHttpConnector::new(Memory(Arc::new(answer)));
        self.config_over(connector)
    }

    fn config_over(&self, connector: SharedHttpConnector) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .region(Region::new("eu-central-1"))
            .endpoint_url(self.cloud.endpoint_url())
            .retry_config(retries())
            .build()
    }

    fn requests(&self) -> usize {
        self.cloud
            .requests_of("sts", "AssumeRoleWithWebIdentity")
            .len()
    }
}

fn good() -> serde_json::Value {
    json!({"iss": ISSUER, "aud": "sts", "sub": "project_path:g/p"})
}

#[tokio::test]
async fn the_token_is_read_again_at_each_renewal() {
    let scene = Scene::new();
    scene.token(good());
    let role = scene.role();
    let first = role.assume().await.unwrap();
    assert!(
        first.expiry().is_some(),
        "without an expiry the SDK does not renew them"
    );
    let mut expired = good();
    expired["exp"] = json!(1);
    scene.token(expired);
    let rejected = role.assume().await.unwrap_err();
    assert!(
        rejected
            .hint()
            .unwrap()
            .contains("expired at 1970-01-01T00:00:01Z")
    );
    let cause = std::error::Error::source(&rejected).unwrap().to_string();
    assert!(cause.contains(" (AWS request id "), "{cause}");
    scene.token(good());
    let renewed = role.assume().await.unwrap();
    assert_ne!(first.access_key_id(), renewed.access_key_id());
}

#[tokio::test]
async fn credentials_are_renewed_in_time_although_our_clock_is_behind() {
    let ahead = std::time::Duration::from_secs(240);
    let clock = fakes::Clock::following(move || fakes::Clock::real().now() + ahead);
    let scene = Scene {
        cloud: Cloud::builder().without_sockets().clock(clock).start(),
        ..Scene::new()
    };
    scene.token(good());
    let latest = std::time::SystemTime::now() + std::time::Duration::from_secs(3605);
    let credentials = scene.role().assume().await.unwrap();
    assert!(credentials.expiry().unwrap() < latest);
}

#[tokio::test]
async fn a_response_that_ends_early_is_requested_again() {
    let scene = Scene::new();
    scene.token(good());
    let fault = Fault::on("sts", "AssumeRoleWithWebIdentity");
    scene.cloud.fault(fault.cut_answer_at(40));
    scene.role().assume().await.unwrap();
    assert_eq!(scene.requests(), 2);
}

#[tokio::test]
async fn a_rejected_token_is_sent_once_and_explained() {
    let scene = Scene::new();
    let mut stranger = good();
    stranger["sub"] = json!("project_path:g/fork");
    scene.token(stranger);
    let rejected = scene.role().assume().await.unwrap_err();
    assert_eq!(rejected.exit(), Exit::Denied);
    assert_eq!(
        rejected.to_string(),
        format!("the role {ROLE} does not accept this job's OIDC token")
    );
    let hint = rejected.hint().unwrap();
    assert!(hint.contains(r#"sub "project_path:g/fork""#), "{hint}");
    assert_eq!(scene.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_busy_sts_is_retried_a_few_times() {
    let scene = Scene::new();
    scene.token(good());
    let busy = fakes::ApiError::new(
        "IDPCommunicationError",
        "Could not connect to the identity provider",
    );
    let on = || Fault::on("sts", "AssumeRoleWithWebIdentity");
    scene.cloud.fault(on().times(2).error(busy.clone()));
    scene.role().assume().await.unwrap();
    assert_eq!(scene.requests(), 3);
    scene.cloud.fault(on().times(2).throttle());
    scene.role().assume().await.unwrap();
    scene.cloud.forget_requests();
    scene.cloud.fault(on().always().error(busy));
    let failed = scene.role().assume().await.unwrap_err();
    assert_eq!(failed.exit(), Exit::Unreachable);
    assert_eq!(scene.requests(), 6);
}

/// A server whose certificate is not trusted.
#[derive(Debug, Clone, Default)]
struct Untrusted(Arc<AtomicUsize>);

impl HttpConnector for Untrusted {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::Relaxed);
        let error = ConnectError {
            host: "sts.internal".to_owned(),
            proxy: None,
            reason: ConnectReason::UnknownAuthority,
        };
        HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())))
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_explained_and_not_retried() {
    let scene = Scene::new();
    scene.token(good());
    let server = Untrusted::default();
    let config = scene.config_over(SharedHttpConnector::new(server.clone()));
    let token = TokenSource::File(scene.folder.path().join("token"));
    let role = AssumedRole::by_token(ROLE, token, &scene.args, &config, &Job::default());
    let failed = role.assume().await.unwrap_err();
    assert_eq!(failed.exit(), Exit::Unreachable);
    assert_eq!(
        std::error::Error::source(&failed).unwrap().to_string(),
        "sts AssumeRoleWithWebIdentity: cannot connect to sts.internal: its certificate is \
         self-signed or signed by an unknown authority"
    );
    assert!(failed.hint().unwrap().contains("AWS_CA_BUNDLE"));
    assert_eq!(server.0.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_to_fetch_the_keys_of_the_issuer_is_retried_and_not_blamed_on_the_role() {
    let scene = Scene::new();
    scene.token(good());
    let no_key = fakes::ApiError::new(
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider,  please reference \
         AssumeRoleWithWebIdentity documentation for requirements",
    );
    let on = || Fault::on("sts", "AssumeRoleWithWebIdentity");
    scene.cloud.fault(on().times(2).error(no_key.clone()));
    scene.role().assume().await.unwrap();
    assert_eq!(scene.requests(), 3);
    scene.cloud.forget_requests();
    scene.cloud.fault(on().always().error(no_key));
    let failed = scene.role().assume().await.unwrap_err();
    assert_eq!(failed.exit(), Exit::Unreachable);
    assert_eq!(scene.requests(), 6);
    let hint = failed.hint().unwrap();
    assert!(hint.contains("openid-configuration"), "{hint}");
}

#[tokio::test]
async fn a_duration_that_the_role_does_not_allow_is_not_blamed_on_the_token() {
    let scene = Scene::new();
    scene.token(good());
    let mut role = scene.role();
    role.seconds = 50_000;
    let rejected = role.assume().await.unwrap_err();
    assert!(
        matches!(rejected, SessionError::Role { .. }),
        "{rejected:?}"
    );
    assert_eq!(rejected.exit(), Exit::Invalid);
    assert!(rejected.hint().unwrap().contains("--role-duration-seconds"));
}

#[tokio::test]
async fn a_chained_role_lasts_an_hour_and_has_tags() {
    let mut scene = Scene::new();
    scene.args.role_duration_seconds = 43_200;
    scene.token(good());
    let first = scene.role();
    let next = AssumedRole::by_chain(
        "arn:aws:iam::999999999999:role/prod",
        aws_credential_types::provider::SharedCredentialsProvider::new(first),
        &scene.args,
        &scene.config(),
        &Job::default(),
    );
    let next = next.tagged(&[("Repository".to_owned(), "o/r".to_owned())]);
    let next = next.with_external_id("acme-42");
    next.assume().await.unwrap();
    let requests = scene.cloud.requests_of("sts", "AssumeRole");
    let form = String::from_utf8_lossy(&requests[0].body).into_owned();
    assert!(form.contains("DurationSeconds=3600"), "{form}");
    assert!(form.contains("ExternalId=acme-42"), "{form}");
    assert!(
        form.contains("Tags.member.1.Key=Repository&Tags.member.1.Value=o%2Fr"),
        "{form}"
    );
}

#[test]
fn a_session_name_is_valid_for_sts() {
    assert_eq!(session_name(Some("feature/añb c"), None), "feature-a-b-c");
    assert_eq!(session_name(Some(&"x".repeat(99)), None).len(), 64);
    assert_eq!(
        session_name(Some("x"), None),
        "x-",
        "two characters at least"
    );
    assert_eq!(session_name(Some("mine"), Some("42")), "mine");
    assert_eq!(session_name(None, Some("{42}")), "fargate-pipeline--42-");
    assert_eq!(session_name(None, None), "fargate-pipeline");
}

#[test]
fn only_the_arn_of_a_role_is_accepted() {
    for good in [
        "arn:aws:iam::123456789012:role/deploy",
        "arn:aws-us-gov:iam::123456789012:role/team/a/deploy",
    ] {
        assert!(is_role(good), "{good}");
    }
    for bad in [
        "deploy",
        "arn:aws:iam::123456789012:user/deploy",
        "arn:aws:iam::12345:role/deploy",
        "arn:aws:sts::123456789012:assumed-role/deploy/x",
        "arn:aws:iam::123456789012:role/",
        "${{ vars.DEPLOY_ROLE_ARN }}",
    ] {
        assert!(!is_role(bad), "{bad}");
    }
}
