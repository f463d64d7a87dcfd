//! A step's session with AWS: region, credentials and endpoint, settled before anything is done.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use pipeline_http::RequestLog;
use pipeline_io::{Exit, Failure, Step};

use crate::credentials::{self, WAYS};
use crate::{AwsArgs, AwsError, OidcError};

/// How often a call is tried in all: with doubling pauses, about 20 s of throttling.
const TRIES: u32 = 6;

/// A session with AWS.
#[derive(Debug, Clone)]
pub struct Session {
    config: SdkConfig,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("no region is set")]
    NoRegion,
    #[error("no AWS credentials")]
    NoCredentials {
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("--endpoint-url {url} is no http:// or https:// address")]
    Endpoint { url: String },
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("the role {role} does not accept this job's OIDC token")]
    NotTrusted {
        role: String,
        remedy: String,
        source: Box<AwsError>,
    },
    #[error("cannot assume the role {role}")]
    Role { role: String, source: Box<AwsError> },
    #[error("{given:?} is not the ARN of a role")]
    NoRole { given: String },
    #[error("--session-tag {given:?} is not KEY=VALUE")]
    SessionTag { given: String },
    #[error("--session-tag has no role to go with")]
    UntakenTags,
}

impl Failure for SessionError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRegion
            | Self::Endpoint { .. }
            | Self::NoRole { .. }
            | Self::SessionTag { .. }
            | Self::UntakenTags => Exit::Invalid,
            Self::NoCredentials { .. } => Exit::Denied,
            Self::Oidc(error) => error.exit(),
            Self::NotTrusted { source, .. } | Self::Role { source, .. } => source.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoRegion => Some("give --region, or set AWS_REGION".to_owned()),
            Self::NoCredentials { .. } => Some(match std::env::var("AWS_PROFILE") {
                Ok(profile) if !profile.is_empty() => {
                    format!("AWS_PROFILE is {profile:?}, and no such profile gives any; {WAYS}")
                }
                _ => WAYS.to_owned(),
            }),
            Self::Endpoint { .. } => None,
            Self::Oidc(error) => error.hint(),
            Self::NotTrusted { remedy, .. } => Some(remedy.clone()),
            Self::Role { source, .. } if source.message.contains("DurationSeconds") => Some(
                "lower --role-duration-seconds, or raise the role's maximum session duration"
                    .to_owned(),
            ),
            Self::Role { source, .. } => source.hint(),
            Self::NoRole { .. } => {
                Some("a role is named as arn:aws:iam::123456789012:role/NAME".to_owned())
            }
            Self::SessionTag { .. } => None,
            Self::UntakenTags => Some(
                "a session by OIDC token has the tags that the token itself claims; \
                 --session-tag is for --role-chain, or for a role assumed with other credentials"
                    .to_owned(),
            ),
        }
    }
}

impl Session {
    /// Settles region and credentials. Without either it fails at once: the instance metadata
    /// service is asked only on a machine of AWS.
    pub async fn open(args: &AwsArgs, step: &Step) -> Result<Self, SessionError> {
        let http = pipeline_http::aws_client();
        Self::open_over(http, SharedTimeSource::default(), args, step).await
    }

    /// The same over another HTTP client and by another clock: for tests without sockets, in which
    /// time is paused.
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
        let region = credentials::region(args)
            .await
            .ok_or(SessionError::NoRegion)?;
        let http = request_log(step).over(http);
        let provider = credentials::provider(args, &region, &http, step).await?;
        let config = Self::configure(args, region, provider, http, clock).await;
        Ok(Self { config })
    }

    /// A session with another role, assumed with this session's credentials.
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

    /// A session over a ready configuration: another HTTP client, another clock.
    pub fn from_config(config: SdkConfig) -> Self {
        Self { config }
    }

    /// What every SDK client is made of.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The region's name.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", Region::as_ref)
    }

    async fn configure(
        args: &AwsArgs,
        region: Region,
        provider: SharedCredentialsProvider,
        http: SharedHttpClient,
        clock: SharedTimeSource,
    ) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .time_source(clock)
            .region(region)
            .credentials_provider(provider)
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(url) = &args.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader.load().await
    }
}

/// The log of requests that `-v` asks for.
pub(crate) fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(10))
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(pipeline_http::CONNECT_TIMEOUT)
        .read_timeout(Duration::from_secs(60))
        .build()
}
