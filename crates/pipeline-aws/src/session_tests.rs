use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use fakes::Cloud;
use pipeline_io::{Exit, Failure};

use super::check_account;

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
