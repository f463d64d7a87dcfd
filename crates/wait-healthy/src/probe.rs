//! `--probe`: a URL that must respond once the deployment has succeeded.
//!
//! A token is sent to this URL only: redirects are not followed, and it is never sent over plain
//! HTTP to another host.

use std::convert::Infallible;
use std::time::Duration;

use pipeline_http::{RequestLog, poll};
use pipeline_io::Secret;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::error::{Error, innermost};

/// How long a URL may respond differently before the deployment counts as failed. Changed routes and
/// names take some seconds to become effective.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// How long one response may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(10);

/// The URL and the status that it must return.
#[derive(Debug)]
pub struct Probe {
    address: Url,
    status: u16,
    pub token: Option<Secret>,
}

/// A successful probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeResult {
    /// Without its query, which may contain secrets.
    pub url: String,
    pub status: u16,
    pub tries: u32,
}

impl Probe {
    /// Checks the URL.
    ///
    /// # Errors
    /// If it is not a URL that a token can be sent to safely.
    pub fn new(address: &str, status: u16, token: Option<Secret>) -> Result<Self, Error> {
        let refused = |why| Error::Probe { why };
        let url = Url::parse(address.trim()).map_err(|_| refused("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("is neither an http:// nor an https:// URL"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("contains a password, which every log would show"));
        }
        let host = url.host_str().unwrap_or_default();
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if token.is_some() && url.scheme() == "http" && !is_here {
            return Err(refused("is http://, so the token could be read in transit"));
        }
        Ok(Self {
            address: url,
            status,
            token,
        })
    }

    /// The URL without its query and fragment, so that it can be shown.
    pub fn display_url(&self) -> String {
        let mut shown = self.address.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        shown.to_string()
    }

    /// The HTTP client. It is created before the wait, so that unreadable certificate roots are
    /// reported at once.
    pub fn client() -> Result<Client, Error> {
        let client = pipeline_http::builder()?.redirect(Policy::none()).build();
        client.map_err(|source| Error::ProbeClient { source })
    }

    /// Requests the URL until it returns the right status. Each new answer is reported to `changed`,
    /// e.g. "answered 503".
    ///
    /// # Errors
    /// What the URL returned instead, after one minute or after the time in `left`.
    pub async fn wait_for_status(
        &self,
        client: &Client,
        requests: &RequestLog,
        left: Duration,
        mut changed: impl FnMut(&str),
    ) -> Result<ProbeResult, String> {
        let begun = Instant::now();
        let mut last = String::new();
        let mut tries = 0;
        let found = poll(
            std::iter::repeat(PAUSE),
            begun + PATIENCE.min(left),
            async || {
                tries += 1;
                let instead = match timeout(TRY_TIMEOUT, self.ask(client, requests)).await {
                    Ok(Ok(status)) if status == self.status => {
                        return Ok::<_, Infallible>(Some(status));
                    }
                    Ok(Ok(status)) => format!("answered {status}"),
                    Ok(Err(error)) => format!("gave no answer ({})", innermost(&error)),
                    Err(_) => format!("gave no answer in {} s", TRY_TIMEOUT.as_secs()),
                };
                if instead != last {
                    changed(&instead);
                    last = instead;
                }
                Ok(None)
            },
        );
        let Ok(found) = found.await;
        if let Some(status) = found {
            return Ok(ProbeResult {
                url: self.display_url(),
                status,
                tries,
            });
        }
        Err(format!(
            "{} {last} for {} s instead of {}",
            self.display_url(),
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

#[cfg(test)]
mod tests {
    use super::Probe;
    use pipeline_io::Secret;

    #[test]
    fn a_url_that_would_reveal_a_secret_is_rejected() {
        let token = || Some(Secret::new("t"));
        for (address, token, words) in [
            ("web.example.com", None, "not a URL"),
            ("ftp://web.example.com/", None, "neither"),
            ("https://me:secret@web.example.com/", None, "password"),
            ("http://web.example.com/", token(), "in transit"),
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
            assert!(
                !probe.display_url().contains("key"),
                "{}",
                probe.display_url()
            );
        }
    }
}
