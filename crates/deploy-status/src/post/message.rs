//! The contents of a post, and the resulting comment.

use crate::report::DeploymentState;

/// The contents of a comment, a status and a deployment.
#[derive(Debug)]
pub struct PostContent<'a> {
    pub markdown: &'a str,
    pub state: DeploymentState,
    /// One line for a status.
    pub summary: &'a str,
    pub run_url: Option<&'a str>,
}

/// The URL of a comment, and whether it is new.
#[derive(Debug)]
pub(super) struct PostedComment {
    pub(super) url: Option<String>,
    pub(super) is_new: bool,
}

/// Shortens the summary to one line of at most `limit` characters, for the description of a status.
pub(super) fn description(summary: &str, limit: usize) -> String {
    let line = pipeline_io::plain_line(&crate::redact::redact(summary));
    match line.char_indices().nth(limit) {
        None => line,
        Some(_) => line.chars().take(limit - 1).chain(['…']).collect(),
    }
}
