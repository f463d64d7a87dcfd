//! The token service that a Bearer challenge names: it exchanges credentials for a token of one scope.
//!
//! Decided here: which of its failures are temporary. Never here: which challenge is answered.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use pipeline_http::RequestLog;
use reqwest::Url;
use serde::Deserialize;

use super::credentials::{Credentials, CredentialsError, header};
use super::page::is_page;
use crate::error::{Error, Refusal, TransportError};

/// How to reach a token service.
#[derive(Clone, Copy)]
pub(crate) struct TokenService<'c> {
    pub http: &'c reqwest::Client,
    pub requests: &'c RequestLog,
}

#[derive(Deserialize)]
pub(super) struct Token {
    token: Option<String>,
    access_token: Option<String>,
    /// Lifetime in seconds, if the service returns it.
    pub expires_in: Option<u64>,
}

impl Token {
    /// The value of the `Authorization` header.
    pub fn header(&self) -> Result<HeaderValue, CredentialsError> {
        header("Bearer", &self.token()?)
    }

    pub fn token(&self) -> Result<String, CredentialsError> {
        // Some services return one of the two, or one of them empty.
        [&self.token, &self.access_token]
            .into_iter()
            .flatten()
            .find(|token| !token.is_empty())
            .cloned()
            .ok_or_else(|| "the token service returned no token".into())
    }
}

/// Requests a token for a scope.
///
/// # Errors
/// If the service does not issue one. The error is a [`crate::Error`] if the same request may succeed later.
pub(super) async fn token(
    tokens: &TokenService<'_>,
    realm: &str,
    service: &Option<String>,
    scope: &Option<String>,
    credentials: Option<&Credentials>,
) -> Result<Token, CredentialsError> {
    let mut url = Url::parse(realm)?;
    for (name, value) in [("service", service), ("scope", scope)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let mut request = tokens.http.get(url).timeout(Duration::from_secs(30));
    if let Some(credentials) = credentials {
        request = request.header(http::header::AUTHORIZATION, credentials.header()?);
    }
    let answer = match tokens.requests.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Err(no_answer(realm, &error).into()),
    };
    if answer.status().is_server_error() || answer.status() == StatusCode::TOO_MANY_REQUESTS {
        return Err(refused(realm, answer.status()).into());
    }
    if !answer.status().is_success() {
        return Err(format!("the token service {realm} answered {}", answer.status()).into());
    }
    if is_page(&answer) {
        return Err(format!(
            "the token service {realm} answered with an HTML page, perhaps from a proxy or a login page"
        )
        .into());
    }
    Ok(answer.json().await?)
}

const WHAT: &str = "issue a token";

fn no_answer(realm: &str, error: &reqwest::Error) -> Error {
    let (host, what) = (host(realm), WHAT.to_owned());
    let source = TransportError::new(error);
    if error.is_connect() {
        return Error::Unreachable { host, what, source };
    }
    Error::Cut {
        host,
        what,
        is_upload_start: false,
        source,
    }
}

fn refused(realm: &str, status: StatusCode) -> Error {
    Error::Refused {
        host: host(realm),
        what: WHAT.to_owned(),
        refusal: Refusal {
            status,
            code: None,
            message: String::new(),
            retry_after: None,
        },
    }
}

fn host(realm: &str) -> String {
    let host = Url::parse(realm)
        .ok()
        .and_then(|url| Some(url.host_str()?.to_owned()));
    host.unwrap_or_else(|| realm.to_owned())
}
