//! An HTTP client for a registry: sends requests with credentials, classifies the answers, and
//! retries if that can help.
//!
//! Decided here: timeouts, redirects, credentials and retries. Never here: what is pushed. The
//! calls are those of the distribution specification. `oci-client` has them too, but drops data
//! that is needed here: the upload session of a rejected mount, Retry-After, the bytes of a
//! manifest, and the digest in the answer (docs/decisions.md).

mod auth;
mod blobs;
mod body;
mod challenge;
mod counts;
mod credentials;
mod manifests;
mod page;
mod refusal;
mod token;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use pipeline_http::{RequestLog, RetryPolicy};
use reqwest::{Response, Url};
use tokio::time::timeout;

pub(crate) use blobs::UploadStart;
pub(crate) use body::UploadSlot;
pub use credentials::{
    Anonymous, CredentialProvider, Credentials, CredentialsError, FixedCredentials,
};
pub use manifests::RemoteManifest;

use crate::error::{Error, TransportError, with_causes};
use crate::event::{Event, Events};
use crate::repository::Repository;
use auth::{Auth, AuthHeader};
use body::BlobUpload;
use counts::TrafficCounts;
use token::TokenService;

/// How long a registry may take to answer a small request.
const SILENCE: Duration = Duration::from_secs(60);

/// An HTTP client for one repository of a registry.
pub struct Client {
    http: reqwest::Client,
    repository: Repository,
    auth: Auth,
    retries: RetryPolicy,
    requests: RequestLog,
    counts: Arc<TrafficCounts>,
    events: Events,
}

/// A request without credentials.
struct Request<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    /// What the request does, e.g. "open the upload of …": part of an error message.
    what: String,
    body: RequestBody<'a>,
}

#[derive(Clone, Copy)]
enum RequestBody<'a> {
    None,
    Bytes(&'a bytes::Bytes),
    Blob(&'a crate::image::Blob, &'a UploadSlot),
}

impl<'a> Request<'a> {
    fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            what: what.into(),
            body: RequestBody::None,
        }
    }
}

impl Client {
    /// Creates a client for one repository, which sends its events to `events`.
    ///
    /// # Errors
    /// If the TLS or proxy configuration cannot be used.
    pub fn new(
        repository: Repository,
        provider: Box<dyn CredentialProvider>,
        retries: RetryPolicy,
        events: Events,
    ) -> Result<Self, Error> {
        let made = |source: Box<dyn std::error::Error + Send + Sync>| Error::Client {
            host: repository.host(),
            source,
        };
        let http = pipeline_http::builder()
            .map_err(|e| made(e.into()))?
            // Uploads would share one flow-control window over HTTP/2, so each one has its own
            // connection.
            .http1_only()
            // A redirect leads to the storage, which must not receive the credentials.
            .redirect(reqwest::redirect::Policy::none())
            // reqwest counts this from the start of the request and would end long uploads. `body`
            // measures the time without progress instead.
            .read_timeout(Duration::from_secs(24 * 60 * 60))
            .build()
            .map_err(|e| made(e.into()))?;
        Ok(Self {
            http,
            repository,
            auth: Auth::new(provider),
            retries,
            requests: RequestLog::off(),
            counts: Arc::default(),
            events,
        })
    }

