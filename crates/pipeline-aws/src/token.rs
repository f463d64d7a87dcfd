//! The OIDC token of the CI job.
//!
//! Decided here: where it comes from, and how often a failed request is retried. A new token is read
//! each time one is needed. Never here: what it is exchanged for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeline_http::{RequestLog, RetryPolicy, Transient};
use pipeline_io::{
    Exit, Failure, Job, OidcToken, Secret, SecretError, secret_from_variable_or_file,
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use crate::AwsArgs;

/// The variable that may contain the token. On GitLab a job can give this name to an ID token.
const TOKEN_VARIABLE: &str = "FARGATE_WEB_IDENTITY_TOKEN";

/// GitHub's endpoint sometimes fails for a moment.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 4,
    first: Duration::from_millis(if cfg!(test) { 1 } else { 300 }),
    factor: 10.0 / 3.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// The timeout for a request to GitHub's endpoint.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a token could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("cannot read the OIDC token")]
    Read { source: SecretError },
    #[error("{host} does not provide an OIDC token for this job")]
    NotOffered {
        /// The CI host's name.
        host: &'static str,
        hint: &'static str,
    },
    #[error("GitHub refused to issue an OIDC token (HTTP {status})")]
    Refused { status: u16 },
    #[error("cannot get an OIDC token from GitHub")]
    Request {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Failure for OidcError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { source } => source.exit(),
            Self::NotOffered { .. } | Self::Refused { .. } => Exit::Denied,
            Self::Request { .. } => Exit::Unreachable,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotOffered { hint, .. } => Some((*hint).to_owned()),
            Self::Refused { .. } => Some(
                "add `permissions: id-token: write` to the job; the token can be requested only while \
                 the job runs"
                    .to_owned(),
            ),
            Self::Request { .. } => Some(
                "run it again later; if it lasts, see https://www.githubstatus.com".to_owned(),
            ),
            Self::Read { .. } => None,
        }
    }
}

/// Where a token comes from.
#[derive(Debug, Clone)]
pub(crate) enum TokenSource {
    File(PathBuf),
    Variable(&'static str),
    GitHub {
        url: String,
        request_token: Secret,
        audience: String,
        requests: RequestLog,
    },
}

impl TokenSource {
    /// Finds a source: the file of `--web-identity-token-file`, our own variable, or the CI host.
    pub(crate) fn find(
        args: &AwsArgs,
        job: &Job,
        env: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        if args.no_oidc {
            return None;
        }
        if let Some(file) = &args.web_identity_token_file {
            return Some(Self::File(file.clone()));
        }
        if env(TOKEN_VARIABLE).is_some_and(|token| !token.trim().is_empty()) {
            return Some(Self::Variable(TOKEN_VARIABLE));
        }
        match job.oidc_token.clone()? {
            OidcToken::Variable(name) => Some(Self::Variable(name)),
            OidcToken::Endpoint { url, request_token } => Some(Self::GitHub {
                url,
                request_token,
                audience: args.audience.clone(),
                requests: RequestLog::off(),
            }),
        }
    }

    /// The same source with a request log.
    pub(crate) fn with_request_log(mut self, log: RequestLog) -> Self {
        if let Self::GitHub { requests, .. } = &mut self {
            *requests = log;
        }
        self
    }

    /// Reads the token again, or requests a new one.
    pub(crate) async fn token(&self) -> Result<Secret, OidcError> {
        let read = |variables: &[&str], file: Option<&Path>| {
            let read = secret_from_variable_or_file(variables, file);
            let token = read.map_err(|source| OidcError::Read { source })?;
            Ok(token.unwrap_or_else(|| Secret::new("")))
        };
        match self {
            Self::File(path) => read(&[], Some(path)),
            Self::Variable(name) => read(&[name], None),
            Self::GitHub {
                url,
                request_token,
                audience,
                requests,
            } => request_from_github(url, request_token, audience, requests).await,
        }
    }
}

async fn request_from_github(
    url: &str,
    request_token: &Secret,
    audience: &str,
    requests: &RequestLog,
) -> Result<Secret, OidcError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| OidcError::Request { source };
    let client = pipeline_http::client().map_err(|e| failed(e.into()))?;
    let mut url = reqwest::Url::parse(url).map_err(|e| failed(e.into()))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let mut attempts = RETRIES.begin();
    loop {
        let request = client
            .get(url.clone())
            .bearer_auth(request_token.reveal())
            .timeout(TIMEOUT);
        let failed = match request_once(request, requests).await {
            Ok(token) => return Ok(token),
            Err(failed) => failed,
        };
        attempts.pause(failed).await.map_err(|e| e.error)?;
    }
}

