//! Errors of reading from ECS.

use pipeline_aws::AwsError;

/// A read without a usable response.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Aws(Box<AwsError>),
    /// A member of the response has another type than in AWS's model.
    #[error("ecs {operation}: the response does not have the documented form")]
    Answer {
        operation: &'static str,
        source: serde_json::Error,
    },
    /// ECS returned a failure instead of the description.
    #[error("ECS cannot describe {what}: {reason}")]
    Failure { what: String, reason: String },
}

impl From<AwsError> for ReadError {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}
