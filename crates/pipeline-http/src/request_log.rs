//! What was asked of whom and what came back: one line per request, for a person who debugs.
//!
//! Decided here: what such a line may contain. It has the method, the host and the path, or for
//! AWS the service and the operation; then the status, the time it took and the request id; in
//! detail also some response headers from a fixed list. Never in it: the query of an address (a
//! presigned one is as good as a password), user and password in an address, request headers,
//! bodies. Who shows the lines, and whether, is not decided here.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use reqwest::{RequestBuilder, Response, Url};

/// Headers with which servers name a request, for their support: AWS, S3, GitHub and GitLab.
const REQUEST_IDS: [(&str, &str); 5] = [
    ("x-amzn-requestid", "AWS request id"),
    ("x-amzn-request-id", "AWS request id"),
    ("x-amz-request-id", "AWS request id"),
    ("x-github-request-id", "GitHub request id"),
    ("x-request-id", "request id"),
];

/// Response headers that are shown in detail. None of them ever contains a secret.
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

/// The longest part of a path that is shown whole, in bytes. Digests and names are shorter; what
/// is longer may be a key in itself, as in HCP Terraform's addresses of states.
const PART_LIMIT: usize = 100;

/// Where the lines about requests go, if anywhere. Cheap to clone.
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
    /// A log that shows nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// A log that shows nothing at verbosity 0, a line per request from 1, and details from 2.
    /// `write` gets each line; it must make the line harmless for whoever reads it, since a server
    /// wrote parts of it.
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

    /// Sends a request of reqwest's and shows it.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        if !self.is_on() {
            return request.send().await;
        }
        let (client, request) = request.build_split();
        let request = request?;
        let url = request.url().clone();
        let exchange = self.begin(request.method().as_str(), || address(&url));
        match client.execute(request).await {
            Ok(answer) => {
                let exchange = exchange.redirected(&url, answer.url());
                exchange.answered(answer.status().as_u16(), None, |name| {
                    answer.headers().get(name).and_then(|v| v.to_str().ok())
                });
                Ok(answer)
            }
            Err(error) => {
                exchange.failed(&error);
                Err(error)
            }
        }
    }

    /// Begins the line about a request that another client sends. `what` says what is asked, e.g.
    /// `ecs DescribeServices` or what [`address`] returns.
    pub fn begin(&self, method: &str, what: impl FnOnce() -> String) -> Exchange {
        let open = |sink: &Arc<Sink>| Open {
            sink: Arc::clone(sink),
            asked: format!("{method} {}", what()),
            began: Instant::now(),
        };
        Exchange(self.0.as_ref().map(open))
    }
}

/// A request on its way. Dropped before an answer, it is shown as given up.
pub struct Exchange(Option<Open>);

struct Open {
    sink: Arc<Sink>,
    asked: String,
    began: Instant,
}

impl Exchange {
    /// An answer came. `code` is the error code in it, if it is known.
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
        line.push_str(&format!(" in {} ms", open.began.elapsed().as_millis()));
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

    /// No answer came.
    pub fn failed(mut self, error: &(dyn Error + 'static)) {
        let Some(open) = self.0.take() else { return };
        let after = open.began.elapsed().as_millis();
        open.write(&format!(
            "no answer after {after} ms ({})",
            innermost(error)
        ));
    }

    fn redirected(mut self, from: &Url, to: &Url) -> Self {
        if let Some(open) = self.0.as_mut().filter(|_| from != to) {
            open.asked
                .push_str(&format!(", redirected to {}", address(to)));
        }
        self
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let after = open.began.elapsed().as_millis();
            open.write(&format!("given up after {after} ms"));
        }
    }
}

impl Open {
    fn write(&self, ended: &str) {
        (self.sink.write)(&format!("{}: {ended}", self.asked));
    }
}

/// The host and path of an address: all of it that may be shown.
pub fn address(url: &Url) -> String {
    let mut shown = url.host_str().unwrap_or_default().to_owned();
    if let Some(port) = url.port() {
        shown.push_str(&format!(":{port}"));
    }
    for part in url.path_segments().into_iter().flatten() {
        shown.push('/');
        // An address is ASCII once it is parsed; the rest of a long part is what could be secret.
        match part.get(..8).filter(|_| part.len() > PART_LIMIT) {
            Some(start) => shown.push_str(&format!("{start}…")),
            None => shown.push_str(part),
        }
    }
    shown
}

/// What went wrong at the bottom: the layers above it say only that something did, and reqwest's
/// own names the address with its query.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if deepest.is::<reqwest::Error>() {
        return "no reason is known".to_owned();
    }
    deepest.to_string()
}

#[cfg(test)]
#[path = "request_log_tests.rs"]
mod tests;
