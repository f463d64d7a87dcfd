//! AWS added the calls for service deployments and service revisions in 2024. A role may not allow
//! them yet, and an emulator may not implement them. This module is the one definition of "service
//! deployments cannot be read".

use pipeline_aws::{AwsError, AwsErrorKind};

/// Error codes of endpoints that do not implement an operation.
const UNKNOWN_OPERATION: [&str; 3] = [
    "InvalidAction",
    "UnknownOperationException",
    "UnsupportedFeatureException",
];

/// The result of a call that may be unavailable.
#[derive(Debug)]
pub enum Availability<T> {
    /// The response.
    Available(T),
    /// The role does not allow the call, or the endpoint does not implement it.
    Unavailable(Box<AwsError>),
}

impl<T> Availability<T> {
    /// Returns the response, or the error if the call is unavailable.
    ///
    /// # Errors
    /// The endpoint's error, unchanged.
    pub fn into_result(self) -> Result<T, Box<AwsError>> {
        match self {
            Self::Available(answer) => Ok(answer),
            Self::Unavailable(error) => Err(error),
        }
    }
}

/// Whether the error means that the call is denied or not implemented.
pub(crate) fn is_unavailable(error: &AwsError) -> bool {
    error.kind == AwsErrorKind::Denied
        || error.is_unimplemented()
        || UNKNOWN_OPERATION.iter().any(|code| error.is(code))
}
