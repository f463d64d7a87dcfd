use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use fakes::Cloud;
use pipeline_io::{Exit, Failure};

use super::check_account;
use crate::{AwsError, AwsErrorKind, OidcError, RenewalError, SessionError};

/// Credentials that cannot be renewed because GitHub does not respond.
#[derive(Debug)]
struct Unrenewable;

impl ProvideCredentials for Unrenewable {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let failed = SessionError::from(OidcError::Request {
            source: "the endpoint returned HTTP 429".into(),
        });
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error(RenewalError::new(
            failed,
        ))))
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_renewed_for_a_moment_are_not_a_denial() {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(pipeline_http::aws_client())
        .region(Region::new("eu-central-1"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(SharedCredentialsProvider::new(Unrenewable))
        .build();
    let call = aws_sdk_sts::Client::new(&config).get_caller_identity();
    let error = call.send().await.expect_err("no credentials");
    let error = AwsError::new("sts", "GetCallerIdentity", error);
    assert_eq!(error.kind, AwsErrorKind::Unreachable);
    assert!(error.to_string().contains("cannot renew the credentials"));
    assert!(error.hint().is_some_and(|hint| hint.contains("later")));
}

#[tokio::test]
async fn an_account_that_is_not_allowed_ends_the_step() {
    let cloud = Cloud::start();
    let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(pipeline_http::aws_client())
        .region(Region::new("eu-central-1"))
        .endpoint_url(cloud.endpoint_url())
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .build();
    let own = ["999999999999".to_owned(), "123456789012".to_owned()];
    check_account(&config, &own).await.expect("allowed");
    let error = check_account(&config, &own[..1]).await.expect_err("other");
    assert_eq!(error.exit(), Exit::Denied);
    assert_eq!(
        error.to_string(),
        "the credentials belong to the account 123456789012, which is not allowed"
    );
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("999999999999"), "{hint}");
}
