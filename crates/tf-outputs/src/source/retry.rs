//! Retries requests after an incomplete response or if a server is busy, and logs them. A rejected
//! request is not repeated.

use std::time::Duration;

use pipeline_http::{RequestLog, RetryPolicy};
use pipeline_io::Step;

use crate::Error;

/// Four attempts, with pauses of 250 ms, 1 s and 3 s.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 4,
    first: Duration::from_millis(250),
    factor: 4.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// The log of requests that `-v` shows.
pub fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}

/// Runs `read` until it succeeds, fails permanently, or has no attempts left.
pub async fn with_retries<T>(
    step: &Step,
    read: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    RETRIES
        .retry(read, |error, pause| {
            step.info(format!("{error}; retrying in {} ms", pause.as_millis()));
        })
        .await
}
