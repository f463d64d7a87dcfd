//! Assumes a role, with the CI job's OIDC token or with other credentials, and again whenever the
//! credentials have to be renewed.
//!
//! Decided here: how a role is assumed. Never here: where the token or the other credentials come
//! from. Credentials are never written to disk or to the environment of later steps.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::Builder;
use aws_sdk_sts::types::Tag;
use aws_smithy_async::time::SharedTimeSource;
use aws_types::SdkConfig;
use ecs_model::Arn;
use pipeline_io::{Exit, Job, Secret};

use crate::claims::Claims;
use crate::renewal::RenewalError;
use crate::sts_retry::MissingVerificationKey;
use crate::token::TokenSource;
use crate::unparseable::UnparseableResponse;
use crate::{AwsArgs, AwsError, SessionError};

/// Credentials of a chained role last at most one hour, even if the role allows more.
const CHAINED_SECONDS: i32 = 3600;

/// Error codes of STS for which the token is not the reason.
const OTHER_REASONS: [&str; 5] = [
    "ValidationError",
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
    "RegionDisabledException",
    "RequestTimeTooSkewed",
];

/// Whether a text is the ARN of a role. The error of STS would be less clear, and need a call.
pub(crate) fn is_role(arn: &str) -> bool {
    Arn::try_from(arn).is_ok_and(|arn| arn.is_well_formed() && arn.is_role())
}

/// A role that is assumed again each time credentials are requested.
#[derive(Debug, Clone)]
pub(crate) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: String,
    token: Option<TokenSource>,
    session_name: String,
    seconds: i32,
    clock: SharedTimeSource,
    tags: Vec<Tag>,
    external_id: Option<String>,
}

impl AssumedRole {
    pub(crate) fn by_token(
        role: &str,
        token: TokenSource,
        args: &AwsArgs,
        base: &SdkConfig,
        job: &Job,
    ) -> Self {
        let config = Builder::from(base)
            .retry_classifier(MissingVerificationKey)
            .retry_classifier(UnparseableResponse)
            .allow_no_auth()
            .build();
        Self::new(role, Some(token), args, base, config, job)
    }

    pub(crate) fn by_chain(
        role: &str,
        credentials: SharedCredentialsProvider,
        args: &AwsArgs,
        base: &SdkConfig,
        job: &Job,
    ) -> Self {
        let config = Builder::from(base)
            .credentials_provider(credentials)
            .build();
        Self::new(role, None, args, base, config, job)
    }

    /// Adds session tags, which the role's trust policy must allow (sts:TagSession).
    pub(crate) fn tagged(mut self, tags: &[(String, String)]) -> Self {
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        self.tags = tags.iter().map(tag).filter_map(Result::ok).collect();
        self
    }

    /// Adds an external ID, which the role's trust policy may require.
    pub(crate) fn with_external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    fn new(
        role: &str,
        token: Option<TokenSource>,
        args: &AwsArgs,
        base: &SdkConfig,
        config: aws_sdk_sts::Config,
        job: &Job,
    ) -> Self {
        Self {
            sts: aws_sdk_sts::Client::from_conf(config),
            role: role.to_owned(),
            token,
            session_name: session_name(args.role_session_name.as_deref(), job.run_id.as_deref()),
            seconds: i32::try_from(args.role_duration_seconds).unwrap_or(i32::MAX),
            clock: base.time_source().unwrap_or_default(),
            tags: Vec::new(),
            external_id: None,
        }
    }

    /// Exchanges the token, or the chain's credentials, for those of the role.
    pub(crate) async fn assume(&self) -> Result<Credentials, SessionError> {
        let requested_at = self.clock.now();
        let seconds = match &self.token {
            Some(_) => self.seconds,
            None => self.seconds.min(CHAINED_SECONDS),
        };
        let credentials = match &self.token {
            Some(source) => {
                let token = source.token().await?;
                let call = self.sts.assume_role_with_web_identity();
                call.role_arn(&self.role)
                    .role_session_name(&self.session_name)
                    .duration_seconds(seconds)
                    .web_identity_token(token.reveal())
                    .send()
                    .await
                    .map(|response| response.credentials)
                    .map_err(|e| {
                        self.token_error(
                            &token,
                            AwsError::new("sts", "AssumeRoleWithWebIdentity", e),
                        )
                    })?
            }
            None => self
                .sts
                .assume_role()
                .role_arn(&self.role)
                .role_session_name(&self.session_name)
                .duration_seconds(seconds)
                .set_external_id(self.external_id.clone())
                .set_tags((!self.tags.is_empty()).then(|| self.tags.clone()))
                .send()
                .await
                .map(|response| response.credentials)
                .map_err(|e| self.role_error(AwsError::new("sts", "AssumeRole", e)))?,
        };
        let credentials = credentials.ok_or_else(|| {
            self.role_error(AwsError::unparseable(
                "sts",
                "AssumeRole",
                "no credentials in the response",
            ))
        })?;
        let by_aws = SystemTime::try_from(*credentials.expiration()).ok();
        // If this machine's clock is behind that of AWS, the credentials expire before the time in the
        // response is reached.
        let by_us = requested_at.checked_add(Duration::from_secs(seconds.unsigned_abs().into()));
        let expires = match (by_aws, by_us) {
            (Some(by_aws), Some(by_us)) => Some(by_aws.min(by_us)),
            (by_aws, _) => by_aws,
        };
        Ok(Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token().to_owned()),
            expires,
            "role-to-assume",
        ))
    }

    fn role_error(&self, source: AwsError) -> SessionError {
        SessionError::Role {
            role: self.role.clone(),
            source: Box::new(source),
        }
    }

    fn token_error(&self, token: &Secret, source: AwsError) -> SessionError {
        let code = source.code.clone().unwrap_or_default();
        // If the role does not allow the duration, the token is not the reason.
        let is_about_token = !OTHER_REASONS.contains(&code.as_str());
        match pipeline_io::Failure::exit(&source) {
            Exit::Denied | Exit::Invalid if is_about_token => SessionError::NotTrusted {
                role: self.role.clone(),
                hint: Claims::of(token.reveal()).explain(&self.role, &code, &source.message),
                source: Box::new(source),
            },
            _ => self.role_error(source),
        }
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            self.assume()
                .await
                .map_err(|error| CredentialsError::provider_error(RenewalError::new(error)))
        })
    }
}

/// A session name that STS accepts: from 2 to 64 characters of a small set.
fn session_name(option: Option<&str>, run_id: Option<&str>) -> String {
    let name = match (option, run_id) {
        (Some(name), _) => name.to_owned(),
        (None, Some(run)) => format!("fargate-pipeline-{run}"),
        (None, None) => "fargate-pipeline".to_owned(),
    };
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name = name.chars().map(|c| if is_valid(c) { c } else { '-' });
    let name: String = name.take(64).collect();
    format!("{name:-<2}")
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
