//! How a request is let in: Basic from a provider, or the token that a Bearer challenge asks for.
//!
//! A login is renewed before it runs out and once after a 401, by one request however many
//! uploads wait for it.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use pipeline_http::RequestLog;
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;

/// A login is renewed this long before it runs out: longer than any one request waits.
const RENEW_BEFORE: Duration = Duration::from_secs(15 * 60);
/// A Bearer token lives for a minute or some more.
const RENEW_TOKEN_BEFORE: Duration = Duration::from_secs(10);
/// A Bearer token lives this long where its giver does not say (the specification's number).
const TOKEN_LIFE: u64 = 60;

/// Who gives logins. It is asked at the start, before a login runs out, and after a 401.
pub trait Logins: Send + Sync {
    /// A login, or none where the registry is to be asked anonymously. `renew` means that the
    /// last one is no longer good.
    fn login(&self, renew: bool) -> BoxFuture<'_, Result<Option<Login>, LoginError>>;

    /// Whether the login is shown without being asked for. ECR always asks, so that showing it
    /// saves a request; another registry may want it only from its token service.
    fn is_eager(&self) -> bool;
}

/// Why no login could be had.
pub type LoginError = Box<dyn std::error::Error + Send + Sync>;

/// A user's name and password, as HTTP Basic takes them.
#[derive(Clone)]
pub struct Login {
    basic: String,
    expires: Option<SystemTime>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login(…, expires {:?})", self.expires)
    }
}

impl Login {
    /// From a name and a password.
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            basic: STANDARD.encode(format!("{user}:{password}")),
            expires: None,
        }
    }

    /// From a token that is already in Basic's form, as ECR gives it, good until `expires`.
    pub fn from_token(basic: impl Into<String>, expires: Option<SystemTime>) -> Self {
        Self {
            basic: basic.into(),
            expires,
        }
    }
}

/// No login: a registry that lets everyone in.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl Logins for Anonymous {
    fn login(&self, _: bool) -> BoxFuture<'_, Result<Option<Login>, LoginError>> {
        Box::pin(async { Ok(None) })
    }

    fn is_eager(&self) -> bool {
        false
    }
}

/// One login that stays good: a name and a password that were given.
#[derive(Debug, Clone)]
pub struct Fixed(pub Login);

impl Logins for Fixed {
    fn login(&self, _: bool) -> BoxFuture<'_, Result<Option<Login>, LoginError>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }

    fn is_eager(&self) -> bool {
        false
    }
}

/// How a token service is reached.
#[derive(Clone, Copy)]
pub(crate) struct TokenService<'c> {
    pub http: &'c reqwest::Client,
    pub requests: &'c RequestLog,
}

/// What is shown with each request.
pub(crate) struct Auth {
    logins: Box<dyn Logins>,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    header: Option<HeaderValue>,
    renew_at: Option<SystemTime>,
    /// Grows with each renewal: a 401 to an older one needs no other renewal.
    generation: u64,
    challenge: Option<Challenge>,
}

/// A header and the renewal it comes from.
#[derive(Clone)]
pub(crate) struct Pass {
    pub header: Option<HeaderValue>,
    generation: u64,
}

/// What a 401 asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

impl Auth {
    pub fn new(logins: Box<dyn Logins>) -> Self {
        Self {
            logins,
            shown: Mutex::default(),
        }
    }

    /// What to show now; renewed where it is about to run out.
    pub async fn pass(&self, tokens: &TokenService<'_>) -> Result<Pass, LoginError> {
        let mut shown = self.shown.lock().await;
        let is_first = shown.generation == 0 && self.logins.is_eager();
        let is_old = shown.renew_at.is_some_and(|at| at <= SystemTime::now());
        if is_first || is_old {
            self.renew(&mut shown, tokens, is_old).await?;
        }
        Ok(Pass {
            header: shown.header.clone(),
            generation: shown.generation,
        })
    }

