//! Finds credentials and the region.
//!
//! Decided here: where they come from, and in which order. With `--role-to-assume` the credentials are
//! those of the role, assumed with the CI job's OIDC token or with the standard chain's credentials;
//! without it they are those of the standard chain. Never here: how a role is assumed.

use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use pipeline_io::{CiHost, Secret, Step};

use crate::instance::has_metadata_service;
use crate::key_check::Cleaned;
use crate::request_log::request_log;
use crate::role::{AssumedRole, is_role};
use crate::token::TokenSource;
use crate::{AwsArgs, OidcError, SessionError};

/// The region from the option, the variables, the profile or, on an EC2 instance, its metadata.
pub(crate) async fn region(args: &AwsArgs, http: &SharedHttpClient) -> Option<Region> {
    if let Some(name) = &args.region {
        return Some(Region::new(name.clone()));
    }
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(name) = std::env::var(variable)
            .ok()
            .filter(|v| !v.trim().is_empty())
        {
            return Some(Region::new(name.trim().to_owned()));
        }
    }
    let of_profile = ProfileFileRegionProvider::builder().build().region().await;
    if of_profile.is_some() || !has_metadata_service() {
        return of_profile;
    }
    let config = ProviderConfig::without_region().with_http_client(http.clone());
    let instance = ImdsRegionProvider::builder().configure(&config).build();
    instance.region().await
}

/// The provider of credentials. It has provided credentials once, so that missing credentials are
/// reported before the verb begins. `base` is the configuration without credentials.
pub(crate) async fn provider(
    args: &AwsArgs,
    base: &SdkConfig,
    step: &Step,
) -> Result<SharedCredentialsProvider, SessionError> {
    let Some(role) = &args.role_to_assume else {
        return standard(base).await;
    };
    let mut roles = args.role_chain.iter().chain([role]);
    if let Some(role) = roles.find(|role| !is_role(role)) {
        return Err(SessionError::RoleArn { role: role.clone() });
    }
    let tags = args
        .session_tag
        .iter()
        .map(|text| tag(text))
        .collect::<Result<Vec<_>, _>>()?;
    let job = step.ci().job();
    let token = TokenSource::find(args, job, |name| std::env::var(name).ok());
    if token.is_some() && args.role_chain.is_empty() {
        if !tags.is_empty() {
            let option = "--session-tag";
            return Err(SessionError::NotWithToken { option });
        }
        if args.external_id.is_some() {
            let option = "--external-id";
            return Err(SessionError::NotWithToken { option });
        }
    }
    let mut role = match token {
        Some(token) => {
            let token = token.with_request_log(request_log(step));
            AssumedRole::by_token(role, token, args, base, job)
        }
        None => {
            let host = step.ci().host();
            let chain = standard(base).await;
            let chain = chain.map_err(|error| explain_missing_token(error, host))?;
            AssumedRole::by_chain(role, chain, args, base, job)
        }
    };
    for next in &args.role_chain {
        let first = role.assume().await?;
        mask(&first, step);
        let previous = SharedCredentialsProvider::new(Prefetched::new(first, role));
        role = AssumedRole::by_chain(next, previous, args, base, job);
    }
    if !tags.is_empty() {
        role = role.tagged(&tags);
    }
    if let Some(id) = &args.external_id {
        role = role.with_external_id(id);
    }
    let first = role.assume().await?;
    mask(&first, step);
    Ok(SharedCredentialsProvider::new(Prefetched::new(first, role)))
}

fn tag(text: &str) -> Result<(String, String), SessionError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(SessionError::SessionTag {
            tag: text.to_owned(),
        }),
    }
}

/// A job without credentials for a role often lacks the permission to get a token. Some hosts know
/// what to change.
fn explain_missing_token(error: SessionError, host: &dyn CiHost) -> SessionError {
    match (error, host.token_hint()) {
        (SessionError::NoCredentials { .. }, Some(hint)) => {
            let host = host.name();
            OidcError::NotOffered { host, hint }.into()
        }
        (other, _) => other,
    }
}

/// The provider for a role that is assumed with the credentials of another session.
pub(crate) async fn chained(
    role: &str,
    session: &SdkConfig,
    args: &AwsArgs,
    step: &Step,
) -> Result<SharedCredentialsProvider, SessionError> {
    let Some(credentials) = session.credentials_provider() else {
        return Err(SessionError::NoCredentials { source: None });
    };
    if !is_role(role) {
        return Err(SessionError::RoleArn {
            role: role.to_owned(),
        });
    }
    let role = AssumedRole::by_chain(role, credentials, args, session, step.ci().job());
    let first = role.assume().await?;
    mask(&first, step);
    Ok(SharedCredentialsProvider::new(Prefetched::new(first, role)))
}

fn mask(credentials: &Credentials, step: &Step) {
    step.mask(&Secret::new(credentials.secret_access_key()));
    if let Some(token) = credentials.session_token() {
        step.mask(&Secret::new(token));
    }
}

async fn standard(base: &SdkConfig) -> Result<SharedCredentialsProvider, SessionError> {
    let mut config = ProviderConfig::without_region().with_region(base.region().cloned());
    if let Some(http) = base.http_client() {
        config = config.with_http_client(http);
    }
    let mut chain = CredentialsProviderChain::first_try(
        "Environment",
        EnvironmentVariableCredentialsProvider::new(),
    )
    .or_else(
        "Profile",
        ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .build(),
    )
    .or_else(
        "WebIdentityToken",
        WebIdentityTokenCredentialsProvider::builder()
            .configure(&config)
            .build(),
    )
    .or_else(
        "EcsContainer",
        EcsCredentialsProvider::builder().configure(&config).build(),
    );
    if has_metadata_service() {
        let instance = ImdsCredentialsProvider::builder()
            .configure(&config)
            .build();
        chain = chain.or_else("Ec2InstanceMetadata", instance);
    }
    let chain = Cleaned(chain);
    let first = chain
        .provide_credentials()
        .await
        .map_err(|error| SessionError::NoCredentials {
            // The error itself reports that nothing is configured. Only a failure is a cause.
            source: (!matches!(error, CredentialsError::CredentialsNotLoaded(_)))
                .then(|| error.into()),
        })?;
    Ok(SharedCredentialsProvider::new(Prefetched::new(
        first, chain,
    )))
}

/// A provider whose first credentials have already been fetched.
#[derive(Debug)]
struct Prefetched<P> {
    first: Mutex<Option<Credentials>>,
    provider: P,
}

impl<P> Prefetched<P> {
    fn new(first: Credentials, provider: P) -> Self {
        Self {
            first: Mutex::new(Some(first)),
            provider,
        }
    }
}

impl<P: ProvideCredentials> ProvideCredentials for Prefetched<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match first {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.provider.provide_credentials(),
        }
    }
}
