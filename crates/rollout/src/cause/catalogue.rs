//! The catalogue: known texts of AWS, container runtimes and programs, with their meaning and remedy.
//! To add a cause, add its entry to the file of its category and a recorded text to a table in
//! tests/recorded. The page docs/causes.md is generated from here.
//!
//! Decided here: which cause a single text names. This is the first cause with a matching pattern,
//! and a pattern matches if the text contains all its parts in order, with any text between them.
//! Counts, IDs and addresses vary, so no part contains one. Special causes precede general ones.
//! Never here: which of several texts is the cause of a failure.

mod capacity;
mod deployment;
mod health;
mod image;
mod logs;
mod program;
mod secrets;
mod start;

use super::known_cause::{KnownCause, Pattern};

/// The categories, in the order in which texts are tried.
pub(super) const CATEGORIES: [(&str, &[KnownCause]); 8] = [
    ("Secrets and parameters", secrets::CAUSES),
    ("Logging", logs::CAUSES),
    ("The image", image::CAUSES),
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

/// The cause that a text of ECS names: a stop reason, a container's reason, an event or a status reason.
pub fn cause_of_text(text: &str) -> Option<&'static KnownCause> {
    let text = plain(text);
    known_causes().find(|cause| cause.texts.iter().any(|pattern| matches(&text, pattern)))
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

/// Lower case, with straight quotes instead of AWS's typographic ones. Limited to 8192 characters, since
/// a log line may be huge.
fn plain(text: &str) -> String {
    text.chars()
        .take(8_192)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}
