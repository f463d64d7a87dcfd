//! What is posted, and what a posted comment comes to.

use crate::report::State;

/// What is posted.
#[derive(Debug)]
pub struct Post<'a> {
    pub markdown: &'a str,
    pub state: State,
    /// One line for a status.
    pub sentence: &'a str,
    pub run_url: Option<&'a str>,
}

/// Where a comment stands, and whether it is a new one.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) url: Option<String>,
    pub(super) is_new: bool,
}

/// One line of at most `limit` characters, for a status's description.
pub(super) fn description(sentence: &str, limit: usize) -> String {
    let line = pipeline_io::plain_line(&crate::redact::redact(sentence));
    match line.char_indices().nth(limit) {
        None => line,
        Some(_) => line.chars().take(limit - 1).chain(['…']).collect(),
    }
}
