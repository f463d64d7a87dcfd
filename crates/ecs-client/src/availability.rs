//! Service deployments and service revisions are calls of 2024: a role may not allow them yet, and
//! an emulator may not have them. Here is the one definition of "they cannot be read".

use pipeline_aws::{AwsError, AwsErrorKind};

/// Codes with which an endpoint says that it does not have an operation.
const UNKNOWN_OPERATION: [&str; 3] = [
    "InvalidAction",
    "UnknownOperationException",
    "UnsupportedFeatureException",
];

/// What came of a call that may not be available.
#[derive(Debug)]
pub enum Availability<T> {
    /// The answer.
    Available(T),
    /// The role is not allowed to call it, or the endpoint does not have it.
    Unavailable(Box<AwsError>),
}

impl<T> Availability<T> {
    /// The answer; the error if the call is unavailable.
    ///
    /// # Errors
    /// What the endpoint answered instead.
    pub fn or_error(self) -> Result<T, Box<AwsError>> {
        match self {
            Self::Available(answer) => Ok(answer),
            Self::Unavailable(error) => Err(error),
        }
    }
}

/// Whether the error says that the call is denied, or that the endpoint does not have it.
pub(crate) fn is_unavailable(error: &AwsError) -> bool {
    error.kind == AwsErrorKind::Denied
        || error.is_unimplemented()
        || UNKNOWN_OPERATION.iter().any(|code| error.is(code))
}
