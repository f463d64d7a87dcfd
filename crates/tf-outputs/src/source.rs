//! Where a state lies, and reading it from there.

mod address;
mod attempt;
mod file;
mod hcp;
mod http;
mod s3;
mod s3_error;
mod sigv4;
mod stream;

use pipeline_aws::AwsArgs;
use pipeline_io::{Secret, Step};
use tf_state::Document;

use crate::Error;

pub use address::{
    HCP_HOST, HcpLocation, HcpWorkspace, HttpLocation, S3StateLocation, StateLocation,
};
pub use http::Credentials;

/// A state's place, and what is needed to read it from there.
#[derive(Debug)]
pub struct Source {
    pub place: StateLocation,
    pub credentials: Credentials,
    pub aws: AwsArgs,
    /// A role that the configuration's backend block has assumed with the credentials there are.
    pub backend_role: Option<String>,
    /// HCP Terraform gives a sensitive value only when asked for each.
    pub include_sensitive: bool,
}

impl Source {
    /// Reads the outputs.
    pub async fn read(&self, step: &Step) -> Result<Document, Error> {
        match &self.place {
            StateLocation::File(path) => {
                let path = path.clone();
                on_a_thread(move || file::read(&path)).await
            }
            StateLocation::Stdin => on_a_thread(file::read_stdin).await,
            StateLocation::S3(place) => {
                s3::read(place, &self.aws, self.backend_role.as_deref(), step).await
            }
            StateLocation::Http(place) => http::read(place, &self.credentials, step).await,
            StateLocation::Hcp(place) => {
                let token: Option<&Secret> = self.credentials.token.as_ref();
                hcp::read(place, token, self.include_sensitive, step).await
            }
        }
    }
}

/// A pipe may keep its reader waiting; a signal is heard all the same.
async fn on_a_thread(
    read: impl FnOnce() -> Result<Document, Error> + Send + 'static,
) -> Result<Document, Error> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| {
            Err(Error::body(
                "the state",
                tf_state::StateError::Read(std::io::Error::other(error)),
            ))
        })
}
