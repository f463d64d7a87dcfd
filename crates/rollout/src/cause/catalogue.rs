//! The catalogue: known texts of AWS, of container runtimes and of programs, what they mean, and
//! what to do. To add one, write its entry into the file of its category, and a real text of it
//! into a table of tests/recorded; the page docs/causes.md is written from here.
//!
//! A text belongs to the first cause of which one pattern matches: all its parts are in the text,
//! in this order, whatever lies between them. Counts, ids and addresses change from text to text,
//! so no part contains one. Special causes stand before general ones.

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

/// The cause that a text of ECS names.
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

/// The cause that an essential container's exit code alone points to.
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

/// Lower case; AWS's typographic quotes made straight. A megabyte of log line is not a sentence.
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
