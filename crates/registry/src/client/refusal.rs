//! Answers with an error: status, code, message, and when to retry.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use reqwest::Response;
use serde::Deserialize;
use tokio::time::timeout;

use super::{Client, SILENCE};
use crate::error::{Error, Refusal};

/// Bytes of an error message that are read.
const REFUSAL_LIMIT: usize = 64 << 10;

impl Client {
    /// Reads an answer with an unexpected status.
    pub(super) async fn refused(&self, what: &str, answer: Response) -> Error {
        let status = answer.status();
        let retry_after = retry_after(answer.headers());
        let bytes = match timeout(SILENCE, read_some(answer, REFUSAL_LIMIT)).await {
            Ok(Ok(bytes)) => bytes,
            // If the message is lost, the status is enough.
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

/// The error format of the specification. Codes remain text, so that an unknown one is not lost.
fn envelope(bytes: &[u8]) -> (Option<String>, String) {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) else {
        let text = String::from_utf8_lossy(bytes);
        let is_page = text.trim_start().starts_with('<');
        let first = text.lines().next().unwrap_or_default();
        if is_page {
            return (None, String::new());
        }
        return (None, first.chars().take(300).collect());
    };
    let code = envelope
        .errors
        .first()
        .map(|e| e.code.clone())
        .filter(|code| !code.is_empty());
    let messages: Vec<&str> = envelope.errors.iter().map(|e| e.message.as_str()).collect();
    (code, messages.join("; "))
}

/// Reads seconds or a date (RFC 9110 10.2.3). A date is compared with the date of the answer,
/// because our own clock may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let date = |text| httpdate::parse_http_date(text).ok();
    let after = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(header::DATE).and_then(date);
    let now = now.unwrap_or_else(SystemTime::now);
    date(after)?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::{envelope, retry_after};

    #[test]
    fn errors_are_read_in_every_format() {
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

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        const DATE: &str = "Fri, 27 Nov 2026 12:00:00 GMT";
        for (after, date, seconds) in [
            ("7", None, Some(7)),
            (" 7 ", Some(DATE), Some(7)),
            ("Fri, 27 Nov 2026 12:00:30 GMT", Some(DATE), Some(30)),
            ("Friday, 27-Nov-26 12:00:30 GMT", Some(DATE), Some(30)),
            // A date in the past, and values that are not a time.
            ("Fri, 27 Nov 2026 11:00:00 GMT", Some(DATE), None),
            ("Fri, 27 Nov 2015 11:00:00 GMT", None, None),
            ("-1", None, None),
            ("soon", Some(DATE), None),
        ] {
            let mut headers = HeaderMap::new();
            let mut give = |name: HeaderName, value: &'static str| {
                headers.insert(name, HeaderValue::from_static(value));
            };
            give(header::RETRY_AFTER, after);
            if let Some(date) = date {
                give(header::DATE, date);
            }
            let found = retry_after(&headers);
            assert_eq!(found, seconds.map(Duration::from_secs), "{after}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
