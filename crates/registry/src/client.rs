//! A registry over HTTP: one request with its login, its answer told apart, tried again where
//! that can help.
//!
//! These are the distribution specification's own calls. `oci-client` has them too, but loses
//! what is needed here: the session of a refused mount, Retry-After, the bytes of a manifest,
//! the answer's digest (docs/decisions.md).

mod auth;
mod blobs;
mod body;
mod counts;
mod manifests;
mod refusal;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use pipeline_http::{RequestLog, RetryPolicy};
use reqwest::{Response, Url};
use tokio::time::timeout;

pub use auth::{Anonymous, Fixed, Login, LoginError, Logins};
pub(crate) use blobs::Start;
pub(crate) use body::Place;
pub use manifests::Tagged;

use crate::error::{Error, Lost, in_full};
use crate::event::{Event, Events};
use crate::repository::Repository;
use auth::{Auth, Pass, TokenService};
use body::Sending;
use counts::Counts;

/// How long a registry may stay silent over a small request.
const SILENCE: Duration = Duration::from_secs(60);

/// A repository in a registry, as it is spoken to.
pub struct Client {
    http: reqwest::Client,
    repository: Repository,
    auth: Auth,
    retries: RetryPolicy,
    requests: RequestLog,
    counts: Arc<Counts>,
    events: Events,
}

/// A request, before its login.
struct Ask<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    /// What is asked, as a fragment: "start the upload of …".
    what: String,
    body: Payload<'a>,
}

#[derive(Clone, Copy)]
enum Payload<'a> {
    None,
    Bytes(&'a bytes::Bytes),
    Blob(&'a crate::image::Blob, &'a Place),
}

impl<'a> Ask<'a> {
    fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            what: what.into(),
            body: Payload::None,
        }
    }
}

impl Client {
    /// A client for one repository. Events go to `events`.
    pub fn new(
        repository: Repository,
        logins: Box<dyn Logins>,
        retries: RetryPolicy,
        events: Events,
    ) -> Result<Self, Error> {
        let made = |source: Box<dyn std::error::Error + Send + Sync>| Error::Client {
            host: repository.host(),
            source,
        };
        let http = pipeline_http::builder()
            .map_err(|e| made(e.into()))?
            // One upload a connection: over HTTP/2 all would share one window.
            .http1_only()
            // A redirect leads to storage, which must not see the login.
            .redirect(reqwest::redirect::Policy::none())
            // It would count from the request's first byte and end long uploads; silence is
            // measured by the bytes taken instead.
            .read_timeout(Duration::from_secs(24 * 60 * 60))
            .build()
            .map_err(|e| made(e.into()))?;
        Ok(Self {
            http,
            repository,
            auth: Auth::new(logins),
            retries,
            requests: RequestLog::off(),
            counts: Arc::default(),
            events,
        })
    }

    /// The same client, its requests shown.
    pub fn with_request_log(self, requests: RequestLog) -> Self {
        Self { requests, ..self }
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Requests sent so far, tries and redirects included.
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Bytes of blobs and manifests sent so far, each try counted.
    pub fn bytes_sent(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// Does something again while it fails for reasons that pass.
    pub(crate) async fn patiently<T>(
        &self,
        once: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.retries
            .retry(once, |error, pause| {
                self.events.tell(Event::Retry {
                    reason: in_full(error),
                    pause,
                });
            })
            .await
    }

    /// Sends one request and gives its answer, whatever its status; after a 401 once more with a
    /// fresh login.
    async fn send(&self, ask: &Ask<'_>) -> Result<Response, Error> {
        let to_registry = ask.url.origin() == self.repository.base().origin();
        if !to_registry {
            return self.send_with(ask, None).await;
        }
        let pass = self.pass().await?;
        let answer = self.send_with(ask, Some(&pass)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let asked: Vec<&str> = answer
            .headers()
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let scope = format!("repository:{}:pull,push", self.repository.name());
        let base = self.repository.base();
        let has_other = self
            .auth
            .challenged(&self.token_service(), &pass, &asked, base, &scope)
            .await
            .map_err(|e| self.no_login(e))?;
        if !has_other {
            return Ok(answer);
        }
        let pass = self.pass().await?;
        self.send_with(ask, Some(&pass)).await
    }

    async fn pass(&self) -> Result<Pass, Error> {
        self.auth
            .pass(&self.token_service())
            .await
            .map_err(|e| self.no_login(e))
    }

    /// How a token service is asked: as the registry is.
    fn token_service(&self) -> TokenService<'_> {
        TokenService {
            http: &self.http,
            requests: &self.requests,
        }
    }

    fn no_login(&self, source: LoginError) -> Error {
        Error::Credentials {
            host: self.repository.host(),
            source,
        }
    }

    async fn send_with(&self, ask: &Ask<'_>, pass: Option<&Pass>) -> Result<Response, Error> {
        let mut request = self
            .http
            .request(ask.method.clone(), ask.url.clone())
            .headers(ask.headers.clone());
        if let Some(shown) = pass.and_then(|p| p.header.clone()) {
            request = request.header(header::AUTHORIZATION, shown);
        }
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        match ask.body {
            Payload::Blob(blob, place) => {
                let sending = Sending::open(blob, place, &self.counts, &self.events)?;
                let request = request.body(sending.body());
                return sending
                    .watch(
                        self.requests.send(request),
                        |e| self.lost(e, ask),
                        || self.silent(&ask.what, body::SILENCE),
                    )
                    .await;
            }
            Payload::Bytes(bytes) => {
                self.counts
                    .bytes
                    .fetch_add(bytes.len() as u64, Ordering::Relaxed);
                request = request.body(bytes.clone());
            }
            // A length even of nothing: some front ends refuse a POST without one.
            Payload::None if ask.method == Method::POST => {
                request = request.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Payload::None => {}
        }
        match timeout(SILENCE, self.requests.send(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.lost(error, ask)),
            Err(_) => Err(self.silent(&ask.what, SILENCE)),
        }
    }

    fn lost(&self, error: reqwest::Error, ask: &Ask<'_>) -> Error {
        let host = ask
            .url
            .host_str()
            .filter(|_| ask.url.origin() != self.repository.base().origin())
            .map_or_else(|| self.repository.host(), str::to_owned);
        let source = Lost::new(&error);
        let what = ask.what.clone();
        if error.is_connect() {
            Error::Unreachable { host, what, source }
        } else {
            Error::Cut {
                host,
                what,
                is_upload_start: ask.method == Method::POST,
                source,
            }
        }
    }

    fn silent(&self, what: &str, after: Duration) -> Error {
        Error::Stalled {
            host: self.repository.host(),
            what: what.to_owned(),
            seconds: after.as_secs(),
        }
    }

    fn violation(&self, what: &str, reason: impl Into<String>) -> Error {
        Error::Violation {
            host: self.repository.host(),
            what: what.to_owned(),
            reason: reason.into(),
        }
    }
}
