//! The CI system's OIDC token, traded for a role's credentials at STS itself: nothing in the
//! environment of later steps, nothing on disk, and a fresh token whenever they are renewed.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pipeline_io::{Exit, Failure, Secret, SecretError, secret_from_variable_or_file};
use serde_json::Value;

use crate::session::{retries, timeouts};
use crate::{AwsArgs, AwsError, SessionError};

/// The variable that may hold the token: GitLab's `id_tokens` can be named so.
const TOKEN_VARIABLE: &str = "FARGATE_WEB_IDENTITY_TOKEN";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("cannot read the OIDC token")]
    Read { source: SecretError },
    #[error("GitHub gave no OIDC token (HTTP {status})")]
    Refused { status: u16 },
    #[error("cannot ask GitHub for an OIDC token")]
    Ask {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the role {role} does not accept this job's OIDC token")]
    NotTrusted {
        role: String,
        claims: Claims,
        source: Box<AwsError>,
    },
}

impl Failure for OidcError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { source } => source.exit(),
            Self::Refused { .. } | Self::NotTrusted { .. } => Exit::Denied,
            Self::Ask { .. } => Exit::Unreachable,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { .. } => Some("the job needs permissions: id-token: write".to_owned()),
            Self::NotTrusted { claims, .. } => Some(claims.to_string()),
            _ => None,
        }
    }
}

/// What a token says of the job; not secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    issuer: String,
    subject: String,
    audience: String,
}

impl Claims {
    /// Reads the claims without verifying them: STS did that.
    fn of(token: &str) -> Self {
        let payload = token
            .split('.')
            .nth(1)
            .and_then(|p| URL_SAFE_NO_PAD.decode(p).ok());
        let claims: Value = payload
            .and_then(|p| serde_json::from_slice(&p).ok())
            .unwrap_or_default();
        let text = |name: &str| claims[name].as_str().unwrap_or("?").to_owned();
        Self {
            issuer: text("iss"),
            subject: text("sub"),
            audience: text("aud"),
        }
    }
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this job's token says sub {:?}, aud {:?}, from {}; the role's trust policy must name \
             exactly these, and the account must have an identity provider for that address",
            self.subject, self.audience, self.issuer
        )
    }
}

/// Where a fresh token comes from.
#[derive(Debug, Clone)]
pub(crate) enum TokenSource {
    File(PathBuf),
    Variable,
    GitHub {
        url: String,
        request_token: Secret,
        audience: String,
    },
}

impl TokenSource {
    /// The source there is, if any: the file that is named, the variable, GitHub's endpoint.
    pub(crate) fn find(args: &AwsArgs) -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
        if let Some(file) = &args.web_identity_token_file {
            return Some(Self::File(file.clone()));
        }
        if variable(TOKEN_VARIABLE).is_some() {
            return Some(Self::Variable);
        }
        Some(Self::GitHub {
            url: variable("ACTIONS_ID_TOKEN_REQUEST_URL")?,
            request_token: Secret::new(variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?),
            audience: args.audience.clone(),
        })
    }

    async fn token(&self) -> Result<Secret, OidcError> {
        let read = |file| {
            secret_from_variable_or_file(&[TOKEN_VARIABLE], file)
                .map_err(|source| OidcError::Read { source })
        };
        match self {
            Self::File(path) => Ok(read(Some(path))?.unwrap_or_else(|| Secret::new(""))),
            Self::Variable => Ok(read(None)?.unwrap_or_else(|| Secret::new(""))),
            Self::GitHub {
                url,
                request_token,
                audience,
            } => ask_github(url, request_token, audience).await,
        }
    }
}

async fn ask_github(
    url: &str,
    request_token: &Secret,
    audience: &str,
) -> Result<Secret, OidcError> {
    let ask = |source: Box<dyn std::error::Error + Send + Sync>| OidcError::Ask { source };
    let client = pipeline_http::client().map_err(|e| ask(e.into()))?;
    let mut url = reqwest::Url::parse(url).map_err(|e| ask(e.into()))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let mut pause = Duration::from_millis(500);
    for _ in 0..3 {
        let answer = client
            .get(url.clone())
            .bearer_auth(request_token.reveal())
            .send()
            .await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                let body: Value = answer
                    .json()
                    .await
                    .map_err(|e| ask(e.without_url().into()))?;
                return match body["value"].as_str() {
                    Some(token) => Ok(Secret::new(token)),
                    None => Err(ask("the answer holds no token".into())),
                };
            }
            Ok(answer) if answer.status().is_client_error() => {
                return Err(OidcError::Refused {
                    status: answer.status().as_u16(),
                });
            }
            // GitHub's endpoint fails now and then for a moment.
            Ok(_) | Err(_) => tokio::time::sleep(pause).await,
        }
        pause *= 2;
    }
    Err(ask("it did not answer in three tries".into()))
}

