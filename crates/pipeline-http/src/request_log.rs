//! The request log: one line per request, for debugging.
//!
//! Decided here: what such a line may contain. It contains the method, the host and the path, or for
//! AWS the service and the operation; then the status, the duration and the request ID; with details
//! also some response headers from a fixed list. It never contains the query of a URL (a presigned
//! query is as good as a password), a user or password, request headers, or bodies. Never here: where
//! the lines are printed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use reqwest::{RequestBuilder, Response, Url};

/// The headers in which servers return the ID of a request: AWS, S3, GitHub and GitLab.
const REQUEST_IDS: [(&str, &str); 5] = [
    ("x-amzn-requestid", "AWS request id"),
    ("x-amzn-request-id", "AWS request id"),
    ("x-amz-request-id", "AWS request id"),
    ("x-github-request-id", "GitHub request id"),
    ("x-request-id", "request id"),
];

/// The response headers that are logged with details. None of them can contain a secret.
const DETAILS: [&str; 9] = [
    "content-type",
    "content-length",
    "docker-content-digest",
    "ratelimit-remaining",
    "retry-after",
    "server",
    "x-amz-bucket-region",
    "x-amz-id-2",
    "x-ratelimit-remaining",
];

/// The longest segment of a path that is logged completely, in bytes. Digests and names are shorter.
/// A longer segment may be a secret, e.g. in the URL of a state in HCP Terraform.
const SEGMENT_LIMIT: usize = 100;

/// Where the lines about requests are written. Cheap to clone.
#[derive(Clone, Default)]
pub struct RequestLog(Option<Arc<Sink>>);

struct Sink {
    is_detailed: bool,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestLog").field(&self.is_on()).finish()
    }
}

impl RequestLog {
    /// A log that writes nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// A log that writes nothing at verbosity 0, one line per request from 1, and details from 2.
    /// `write` receives each line. It must make the line harmless, because a server wrote parts of it.
    pub fn new(verbosity: u8, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let sink = || Sink {
            is_detailed: verbosity > 1,
            write: Box::new(write),
        };
        Self((verbosity > 0).then(sink).map(Arc::new))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn is_detailed(&self) -> bool {
        self.0.as_ref().is_some_and(|sink| sink.is_detailed)
    }

    /// Sends a request of reqwest and logs it.
    ///
    /// # Errors
    /// The errors of reqwest.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        if !self.is_on() {
            return request.send().await;
        }
        let (client, request) = request.build_split();
        let request = request?;
        let url = request.url().clone();
        let exchange = self.begin(request.method().as_str(), || address(&url));
        match client.execute(request).await {
            Ok(response) => {
                let exchange = exchange.redirected(&url, response.url());
                exchange.answered(response.status().as_u16(), None, |name| {
                    response.headers().get(name).and_then(|v| v.to_str().ok())
                });
                Ok(response)
            }
            Err(error) => {
                exchange.failed(&error);
                Err(error)
            }
        }
    }

    /// Begins the line for a request that another client sends. `what` describes the request, e.g.
    /// `ecs DescribeServices` or the result of [`address`].
    pub fn begin(&self, method: &str, what: impl FnOnce() -> String) -> Exchange {
        let open = |sink: &Arc<Sink>| Open {
            sink: Arc::clone(sink),
            request: format!("{method} {}", what()),
            started: Instant::now(),
        };
        Exchange(self.0.as_ref().map(open))
    }
}

/// A request without a response yet. If it is dropped, it is logged as cancelled.
pub struct Exchange(Option<Open>);

struct Open {
    sink: Arc<Sink>,
    request: String,
    started: Instant,
}

impl Exchange {
    /// Logs a response. `code` is the error code in its body, if it is known.
    pub fn answered<'h>(
        mut self,
        status: u16,
        code: Option<&str>,
        header: impl Fn(&'static str) -> Option<&'h str>,
    ) {
        let Some(open) = self.0.take() else { return };
        let mut line = format!("HTTP {status}");
        if let Some(code) = code {
            line.push_str(&format!(" {code}"));
        }
        line.push_str(&format!(" in {} ms", open.started.elapsed().as_millis()));
        let ids = REQUEST_IDS.iter();
        if let Some((label, id)) = ids
            .filter_map(|(name, label)| Some((label, header(name)?)))
            .next()
        {
            line.push_str(&format!(", {label} {id}"));
        }
        if open.sink.is_detailed {
            for name in DETAILS {
                if let Some(value) = header(name) {
                    line.push_str(&format!(", {name}: {value}"));
                }
            }
        }
        open.write(&line);
    }

    /// Logs that there was no response.
    pub fn failed(mut self, error: &(dyn Error + 'static)) {
        let Some(open) = self.0.take() else { return };
        let after = open.started.elapsed().as_millis();
        open.write(&format!(
            "no response after {after} ms ({})",
            innermost(error)
        ));
    }

    fn redirected(mut self, from: &Url, to: &Url) -> Self {
        if let Some(open) = self.0.as_mut().filter(|_| from != to) {
            open.request
                .push_str(&format!(", redirected to {}", address(to)));
        }
        self
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let after = open.started.elapsed().as_millis();
            open.write(&format!("cancelled after {after} ms"));
        }
    }
}

impl Open {
    fn write(&self, outcome: &str) {
        (self.sink.write)(&format!("{}: {outcome}", self.request));
    }
}

/// The host and the path of a URL, which are the parts that may be logged.
pub fn address(url: &Url) -> String {
    let mut shown = url.host_str().unwrap_or_default().to_owned();
    if let Some(port) = url.port() {
        shown.push_str(&format!(":{port}"));
    }
    for segment in url.path_segments().into_iter().flatten() {
        shown.push('/');
        match segment.get(..8).filter(|_| segment.len() > SEGMENT_LIMIT) {
            Some(start) => shown.push_str(&format!("{start}…")),
            None => shown.push_str(segment),
        }
    }
    shown
}

/// The message of the innermost error. The outer errors do not contain the reason, and those of
/// reqwest contain the URL with its query.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if deepest.is::<reqwest::Error>() {
        return "unknown reason".to_owned();
    }
    deepest.to_string()
}

#[cfg(test)]
#[path = "request_log_tests.rs"]
mod tests;
