//! Which errors of STS are worth another attempt although STS calls them a rejection.
//!
//! Decided here: that a failure to fetch the keys of an identity provider is transient. Never here: how
//! often a call is retried.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

/// Whether STS could not fetch the keys of the token's issuer. The code is that of a wrong token, and
/// only the message differs.
pub(crate) fn is_missing_verification_key(code: &str, message: &str) -> bool {
    code.starts_with("InvalidIdentityToken") && message.contains("retrieve verification key")
}

/// Makes the SDK retry a call that failed for this reason.
#[derive(Debug)]
pub(crate) struct MissingVerificationKey;

impl ClassifyRetry for MissingVerificationKey {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let error = error.and_then(|error| error.as_operation_error());
        let error = error.and_then(|e| e.downcast_ref::<AssumeRoleWithWebIdentityError>());
        let is_transient = error.is_some_and(|error| {
            let (code, message) = (error.code(), error.message());
            is_missing_verification_key(code.unwrap_or_default(), message.unwrap_or_default())
        });
        if is_transient {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "verification key of the identity provider"
    }
}
