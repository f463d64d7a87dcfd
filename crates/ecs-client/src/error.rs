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

/// AWS does not know the cluster in this region. Its own message names neither.
#[derive(Debug, thiserror::Error)]
#[error("cluster {cluster} does not exist in {region}")]
pub struct NoCluster {
    cluster: String,
    region: String,
    source: Box<AwsError>,
}

impl NoCluster {
    /// What the user can do.
    pub const HINT: &'static str = "check --cluster and --region";

    /// Names the cluster and the region.
    ///
    /// # Errors
    /// The given error, if it has another reason.
    pub fn of(source: Box<AwsError>, cluster: &str, region: &str) -> Result<Self, Box<AwsError>> {
        if source.is("ClusterNotFoundException") {
            Ok(Self {
                cluster: cluster.to_owned(),
                region: region.to_owned(),
                source,
            })
        } else {
            Err(source)
        }
    }
}
