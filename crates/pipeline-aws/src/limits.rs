//! The retries and the timeouts of an AWS call.

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// The number of attempts of a call. With doubling pauses they last for about 20 s of throttling.
pub(super) const ATTEMPTS: u32 = 6;

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(10))
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(pipeline_http::CONNECT_TIMEOUT)
        .read_timeout(Duration::from_secs(60))
        .build()
}
