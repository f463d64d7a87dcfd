//! `--probe`: an address that has to answer, asked by us and not by the load balancer.
//!
//! A token goes to that address only: no redirect is followed, and it is not sent in the clear.

use std::convert::Infallible;
use std::time::Duration;

use pipeline_http::{RequestLog, poll};
use pipeline_io::Secret;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::error::Error;

/// How long an address may answer otherwise before that is the verdict: routes and names that
/// were changed a moment ago need some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// How long one answer may take.
const ONE_TRY: Duration = Duration::from_secs(10);

/// The address, and the answer that it has to give.
#[derive(Debug)]
pub struct Probe {
    address: Url,
    status: u16,
    pub token: Option<Secret>,
}

/// A probe that was answered as it had to be.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeResult {
    /// Without its query, which may hold anything.
    pub url: String,
    pub status: u16,
    pub tries: u32,
}

impl Probe {
    /// Checks the address.
    pub fn new(address: &str, status: u16, token: Option<Secret>) -> Result<Self, Error> {
        let refused = |why| Error::Probe { why };
        let url = Url::parse(address.trim()).map_err(|_| refused("is no address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("is neither an http:// nor an https:// address"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("has a password in it, which every log would show"));
        }
        let host = url.host_str().unwrap_or_default();
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if token.is_some() && url.scheme() == "http" && !is_here {
            return Err(refused(
                "is http://, and the token would be read on the way",
            ));
        }
        Ok(Self {
            address: url,
            status,
            token,
        })
    }

    /// The address as it may be shown.
    pub fn shown(&self) -> String {
        let mut shown = self.address.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        shown.to_string()
    }

    /// What it is asked with. Made before the wait, so that unreadable certificate roots are told
    /// at once.
    pub fn client() -> Result<Client, Error> {
        let client = pipeline_http::builder()?.redirect(Policy::none()).build();
        client.map_err(|source| Error::ProbeClient { source })
    }

    /// Asks until the answer is right; after a minute of others, or when `left` is over, says what
    /// came instead. Each new answer is told, as "answered 503".
    pub async fn holds(
        &self,
        client: &Client,
        requests: &RequestLog,
        left: Duration,
        mut told: impl FnMut(&str),
    ) -> Result<ProbeResult, String> {
        let begun = Instant::now();
        let mut last = String::new();
        let mut tries = 0;
        let found = poll(
            std::iter::repeat(PAUSE),
            begun + PATIENCE.min(left),
            async || {
                tries += 1;
                let instead = match timeout(ONE_TRY, self.ask(client, requests)).await {
                    Ok(Ok(status)) if status == self.status => {
                        return Ok::<_, Infallible>(Some(status));
                    }
                    Ok(Ok(status)) => format!("answered {status}"),
                    Ok(Err(error)) => format!("gave no answer ({})", innermost(&error)),
                    Err(_) => format!("gave no answer in {} s", ONE_TRY.as_secs()),
                };
                if instead != last {
                    told(&instead);
                    last = instead;
                }
                Ok(None)
            },
        );
        let Ok(found) = found.await;
        if let Some(status) = found {
            return Ok(ProbeResult {
                url: self.shown(),
                status,
                tries,
            });
        }
        Err(format!(
            "{} {last} for {} s, where {} was to come",
            self.shown(),
            begun.elapsed().as_secs().max(1),
            self.status
        ))
    }

    async fn ask(&self, client: &Client, requests: &RequestLog) -> Result<u16, reqwest::Error> {
        let mut request = client.get(self.address.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        Ok(requests.send(request).await?.status().as_u16())
    }
}

/// What really went wrong: the upper layers only say that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::Probe;
    use pipeline_io::Secret;

    #[test]
    fn an_address_that_gives_a_secret_away_is_refused() {
        let token = || Some(Secret::new("t"));
        for (address, token, words) in [
            ("web.example.com", None, "no address"),
            ("ftp://web.example.com/", None, "neither"),
            ("https://me:secret@web.example.com/", None, "password"),
            ("http://web.example.com/", token(), "on the way"),
        ] {
            let error = Probe::new(address, 200, token).expect_err(address);
            assert!(error.to_string().contains(words), "{address}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for address in [
            "https://web.example.com/health?key=1",
            "http://127.0.0.1:1/",
        ] {
            let probe = Probe::new(address, 200, token()).expect(address);
            assert!(!probe.shown().contains("key"), "{}", probe.shown());
        }
    }
}
