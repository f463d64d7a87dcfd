//! Access to AWS: credentials, region, endpoint, retries, and readable errors.
//!
//! Decided here: where credentials come from, and how often a call is retried. Only this crate uses
//! `aws_config`. Never here: which calls a verb makes, or how it uses the responses.

mod args;
mod claims;
mod credentials;
mod error;
mod hints;
mod instance;
mod key_check;
mod limits;
mod renewal;
mod request_log;
mod role;
mod session;
mod session_error;
mod sts_retry;
mod token;
mod unparseable;

pub use args::AwsArgs;
pub use error::{AwsError, AwsErrorKind, request_id, with_request_id};
pub use renewal::RenewalError;
pub use session::Session;
pub use session_error::SessionError;
pub use token::OidcError;
pub use unparseable::UnparseableResponse;