    /// After a 401: whether there is something else to show now.
    pub async fn challenged(
        &self,
        tokens: &TokenService<'_>,
        refused: &Pass,
        asked: &[&str],
        base: &Url,
        scope: &str,
    ) -> Result<bool, LoginError> {
        let mut shown = self.shown.lock().await;
        if shown.generation != refused.generation {
            return Ok(true);
        }
        let Some(challenge) = asked.iter().find_map(|text| parse(text)) else {
            // A 401 that names no way in: only a fresh login can help.
            let had = shown.header.is_some();
            self.renew(&mut shown, tokens, true).await?;
            return Ok(had);
        };
        if let Challenge::Bearer { realm, .. } = &challenge {
            check_realm(realm, base)?;
        }
        shown.challenge = Some(match challenge {
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
        let renew = shown.header.is_some();
        self.renew(&mut shown, tokens, renew).await?;
        Ok(shown.header.is_some())
    }

    async fn renew(
        &self,
        shown: &mut Shown,
        tokens: &TokenService<'_>,
        renew: bool,
    ) -> Result<(), LoginError> {
        let login = self.logins.login(renew).await?;
        shown.generation += 1;
        let now = SystemTime::now();
        match &shown.challenge {
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => {
                let token = token(tokens, realm, service, scope, login.as_ref()).await?;
                let life = token.expires_in.unwrap_or(TOKEN_LIFE).max(TOKEN_LIFE);
                let ends = now + Duration::from_secs(life);
                shown.renew_at = Some(renew_at(now, ends, RENEW_TOKEN_BEFORE));
                shown.header = Some(header("Bearer", &token.token()?)?);
            }
            _ => {
                let ends = login.as_ref().and_then(|l| l.expires);
                shown.renew_at = ends.map(|ends| renew_at(now, ends, RENEW_BEFORE));
                shown.header = login.map(|l| header("Basic", &l.basic)).transpose()?;
            }
        }
        Ok(())
    }
}

/// When to ask for the next login: `before` its end, and never in the first half of its life, so
/// that a short one is not renewed for each request.
fn renew_at(now: SystemTime, ends: SystemTime, before: Duration) -> SystemTime {
    let life = ends.duration_since(now).unwrap_or_default();
    ends - before.min(life / 2)
}

fn header(scheme: &str, text: &str) -> Result<HeaderValue, LoginError> {
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
    fn token(&self) -> Result<String, LoginError> {
        self.token
            .clone()
            .or_else(|| self.access_token.clone())
            .ok_or_else(|| "the token service gave no token".into())
    }
}

async fn token(
    tokens: &TokenService<'_>,
    realm: &str,
    service: &Option<String>,
    scope: &Option<String>,
    login: Option<&Login>,
) -> Result<Token, LoginError> {
    let mut url = Url::parse(realm)?;
    for (name, value) in [("service", service), ("scope", scope)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let mut request = tokens.http.get(url).timeout(Duration::from_secs(30));
    if let Some(login) = login {
        request = request.header(http::header::AUTHORIZATION, header("Basic", &login.basic)?);
    }
    let answer = tokens.requests.send(request).await?;
    if !answer.status().is_success() {
        return Err(format!("the token service {realm} answered {}", answer.status()).into());
    }
    Ok(answer.json().await?)
}

/// A password goes encrypted, or to this machine, or to where the user sends it anyway.
fn check_realm(realm: &str, base: &Url) -> Result<(), LoginError> {
    let url = Url::parse(realm)?;
    let is_same = url.origin() == base.origin();
    let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
        && base.scheme() == "http";
    if url.scheme() == "https" || is_same || is_loopback {
        return Ok(());
    }
    Err(format!("the registry wants the password sent to {realm}, unencrypted").into())
}

/// Reads one `WWW-Authenticate`.
fn parse(text: &str) -> Option<Challenge> {
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut challenge = (None, None, None);
    let mut rest = rest.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        let slot = match name.trim().to_ascii_lowercase().as_str() {
            "realm" => Some(&mut challenge.0),
            "service" => Some(&mut challenge.1),
            "scope" => Some(&mut challenge.2),
            _ => None,
        };
        if let Some(slot) = slot {
            *slot = Some(value.to_owned());
        }
        rest = next.trim_start_matches([',', ' ']);
    }
    let (realm, service, scope) = challenge;
    Some(Challenge::Bearer {
        realm: realm?,
        service,
        scope,
    })
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
