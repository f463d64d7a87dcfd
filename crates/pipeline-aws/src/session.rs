//! A step's session with AWS: region, credentials and endpoint.
//!
//! Decided here: that they are known before the verb begins. Never here: where they come from.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use pipeline_io::Step;

use crate::limits::{retries, timeouts};
use crate::request_log::request_log;
use crate::{AwsArgs, AwsError, SessionError, credentials};

/// A session with AWS.
#[derive(Debug, Clone)]
pub struct Session {
    config: SdkConfig,
}

impl Session {
    /// Finds the region and the credentials. It fails quickly if there are none, because it calls the
    /// instance metadata service only on an EC2 instance.
    ///
    /// # Errors
    /// If there is no region, there are no credentials, or a role cannot be assumed.
    pub async fn open(args: &AwsArgs, step: &Step) -> Result<Self, SessionError> {
        let http = pipeline_http::aws_client();
        Self::open_over(http, SharedTimeSource::default(), args, step).await
    }

    /// The same with another HTTP client and another clock, for tests without sockets in which time is
    /// paused.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub async fn open_over(
        http: SharedHttpClient,
        clock: SharedTimeSource,
        args: &AwsArgs,
        step: &Step,
    ) -> Result<Self, SessionError> {
        if let Some(url) = &args.endpoint_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return Err(SessionError::Endpoint { url: url.clone() });
        }
        let http = request_log(step).over(http);
        let region = credentials::region(args, &http)
            .await
            .ok_or(SessionError::NoRegion)?;
        let base = Self::configure(args, region, http, clock).await;
        let provider = credentials::provider(args, &base, step).await?;
        let config = base.into_builder().credentials_provider(provider).build();
        if !args.allowed_account_id.is_empty() {
            check_account(&config, &args.allowed_account_id).await?;
        }
        Ok(Self { config })
    }

    /// A session with another role, assumed with this session's credentials.
    ///
    /// # Errors
    /// If `role` is not the ARN of a role, or cannot be assumed.
    pub async fn assume(
        &self,
        role: &str,
        args: &AwsArgs,
        step: &Step,
    ) -> Result<Self, SessionError> {
        let provider = credentials::chained(role, &self.config, args, step).await?;
        let config = self.config.clone().into_builder();
        Ok(Self::from_config(
            config.credentials_provider(provider).build(),
        ))
    }

    /// A session with this configuration.
    pub fn from_config(config: SdkConfig) -> Self {
        Self { config }
    }

    /// The configuration for the SDK's clients.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The region, e.g. `eu-central-1`.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", Region::as_ref)
    }

    /// The configuration without credentials. STS is called with it, too, so that the profile's
    /// endpoints count there as well.
    async fn configure(
        args: &AwsArgs,
        region: Region,
        http: SharedHttpClient,
        clock: SharedTimeSource,
    ) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .time_source(clock)
            .region(region)
            .no_credentials()
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(url) = &args.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader.load().await
    }
}

/// Ends a step whose credentials belong to an account that was not meant, e.g. because a secret of
/// another environment was used.
async fn check_account(config: &SdkConfig, allowed: &[String]) -> Result<(), SessionError> {
    let call = aws_sdk_sts::Client::new(config).get_caller_identity();
    let identity = call.send().await.map_err(|e| SessionError::Account {
        source: Box::new(AwsError::new("sts", "GetCallerIdentity", e)),
    })?;
    let account = identity.account().unwrap_or_default();
    if allowed.iter().any(|allowed| allowed.trim() == account) {
        return Ok(());
    }
    Err(SessionError::OtherAccount {
        account: account.to_owned(),
        allowed: allowed.join(", "),
    })
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
