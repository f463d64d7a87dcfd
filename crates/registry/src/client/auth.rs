//! The authorization of requests: Basic with credentials from a provider, or the token that a
//! Bearer challenge requires.
//!
//! Credentials are renewed before they expire, and once after a 401. One renewal is enough for all
//! uploads that wait for it.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use reqwest::Url;
use tokio::sync::Mutex;

use super::challenge::{self, Challenge};
use super::credentials::{CredentialProvider, CredentialsError};
use super::token::{TokenService, token};

/// Credentials are renewed this long before they expire, which is longer than any request waits.
const RENEW_BEFORE: Duration = Duration::from_secs(15 * 60);
/// The same for Bearer tokens, some of which expire after a minute.
const RENEW_TOKEN_BEFORE: Duration = Duration::from_secs(10);
/// Lifetime of a Bearer token in seconds if the service does not return one (from the
/// specification).
const TOKEN_LIFE: u64 = 60;

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
                state.header = Some(token.header()?);
            }
            _ => {
                let ends = credentials.as_ref().and_then(|l| l.expires);
                state.renew_at = ends.map(|ends| renew_at(now, ends, RENEW_BEFORE));
                state.header = credentials.map(|l| l.header()).transpose()?;
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
