//! The catalogue: known texts of AWS, container runtimes and programs, with their meaning and remedy.
//! To add a cause, add its entry to the file of its category and a recorded text to a table in
//! tests/recorded. The page docs/causes.md is generated from here.
//!
//! Decided here: which cause a single text names. This is the first cause with a matching pattern; a
//! pattern matches if the text contains all its parts in order, with any text between them. If no
//! pattern matches, the text is split into the failed operation and its problem, and these decide: so
//! most causes need no pattern. Counts, IDs and addresses vary, so no pattern contains one.
//! Never here: which of several texts is the cause of a failure.

mod capacity;
mod deployment;
mod health;
mod image;
mod logs;
mod program;
mod secrets;
mod start;
mod volumes;

use super::known_cause::{Failure, KnownCause, Pattern};
use super::plain::plain;
use super::reason::{Operation, Problem, Reason};

/// The categories, in the order in which texts are tried.
pub(super) const CATEGORIES: [(&str, &[KnownCause]); 9] = [
    ("Secrets, parameters and environment files", secrets::CAUSES),
    ("Logging", logs::CAUSES),
    ("The image", image::CAUSES),
    ("Volumes", volumes::CAUSES),
    ("Starting the container", start::CAUSES),
    ("The program", program::CAUSES),
    ("Health checks", health::CAUSES),
    ("Capacity, network and infrastructure", capacity::CAUSES),
    ("The deployment itself", deployment::CAUSES),
];

/// All known causes, special before general.
pub fn known_causes() -> impl Iterator<Item = &'static KnownCause> {
    CATEGORIES.iter().flat_map(|(_, causes)| *causes)
}

/// The cause that a text of ECS names: a stop reason, a container's reason, an event or a status
/// reason. Recognized words precede the text's operation and problem.
pub fn cause_of_text(text: &str) -> Option<&'static KnownCause> {
    let words = plain(text);
    let by_words =
        known_causes().find(|cause| cause.texts.iter().any(|pattern| matches(&words, pattern)));
    by_words.or_else(|| cause_of_reason(&Reason::parse(text)?))
}

/// The cause of a failed operation: for its problem, or else for all problems of the operation; of the
/// operation itself, or else of the one of which it is a special case.
fn cause_of_reason(reason: &Reason) -> Option<&'static KnownCause> {
    let with = |operation: Operation, problem: Problem| {
        known_causes().find(|cause| {
            let is_it = |(op, problems): &Failure| *op == operation && problems.contains(&problem);
            cause.failures.iter().any(is_it)
        })
    };
    let operations = || std::iter::successors(Some(reason.operation), |op| op.general());
    operations()
        .find_map(|operation| with(operation, reason.problem))
        .or_else(|| operations().find_map(|operation| with(operation, Problem::Other)))
}

/// The cause with this identifier.
pub(super) fn cause_of_id(id: &str) -> Option<&'static KnownCause> {
    known_causes().find(|cause| cause.id == id)
}

/// The cause that a line of a container's log names.
pub fn cause_of_log_line(line: &str) -> Option<&'static KnownCause> {
    let line = plain(line);
    known_causes().find(|cause| {
        cause
            .log_lines
            .iter()
            .any(|pattern| matches(&line, pattern))
    })
}

/// The cause that follows from an essential container's exit code alone.
pub fn cause_of_exit_code(code: i64) -> &'static KnownCause {
    let cause = known_causes().find(|cause| cause.exit_codes.contains(&code));
    cause.unwrap_or(&program::CRASHED)
}

fn matches(text: &str, pattern: Pattern) -> bool {
    let mut rest = text;
    pattern.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
