//! Asking a server: the log of its requests, and trying again: an answer that was cut, a server that is busy. What was refused is not asked twice.

use std::time::Duration;

use pipeline_http::{RequestLog, RetryPolicy};
use pipeline_io::Step;

use crate::Error;

/// Pauses of 250 ms, 1 s and 3 s.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 4,
    first: Duration::from_millis(250),
    factor: 4.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// The log of requests that `-v` asks for.
pub fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}

/// Runs `read` until it succeeds, is refused, or the tries are used up.
pub async fn repeatedly<T>(
    step: &Step,
    read: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    RETRIES
        .retry(read, |error, pause| {
            step.info(format!("{error}; trying again in {} ms", pause.as_millis()));
        })
        .await
}
