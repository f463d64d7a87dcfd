//! Reads a state from its location: a file, stdin, S3, an HTTP backend or HCP Terraform.
//!
//! Decided here: how each of them is read. What the text means is decided in `tf-state`.

mod access_point;
mod file;
mod hcp;
mod http;
mod location;
mod retry;
mod role;
mod s3;
mod s3_error;
mod sigv4;
mod stream;

use pipeline_aws::AwsArgs;
use pipeline_io::{Secret, Step};
use tf_state::StateDocument;

use crate::Error;

pub use access_point::AccessPoint;
pub use http::StateCredentials;
pub use location::{
    HCP_HOST, HcpLocation, HcpWorkspace, HttpLocation, S3StateLocation, StateLocation,
};
pub use role::StateRole;

/// The location of a state, and what is needed to read it.
#[derive(Debug)]
pub struct StateSource {
    pub location: StateLocation,
    pub credentials: StateCredentials,
    pub aws: AwsArgs,
    /// The role in the backend block, which is assumed with the credentials of the job.
    pub backend_role: Option<StateRole>,
    /// Whether to request sensitive values, which HCP Terraform returns only one by one.
    pub include_sensitive: bool,
}

impl StateSource {
    /// Reads the outputs.
    ///
    /// # Errors
    /// The state cannot be reached or read, or has no valid outputs.
    pub async fn read(&self, step: &Step) -> Result<StateDocument, Error> {
        match &self.location {
            StateLocation::File(path) => {
                let path = path.clone();
                on_a_thread(move || file::read(&path)).await
            }
            StateLocation::Stdin => on_a_thread(file::read_stdin).await,
            StateLocation::S3(location) => {
                s3::read(location, &self.aws, self.backend_role.as_ref(), step).await
            }
            StateLocation::Http(location) => http::read(location, &self.credentials, step).await,
            StateLocation::Hcp(location) => {
                let token: Option<&Secret> = self.credentials.token.as_ref();
                hcp::read(location, token, self.include_sensitive, step).await
            }
        }
    }
}

/// Reads on a thread, because a pipe may block and signals must still be handled.
async fn on_a_thread(
    read: impl FnOnce() -> Result<StateDocument, Error> + Send + 'static,
) -> Result<StateDocument, Error> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| {
            Err(Error::body(
                "the state",
                tf_state::StateError::Read(std::io::Error::other(error)),
            ))
        })
}
