//! A registry's answers that are not the hoped-for ones: status, code, words, and when to come
//! again.

use std::time::Duration;

use http::{HeaderMap, header};
use reqwest::Response;
use serde::Deserialize;
use tokio::time::timeout;

use super::{Client, SILENCE};
use crate::error::{Error, Refusal};

/// An error's text: more is not read.
const REFUSAL_LIMIT: usize = 64 << 10;

impl Client {
    /// Reads an answer that is not the hoped-for one.
    pub(super) async fn refused(&self, what: &str, answer: Response) -> Error {
        let status = answer.status();
        let retry_after = retry_after(answer.headers());
        let bytes = match timeout(SILENCE, read_some(answer, REFUSAL_LIMIT)).await {
            Ok(Ok(bytes)) => bytes,
            // The status alone tells enough where its text is lost.
            _ => Vec::new(),
        };
        let (code, message) = envelope(&bytes);
        Error::Refused {
            host: self.repository.host(),
            what: what.to_owned(),
            refusal: Refusal {
                status,
                code,
                message,
                retry_after,
            },
        }
    }
}

/// At most `limit` bytes of an answer.
pub(super) async fn read_some(
    mut answer: Response,
    limit: usize,
) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= limit {
            bytes.truncate(limit);
            break;
        }
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct Envelope {
    errors: Vec<EnvelopeError>,
}

#[derive(Deserialize)]
struct EnvelopeError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// The specification's error envelope; its codes stay text, so that an unknown one is not lost.
fn envelope(bytes: &[u8]) -> (Option<String>, String) {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) else {
        let text = String::from_utf8_lossy(bytes);
        let is_page = text.trim_start().starts_with('<');
        let first = text.lines().next().unwrap_or_default();
        return match is_page {
            true => (None, String::new()),
            false => (None, first.chars().take(300).collect()),
        };
    };
    let code = envelope
        .errors
        .first()
        .map(|e| e.code.clone())
        .filter(|code| !code.is_empty());
    let messages: Vec<&str> = envelope.errors.iter().map(|e| e.message.as_str()).collect();
    (code, messages.join("; "))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::envelope;

    #[test]
    fn refusals_are_read_in_whatever_form_they_come() {
        for (body, code, message) in [
            (
                r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such","detail":{"a":1}}]}"#,
                Some("NAME_UNKNOWN"),
                "no such",
            ),
            (
                r#"{"errors":[{"code":"ECR_ODDITY"}]}"#,
                Some("ECR_ODDITY"),
                "",
            ),
            (r#"{"errors":[]}"#, None, ""),
            ("<html><body>Bad gateway</body></html>", None, ""),
            ("denied by a proxy\nmore", None, "denied by a proxy"),
            ("", None, ""),
        ] {
            let found = envelope(body.as_bytes());
            assert_eq!(
                found,
                (code.map(str::to_owned), message.to_owned()),
                "{body}"
            );
        }
    }
}
