//! The CI system's OIDC token: where it comes from, and a fresh one each time it is asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeline_http::{RequestLog, RetryPolicy, Transient};
use pipeline_io::{
    Exit, Failure, Job, OidcToken, Secret, SecretError, secret_from_variable_or_file,
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use crate::AwsArgs;

/// The variable that may hold the token: GitLab's `id_tokens` can be named so.
const TOKEN_VARIABLE: &str = "FARGATE_WEB_IDENTITY_TOKEN";

/// How often GitHub's endpoint is asked: it fails now and then for a moment.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 4,
    first: Duration::from_millis(if cfg!(test) { 1 } else { 300 }),
    factor: 10.0 / 3.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// How long one answer of GitHub's endpoint may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("cannot read the OIDC token")]
    Read { source: SecretError },
    #[error("{host} offers this job no OIDC token")]
    NotOffered {
        /// The CI host's name.
        host: &'static str,
        hint: &'static str,
    },
    #[error("GitHub gave no OIDC token (HTTP {status})")]
    Refused { status: u16 },
    #[error("cannot get an OIDC token of GitHub")]
    Ask {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Failure for OidcError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { source } => source.exit(),
            Self::NotOffered { .. } | Self::Refused { .. } => Exit::Denied,
            Self::Ask { .. } => Exit::Unreachable,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotOffered { hint, .. } => Some((*hint).to_owned()),
            Self::Refused { .. } => Some(
                "the job needs `permissions: id-token: write`, and the token that asks for it \
                 ends with the job"
                    .to_owned(),
            ),
            Self::Read { .. } | Self::Ask { .. } => None,
        }
    }
}

/// Where a fresh token comes from.
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
    /// The source there is, if any: the file that is named, our own variable, the CI host's.
    pub(crate) fn find(
        args: &AwsArgs,
        job: &Job,
        env: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
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

    /// The same source, its requests shown.
    pub(crate) fn with_request_log(mut self, log: RequestLog) -> Self {
        if let Self::GitHub { requests, .. } = &mut self {
            *requests = log;
        }
        self
    }

    /// Read again, or asked for anew, at each call.
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
            } => ask_github(url, request_token, audience, requests).await,
        }
    }
}

async fn ask_github(
    url: &str,
    request_token: &Secret,
    audience: &str,
    requests: &RequestLog,
) -> Result<Secret, OidcError> {
    let ask = |source: Box<dyn std::error::Error + Send + Sync>| OidcError::Ask { source };
    let client = pipeline_http::client().map_err(|e| ask(e.into()))?;
    let mut url = reqwest::Url::parse(url).map_err(|e| ask(e.into()))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let mut attempts = RETRIES.begin();
    loop {
        let request = client
            .get(url.clone())
            .bearer_auth(request_token.reveal())
            .timeout(PATIENCE);
        let no_token = match ask_once(request, requests).await {
            Ok(token) => return Ok(token),
            Err(no_token) => no_token,
        };
        attempts.pause(no_token).await.map_err(|e| e.error)?;
    }
}

async fn ask_once(request: RequestBuilder, requests: &RequestLog) -> Result<Secret, NoToken> {
    let ask = |source: Box<dyn std::error::Error + Send + Sync>| OidcError::Ask { source };
    // The address says nothing that a reader needs, and names the run.
    let answer = requests
        .send(request)
        .await
        .map_err(|e| NoToken::for_now(ask(e.without_url().into())))?;
    let status = answer.status();
    if !status.is_success() {
        let passes = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
        let number = status.as_u16();
        if status.is_client_error() && !passes.contains(&status) {
            return Err(NoToken::for_good(OidcError::Refused { status: number }));
        }
        let said = format!("its endpoint answered with HTTP {number}");
        return Err(NoToken::for_now(ask(said.into())));
    }
    let body: Value = answer
        .json()
        .await
        .map_err(|e| NoToken::for_good(ask(e.without_url().into())))?;
    match body["value"].as_str().filter(|token| !token.is_empty()) {
        Some(token) => Ok(Secret::new(token)),
        None => Err(NoToken::for_good(ask("the answer holds no token".into()))),
    }
}

/// One attempt that gave no token, and whether the next one may.
struct NoToken {
    error: OidcError,
    is_transient: bool,
}

impl NoToken {
    fn for_now(error: OidcError) -> Self {
        Self {
            error,
            is_transient: true,
        }
    }

    fn for_good(error: OidcError) -> Self {
        Self {
            error,
            is_transient: false,
        }
    }
}

impl Transient for NoToken {
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
    fn a_file_comes_before_our_variable_and_that_before_the_hosts() {
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
    async fn github_is_asked_for_the_audience_anew_each_time() {
        let cloud = Cloud::start();
        let source = github(&cloud, "my audience&x");
        let first = source.token().await.unwrap();
        let second = source.token().await.unwrap();
        assert_ne!(first.reveal(), second.reveal());
        let asked = cloud.requests_of("oidc", "GetToken");
        assert_eq!(asked.len(), 2);
        assert!(
            asked[0].path.contains("audience=my+audience%26x"),
            "{}",
            asked[0].path
        );
    }

    #[tokio::test]
    async fn a_moments_failure_is_tried_again_and_a_lasting_one_told() {
        let cloud = Cloud::start();
        let source = github(&cloud, "a");
        cloud.fault(Fault::on("oidc", "GetToken").status(503));
        cloud.fault(Fault::on("oidc", "GetToken").cut_before_answer());
        source.token().await.unwrap();
        cloud.fault(Fault::on("oidc", "GetToken").always().status(500));
        let failed = source.token().await.unwrap_err();
        let OidcError::Ask { source } = &failed else {
            panic!("{failed:?}")
        };
        assert_eq!(source.to_string(), "its endpoint answered with HTTP 500");
    }

    #[tokio::test]
    async fn a_refusal_is_asked_once() {
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
