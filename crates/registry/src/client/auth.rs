//! The authorization of requests: Basic with credentials from a provider, or the token that a
//! Bearer challenge requires.
//!
//! Credentials are renewed before they expire, and once after a 401. One renewal is enough for all
//! uploads that wait for it.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use pipeline_http::RequestLog;
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::challenge::{self, Challenge};
use super::page::is_page;

/// Credentials are renewed this long before they expire, which is longer than any request waits.
const RENEW_BEFORE: Duration = Duration::from_secs(15 * 60);
/// The same for Bearer tokens, some of which expire after a minute.
const RENEW_TOKEN_BEFORE: Duration = Duration::from_secs(10);
/// Lifetime of a Bearer token in seconds if the service does not return one (from the
/// specification).
const TOKEN_LIFE: u64 = 60;

/// Provides credentials: at the start, before they expire, and after a 401.
pub trait CredentialProvider: Send + Sync {
    /// Returns credentials, or `None` for anonymous access. `renew` is true if the last
    /// credentials are no longer valid.
    ///
    /// # Errors
    /// If the credentials cannot be obtained.
    fn credentials(
        &self,
        renew: bool,
    ) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>>;

    /// Whether the first request already has credentials. ECR always requires them, which saves one
    /// request. Other registries may accept credentials only in their token service.
    fn is_preemptive(&self) -> bool;
}

/// Why credentials could not be obtained.
pub type CredentialsError = Box<dyn std::error::Error + Send + Sync>;

/// A user name and a password, encoded for HTTP Basic authentication.
#[derive(Clone)]
pub struct Credentials {
    basic: String,
    expires: Option<SystemTime>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials(…, expires {:?})", self.expires)
    }
}

impl Credentials {
    /// Encodes a user name and a password.
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            basic: STANDARD.encode(format!("{user}:{password}")),
            expires: None,
        }
    }

    /// Takes a token that is already encoded for Basic authentication (ECR returns one) and valid
    /// until
    /// `expires`.
    pub fn from_token(basic: impl Into<String>, expires: Option<SystemTime>) -> Self {
        Self {
            basic: basic.into(),
            expires,
        }
    }
}

/// No credentials: the registry allows anonymous access.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl CredentialProvider for Anonymous {
    fn credentials(&self, _: bool) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        Box::pin(async { Ok(None) })
    }

    fn is_preemptive(&self) -> bool {
        false
    }
}

/// Credentials that do not expire.
#[derive(Debug, Clone)]
pub struct FixedCredentials(pub Credentials);

impl CredentialProvider for FixedCredentials {
    fn credentials(&self, _: bool) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }

    fn is_preemptive(&self) -> bool {
        false
    }
}

/// How to reach a token service.
#[derive(Clone, Copy)]
pub(crate) struct TokenService<'c> {
    pub http: &'c reqwest::Client,
    pub requests: &'c RequestLog,
}

/// The current authorization of a client.
pub(crate) struct Auth {
    provider: Box<dyn CredentialProvider>,
    state: Mutex<AuthState>,
}

#[derive(Default)]
struct AuthState {
    header: Option<HeaderValue>,
    renew_at: Option<SystemTime>,
    /// Incremented by each renewal. A 401 to an older header does not need another renewal.
    generation: u64,
    challenge: Option<Challenge>,
}

/// The value of the `Authorization` header, and the renewal that it comes from.
#[derive(Clone)]
pub(crate) struct AuthHeader {
    pub header: Option<HeaderValue>,
    generation: u64,
}

impl Auth {
    pub fn new(provider: Box<dyn CredentialProvider>) -> Self {
        Self {
            provider,
            state: Mutex::default(),
        }
    }

    /// Returns the header to send now, renewed if it is about to expire.
    pub async fn auth_header(
        &self,
        tokens: &TokenService<'_>,
    ) -> Result<AuthHeader, CredentialsError> {
        let mut state = self.state.lock().await;
        let is_first = state.generation == 0 && self.provider.is_preemptive();
        let is_old = state.renew_at.is_some_and(|at| at <= SystemTime::now());
        if is_first || is_old {
            self.renew(&mut state, tokens, is_old).await?;
        }
        Ok(AuthHeader {
            header: state.header.clone(),
            generation: state.generation,
        })
    }

