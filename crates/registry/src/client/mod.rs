//! A registry over HTTP: one request with its login, its answer told apart, tried again where
//! that can help.
//!
//! These are the distribution specification's own calls. `oci-client` has them too, but loses
//! what is needed here: the session of a refused mount, Retry-After, the bytes of a manifest,
//! the answer's digest (docs/decisions.md).

mod auth;
mod blobs;
mod body;
mod manifests;
mod refusal;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::{Response, Url};
use tokio::time::timeout;

pub use auth::{Anonymous, Fixed, Login, LoginError, Logins};
pub(crate) use blobs::Start;
pub(crate) use body::Place;
pub use manifests::Tagged;

use crate::error::{Error, Lost, in_full};
use crate::event::{Event, Events};
use crate::repository::Repository;
use auth::{Auth, Pass};
use body::Sending;
use refusal::read_some;

/// How long a registry may stay silent over a small request.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest that a Retry-After is obeyed.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(120);

/// How often and how patiently a request is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Tries in all.
    pub tries: usize,
    /// The first pause; each later one is twice as long, with jitter on top.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 6,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(20),
        }
    }
}

/// A repository in a registry, as it is spoken to.
pub struct Client {
    http: reqwest::Client,
    repository: Repository,
    auth: Auth,
    patience: Patience,
    counts: Arc<Counts>,
    events: Events,
}

/// What went over the wire.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub requests: AtomicU64,
    /// Bytes of blobs and manifests, each try counted.
    pub bytes: AtomicU64,
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
        patience: Patience,
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
            patience,
            counts: Arc::default(),
            events,
        })
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
    pub(crate) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
        &self,
        once: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.patience.first)
            .with_max_delay(self.patience.longest)
            .with_max_times(self.patience.tries.saturating_sub(1))
            .with_jitter();
        once.retry(pauses)
            .sleep(tokio::time::sleep)
            .when(Error::is_transient)
            .adjust(|error, pause| {
                let asked = error.retry_after().unwrap_or_default();
                pause.map(|pause| pause.max(asked.min(RETRY_AFTER_LIMIT)))
            })
            .notify(|error, pause| {
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
            .challenged(&self.http, &pass, &asked, base, &scope)
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
            .pass(&self.http)
            .await
            .map_err(|e| self.no_login(e))
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
                        request.send(),
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
        match timeout(SILENCE, request.send()).await {
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
