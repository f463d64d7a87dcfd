//! How often and how long a call of AWS is tried.

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// How often a call is tried in all: with doubling pauses, about 20 s of throttling.
pub(super) const TRIES: u32 = 6;

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(10))
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(pipeline_http::CONNECT_TIMEOUT)
        .read_timeout(Duration::from_secs(60))
        .build()
}
