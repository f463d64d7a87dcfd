//! Responses that end early or are damaged although their status reports success.
//!
//! Decided here: that such a response is worth another attempt. Never here: how often a call is
//! retried, or whether it may be repeated.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Makes the SDK repeat a call whose successful response it cannot read. For clients whose calls have
/// the same effect once and twice.
#[derive(Debug)]
pub struct UnparseableResponse;

impl ClassifyRetry for UnparseableResponse {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let response = context.response();
        let is_success = response.is_some_and(|response| response.status().is_success());
        let has_failed = context
            .output_or_error()
            .is_some_and(|result| result.is_err());
        if is_success && has_failed {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "successful response that cannot be read"
    }
}
