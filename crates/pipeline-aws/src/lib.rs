//! How a step reaches AWS: credentials, region, endpoint, retries, and AWS's errors in our words.
//!
//! Decided here: where credentials come from and how long one tries. `aws_config` is named in no
//! other crate. Never here: which calls a verb makes, or what it makes of the answers.

mod args;
mod claims;
mod credentials;
mod error;
mod role;
mod session;
mod token;

pub use args::AwsArgs;
pub use error::{AwsError, Kind, request_id, with_request_id};
pub use session::{Session, SessionError};
pub use token::OidcError;
