//! Credentials that could not be renewed in the middle of a step.
//!
//! Decided here: how the SDK's error is recognized as one. Never here: how credentials are renewed.

use pipeline_io::{Exit, Failure};

/// Why a role could not be assumed again.
#[derive(Debug, thiserror::Error)]
#[error("cannot renew the credentials")]
pub struct RenewalError {
    /// Whether a server did not respond, or only with errors that pass. Then access was not denied.
    pub is_outage: bool,
    /// What to do next.
    pub hint: Option<String>,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl RenewalError {
    pub(crate) fn new(failure: impl Failure) -> Self {
        Self {
            is_outage: failure.exit() == Exit::Unreachable,
            hint: failure.hint(),
            source: failure.into(),
        }
    }

    /// Returns this error if it is among the causes of `error`.
    pub fn find<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        let mut causes = std::iter::successors(Some(error), |cause| cause.source());
        causes.find_map(|cause| cause.downcast_ref())
    }
}
