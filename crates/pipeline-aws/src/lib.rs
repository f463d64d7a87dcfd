//! How a step reaches AWS: credentials, region, endpoint, retries, and AWS's errors in our words.
//!
//! Decided here: where credentials come from and how long one tries. `aws_config` is named in no
//! other crate. Never here: which calls a verb makes, or what it makes of the answers.

mod args;
mod claims;
mod credentials;
mod error;
mod limits;
mod request_log;
mod role;
mod session;
mod session_error;
mod token;

pub use args::AwsArgs;
pub use error::{AwsError, AwsErrorKind, request_id, with_request_id};
pub use session::Session;
pub use session_error::SessionError;
pub use token::OidcError;
