//! The contents of a post, and the resulting comment.

use crate::redact::redact;
use crate::report::DeploymentState;
use crate::shorten::shorten;

/// The contents of a comment, a status and a deployment.
#[derive(Debug)]
pub struct PostContent<'a> {
    pub markdown: &'a str,
    pub state: DeploymentState,
    /// One line for a status.
    pub summary: &'a str,
    pub run_url: Option<&'a str>,
    /// The URL of the deployed service.
    pub environment_url: Option<&'a str>,
}

/// The URL of a comment, and whether it is new.
#[derive(Debug)]
pub(super) struct PostedComment {
    pub(super) url: Option<String>,
    pub(super) is_new: bool,
}

/// Shortens the summary to one line of at most `limit` characters, for the description of a status.
pub(super) fn description(summary: &str, limit: usize) -> String {
    shorten(&pipeline_io::plain_line(&redact(summary)), limit)
}