    /// Shows the requests in this log.
    pub fn with_request_log(self, requests: RequestLog) -> Self {
        Self { requests, ..self }
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Requests sent so far, including retries and redirects.
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Bytes of blobs and manifests sent so far, including retries.
    pub fn bytes_sent(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// Repeats `once` while it fails for temporary reasons.
    pub(crate) async fn with_retries<T>(
        &self,
        once: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.retries
            .retry(once, |error, pause| {
                self.events.send(Event::Retry {
                    reason: with_causes(error),
                    pause,
                });
            })
            .await
    }

    /// Sends a request and returns its answer, whatever the status is. After a 401, sends it again
    /// with new credentials.
    async fn send(&self, request: &Request<'_>) -> Result<Response, Error> {
        let to_registry = request.url.origin() == self.repository.base().origin();
        if !to_registry {
            return self.send_with(request, None).await;
        }
        let answer = self.send_to_registry(request).await?;
        if answer.status().is_success() && page::is_page(&answer) {
            return Err(self.not_a_registry(&request.what, "an HTML page"));
        }
        Ok(answer)
    }

    async fn send_to_registry(&self, request: &Request<'_>) -> Result<Response, Error> {
        let header = self.auth_header().await?;
        let answer = self.send_with(request, Some(&header)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let challenges: Vec<&str> = answer
            .headers()
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let scope = format!("repository:{}:pull,push", self.repository.name());
        let base = self.repository.base();
        let has_new_header = self
            .auth
            .challenged(&self.token_service(), &header, &challenges, base, &scope)
            .await
            .map_err(|e| self.no_credentials(e))?;
        if !has_new_header {
            return Ok(answer);
        }
        let header = self.auth_header().await?;
        self.send_with(request, Some(&header)).await
    }

    async fn auth_header(&self) -> Result<AuthHeader, Error> {
        self.auth
            .auth_header(&self.token_service())
            .await
            .map_err(|e| self.no_credentials(e))
    }

    /// The token service is reached with the same client as the registry.
    fn token_service(&self) -> TokenService<'_> {
        TokenService {
            http: &self.http,
            requests: &self.requests,
        }
    }

    /// The token service fails with the errors of a registry, so these stay what they are.
    fn no_credentials(&self, source: CredentialsError) -> Error {
        match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(source) => Error::Credentials {
                host: self.repository.host(),
                source,
            },
        }
    }

    async fn send_with(
        &self,
        request: &Request<'_>,
        auth: Option<&AuthHeader>,
    ) -> Result<Response, Error> {
        let mut builder = self
            .http
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(value) = auth.and_then(|auth| auth.header.clone()) {
            builder = builder.header(header::AUTHORIZATION, value);
        }
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        match request.body {
            RequestBody::Blob(blob, slot) => {
                let upload = BlobUpload::open(blob, slot, &self.counts, &self.events)?;
                let builder = builder.body(upload.body());
                return upload
                    .watch(
                        self.requests.send(builder),
                        |e| self.transport_error(e, request),
                        || self.stalled(&request.what, body::SILENCE),
                    )
                    .await;
            }
            RequestBody::Bytes(bytes) => {
                self.counts
                    .bytes
                    .fetch_add(bytes.len() as u64, Ordering::Relaxed);
                builder = builder.body(bytes.clone());
            }
            // Some front ends reject a POST without a length.
            RequestBody::None if request.method == Method::POST => {
                builder = builder.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            RequestBody::None => {}
        }
        match timeout(SILENCE, self.requests.send(builder)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.transport_error(error, request)),
            Err(_) => Err(self.stalled(&request.what, SILENCE)),
        }
    }

    fn transport_error(&self, error: reqwest::Error, request: &Request<'_>) -> Error {
        let host = request
            .url
            .host_str()
            .filter(|_| request.url.origin() != self.repository.base().origin())
            .map_or_else(|| self.repository.host(), str::to_owned);
        let source = TransportError::new(&error);
        let what = request.what.clone();
        if error.is_connect() {
            Error::Unreachable { host, what, source }
        } else {
            Error::Cut {
                host,
                what,
                is_upload_start: request.method == Method::POST,
                source,
            }
        }
    }

    fn stalled(&self, what: &str, after: Duration) -> Error {
        Error::Stalled {
            host: self.repository.host(),
            what: what.to_owned(),
            seconds: after.as_secs(),
        }
    }

    fn not_a_registry(&self, what: &str, found: impl Into<String>) -> Error {
        Error::NotRegistry {
            host: self.repository.host(),
            what: what.to_owned(),
            found: found.into(),
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