/// A role's credentials, assumed anew each time they are asked for.
#[derive(Debug, Clone)]
pub(crate) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: String,
    token: Option<TokenSource>,
    session_name: String,
    seconds: i32,
}

impl AssumedRole {
    pub(crate) fn by_token(
        role: &str,
        token: TokenSource,
        args: &AwsArgs,
        region: &Region,
        http: &SharedHttpClient,
    ) -> Self {
        let config = config(args, region, http).allow_no_auth().build();
        Self::new(role, Some(token), args, config)
    }

    pub(crate) fn by_chain(
        role: &str,
        credentials: SharedCredentialsProvider,
        args: &AwsArgs,
        region: &Region,
        http: &SharedHttpClient,
    ) -> Self {
        let config = config(args, region, http)
            .credentials_provider(credentials)
            .build();
        Self::new(role, None, args, config)
    }

    fn new(
        role: &str,
        token: Option<TokenSource>,
        args: &AwsArgs,
        config: aws_sdk_sts::Config,
    ) -> Self {
        Self {
            sts: aws_sdk_sts::Client::from_conf(config),
            role: role.to_owned(),
            token,
            session_name: session_name(args.role_session_name.as_deref()),
            seconds: i32::try_from(args.role_duration_seconds).unwrap_or(i32::MAX),
        }
    }

    /// Trades the token, or the chain's credentials, for the role's.
    pub(crate) async fn assume(&self) -> Result<Credentials, SessionError> {
        let answered = match &self.token {
            Some(source) => {
                let token = source.token().await?;
                let call = self.sts.assume_role_with_web_identity();
                call.role_arn(&self.role)
                    .role_session_name(&self.session_name)
                    .duration_seconds(self.seconds)
                    .web_identity_token(token.reveal())
                    .send()
                    .await
                    .map(|answer| answer.credentials)
                    .map_err(|e| {
                        self.not_trusted(
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
                // Chained roles last an hour at most, whatever the role allows.
                .duration_seconds(self.seconds.min(3600))
                .send()
                .await
                .map(|answer| answer.credentials)
                .map_err(|e| self.refused(AwsError::new("sts", "AssumeRole", e)))?,
        };
        let given = answered.ok_or_else(|| {
            self.refused(AwsError::garbled(
                "sts",
                "AssumeRole",
                "no credentials in the answer",
            ))
        })?;
        let expires = std::time::SystemTime::try_from(*given.expiration()).ok();
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            expires,
            "role-to-assume",
        ))
    }

    fn refused(&self, source: AwsError) -> SessionError {
        SessionError::Role {
            role: self.role.clone(),
            source: Box::new(source),
        }
    }

    fn not_trusted(&self, token: &Secret, source: AwsError) -> SessionError {
        match source.exit() {
            Exit::Denied | Exit::Invalid => OidcError::NotTrusted {
                role: self.role.clone(),
                claims: Claims::of(token.reveal()),
                source: Box::new(source),
            }
            .into(),
            _ => self.refused(source),
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
                .map_err(CredentialsError::provider_error)
        })
    }
}

fn config(
    args: &AwsArgs,
    region: &Region,
    http: &SharedHttpClient,
) -> aws_sdk_sts::config::Builder {
    let mut config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(region.clone())
        .retry_config(retries())
        .timeout_config(timeouts());
    config.set_endpoint_url(args.endpoint_url.clone().or_else(|| {
        ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    }));
    config
}

/// At most 64 of the characters that STS takes.
fn session_name(given: Option<&str>) -> String {
    let job = || {
        ["GITHUB_RUN_ID", "CI_JOB_ID", "BUILD_TAG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    };
    let name = match (given, job()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(job)) => format!("fargate-pipeline-{job}"),
        (None, None) => "fargate-pipeline".to_owned(),
    };
    let takes = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    name.chars()
        .map(|c| if takes(c) { c } else { '-' })
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Claims, session_name};

    #[test]
    fn a_session_name_is_one_that_sts_takes() {
        assert_eq!(session_name(Some("feature/añb c")), "feature-a-b-c");
        assert_eq!(session_name(Some(&"x".repeat(99))).len(), 64);
    }

    #[test]
    fn the_claims_explain_a_refusal() {
        let payload = r#"{"iss":"https://token.actions.githubusercontent.com","sub":"repo:o/r:ref:refs/heads/x","aud":"sts.amazonaws.com"}"#;
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload));
        let said = Claims::of(&token).to_string();
        assert!(
            said.contains(r#"sub "repo:o/r:ref:refs/heads/x""#),
            "{said}"
        );
        assert!(Claims::of("garbage").to_string().contains(r#"sub "?""#));
    }
}