    /// Handles a 401. Returns whether there is another header to try.
    pub async fn challenged(
        &self,
        tokens: &TokenService<'_>,
        refused: &AuthHeader,
        asked: &[&str],
        base: &Url,
        scope: &str,
    ) -> Result<bool, CredentialsError> {
        let mut state = self.state.lock().await;
        if state.generation != refused.generation {
            return Ok(true);
        }
        let offered = challenge::supported(asked.iter().copied());
        if offered.is_empty() {
            // The 401 names no scheme that this client knows, so only new credentials can help.
            let had = state.header.is_some();
            self.renew(&mut state, tokens, true).await?;
            return Ok(had);
        }
        let challenge = first_acceptable(offered, base)?;
        state.challenge = Some(match challenge {
            Challenge::Bearer {
                realm,
                service,
                scope: None,
            } => Challenge::Bearer {
                realm,
                service,
                scope: Some(scope.to_owned()),
            },
            other => other,
        });
        let renew = state.header.is_some();
        self.renew(&mut state, tokens, renew).await?;
        Ok(state.header.is_some())
    }

    async fn renew(
        &self,
        state: &mut AuthState,
        tokens: &TokenService<'_>,
        renew: bool,
    ) -> Result<(), CredentialsError> {
        let credentials = self.provider.credentials(renew).await?;
        state.generation += 1;
        let now = SystemTime::now();
        match &state.challenge {
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => {
                let token = token(tokens, realm, service, scope, credentials.as_ref()).await?;
                let life = token.expires_in.unwrap_or(TOKEN_LIFE).max(TOKEN_LIFE);
                let ends = now + Duration::from_secs(life);
                state.renew_at = Some(renew_at(now, ends, RENEW_TOKEN_BEFORE));
                state.header = Some(header("Bearer", &token.token()?)?);
            }
            _ => {
                let ends = credentials.as_ref().and_then(|l| l.expires);
                state.renew_at = ends.map(|ends| renew_at(now, ends, RENEW_BEFORE));
                state.header = credentials.map(|l| header("Basic", &l.basic)).transpose()?;
            }
        }
        Ok(())
    }
}

/// When to renew: `before` the end, but never in the first half of the lifetime. Otherwise
/// short-lived credentials would be renewed for every request.
fn renew_at(now: SystemTime, ends: SystemTime, before: Duration) -> SystemTime {
    let life = ends.duration_since(now).unwrap_or_default();
    ends - before.min(life / 2)
}

fn header(scheme: &str, text: &str) -> Result<HeaderValue, CredentialsError> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {text}"))?;
    header.set_sensitive(true);
    Ok(header)
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Token {
    fn token(&self) -> Result<String, CredentialsError> {
        // Some services return one of the two, or one of them empty.
        [&self.token, &self.access_token]
            .into_iter()
            .flatten()
            .find(|token| !token.is_empty())
            .cloned()
            .ok_or_else(|| "the token service returned no token".into())
    }
}

async fn token(
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
        let basic = header("Basic", &credentials.basic)?;
        request = request.header(http::header::AUTHORIZATION, basic);
    }
    let answer = tokens.requests.send(request).await?;
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

/// The preferred challenge whose answer does not expose the password.
fn first_acceptable(offered: Vec<Challenge>, base: &Url) -> Result<Challenge, CredentialsError> {
    let mut refused = None;
    for challenge in offered {
        let checked = match &challenge {
            Challenge::Bearer { realm, .. } => check_realm(realm, base),
            Challenge::Basic => Ok(()),
        };
        match checked {
            Ok(()) => return Ok(challenge),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| "the registry offers no authentication".into()))
}

/// Accepts a token service only if the password is sent encrypted, to this machine, or to the
/// registry itself.
fn check_realm(realm: &str, base: &Url) -> Result<(), CredentialsError> {
    let url = Url::parse(realm)?;
    let is_same = url.origin() == base.origin();
    let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
        && base.scheme() == "http";
    if url.scheme() == "https" || is_same || is_loopback {
        return Ok(());
    }
    Err(format!("the registry asks for the password to be sent unencrypted to {realm}").into())
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