async fn request_once(
    request: RequestBuilder,
    requests: &RequestLog,
) -> Result<Secret, FailedAttempt> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| OidcError::Request { source };
    // The URL contains the ID of the run and nothing that helps the reader.
    let response = requests
        .send(request)
        .await
        .map_err(|e| FailedAttempt::transient(failed(e.without_url().into())))?;
    let status = response.status();
    if !status.is_success() {
        let transient = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
        let number = status.as_u16();
        if status.is_client_error() && !transient.contains(&status) {
            return Err(FailedAttempt::permanent(OidcError::Refused {
                status: number,
            }));
        }
        let reason = format!("the endpoint returned HTTP {number}");
        return Err(FailedAttempt::transient(failed(reason.into())));
    }
    let body: Value = response
        .json()
        .await
        .map_err(|e| FailedAttempt::transient(failed(e.without_url().into())))?;
    match body["value"].as_str().filter(|token| !token.is_empty()) {
        Some(token) => Ok(Secret::new(token)),
        None => Err(FailedAttempt::permanent(failed(
            "the response does not contain a token".into(),
        ))),
    }
}

/// An attempt without a token, and whether the next one may succeed.
struct FailedAttempt {
    error: OidcError,
    is_transient: bool,
}

impl FailedAttempt {
    fn transient(error: OidcError) -> Self {
        Self {
            error,
            is_transient: true,
        }
    }

    fn permanent(error: OidcError) -> Self {
        Self {
            error,
            is_transient: false,
        }
    }
}

impl Transient for FailedAttempt {
    fn is_transient(&self) -> bool {
        self.is_transient
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fakes::{Cloud, Fault};
    use pipeline_io::{Ci, Job, OidcToken};

    use super::{OidcError, TokenSource};
    use crate::AwsArgs;

    fn github(cloud: &Cloud, audience: &str) -> TokenSource {
        let args = AwsArgs {
            audience: audience.to_owned(),
            ..AwsArgs::default()
        };
        let env = cloud.sts().github_env();
        let find = |name: &str| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        TokenSource::find(&args, Ci::detect(find).job(), find).unwrap()
    }

    #[test]
    fn a_file_wins_over_our_variable_and_that_over_the_hosts() {
        let bitbucket = Job {
            oidc_token: Some(OidcToken::Variable("BITBUCKET_STEP_OIDC_TOKEN")),
            ..Job::default()
        };
        let all = |name: &str| Some(format!("the value of {name}"));
        let mut args = AwsArgs {
            web_identity_token_file: Some("token".into()),
            ..AwsArgs::default()
        };
        assert!(matches!(
            TokenSource::find(&args, &bitbucket, all),
            Some(TokenSource::File(_))
        ));
        args.web_identity_token_file = None;
        assert!(matches!(
            TokenSource::find(&args, &bitbucket, all),
            Some(TokenSource::Variable(super::TOKEN_VARIABLE))
        ));
        args.no_oidc = true;
        assert!(TokenSource::find(&args, &bitbucket, all).is_none());
        args.no_oidc = false;
        let github = |name: &str| name.starts_with("ACTIONS_").then(|| "x".to_owned());
        let found = TokenSource::find(&args, Ci::detect(github).job(), github);
        assert!(matches!(found, Some(TokenSource::GitHub { .. })));
        let found = TokenSource::find(&args, &bitbucket, |_| None);
        let variable = "BITBUCKET_STEP_OIDC_TOKEN";
        assert!(matches!(found, Some(TokenSource::Variable(name)) if name == variable));
        let empty = |name: &str| (name == super::TOKEN_VARIABLE).then(String::new);
        assert!(
            TokenSource::find(&args, &Job::default(), empty).is_none(),
            "an empty variable is unset"
        );
    }

    #[tokio::test]
    async fn each_token_is_requested_from_github_for_the_audience() {
        let cloud = Cloud::start();
        let source = github(&cloud, "my audience&x");
        let first = source.token().await.unwrap();
        let second = source.token().await.unwrap();
        assert_ne!(first.reveal(), second.reveal());
        let requests = cloud.requests_of("oidc", "GetToken");
        assert_eq!(requests.len(), 2);
        assert!(
            requests[0].path.contains("audience=my+audience%26x"),
            "{}",
            requests[0].path
        );
    }

    #[tokio::test]
    async fn a_failure_is_retried_and_reported_if_it_lasts() {
        let cloud = Cloud::start();
        let source = github(&cloud, "a");
        cloud.fault(Fault::on("oidc", "GetToken").status(503));
        cloud.fault(Fault::on("oidc", "GetToken").cut_before_answer());
        source.token().await.unwrap();
        cloud.fault(Fault::on("oidc", "GetToken").cut_answer_at(20));
        cloud.fault(Fault::on("oidc", "GetToken").malformed());
        source.token().await.unwrap();
        cloud.fault(Fault::on("oidc", "GetToken").always().status(500));
        let failed = source.token().await.unwrap_err();
        let OidcError::Request { source } = &failed else {
            panic!("{failed:?}")
        };
        assert_eq!(source.to_string(), "the endpoint returned HTTP 500");
    }

    #[tokio::test]
    async fn a_refusal_is_not_retried() {
        let cloud = Cloud::start();
        let source = github(&cloud, "a");
        cloud.fault(Fault::on("oidc", "GetToken").always().denied());
        let refused = source.token().await.unwrap_err();
        assert!(
            matches!(refused, OidcError::Refused { status: 403 }),
            "{refused:?}"
        );
        assert_eq!(cloud.requests_of("oidc", "GetToken").len(), 1);
    }
}
