//! Why something could not be read.

use pipeline_aws::AwsError;

/// A question to ECS that has no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Aws(Box<AwsError>),
    /// A member of the answer has another type than AWS's model says.
    #[error("ecs {operation}: the answer is not as AWS documents it")]
    Answer {
        operation: &'static str,
        source: serde_json::Error,
    },
    /// ECS answered that it cannot describe this, and why.
    #[error("ECS cannot describe {what}: {reason}")]
    Failure { what: String, reason: String },
}

impl From<AwsError> for ReadError {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}
