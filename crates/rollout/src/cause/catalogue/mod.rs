//! The catalogue: known texts of AWS, of container runtimes and of programs, what they mean, and
//! what to do. Facts in tests/recorded; the page docs/causes.md is written from this table.
//!
//! A text belongs to the first class of which one pattern fits: all its parts are in the text, in
//! this order, whatever lies between them. Counts, ids and addresses change from text to text, so
//! no part contains one. Special classes stand before general ones.

mod capacity;
mod deployment;
mod health;
mod image;
mod logs;
mod program;
mod secrets;
mod start;

use std::fmt::Write;

/// Parts that have to be in a text, in this order. Lower case, straight apostrophes.
pub type Pattern = &'static [&'static str];

/// A known kind of cause.
#[derive(Debug)]
pub struct Class {
    /// Its name in results, and on the page.
    pub id: &'static str,
    /// Texts of ECS: `stoppedReason`, `containers[].reason`, events, `statusReason`.
    pub texts: &'static [Pattern],
    /// Lines of a container's log.
    pub log_lines: &'static [Pattern],
    /// What it means: the predicate of a sentence, lower case, without a full stop.
    pub meaning: &'static str,
    /// What to do: one or two sentences.
    pub remedy: &'static str,
}

/// The families, in the order in which texts are tried.
pub const FAMILIES: [(&str, &[Class]); 8] = [
    ("Secrets and parameters", secrets::CLASSES),
    ("Logging", logs::CLASSES),
    ("The image", image::CLASSES),
    ("Starting the container", start::CLASSES),
    ("The program", program::CLASSES),
    ("Health checks", health::CLASSES),
    ("Capacity, network and infrastructure", capacity::CLASSES),
    ("The deployment itself", deployment::CLASSES),
];

/// All classes, special before general.
pub fn classes() -> impl Iterator<Item = &'static Class> {
    FAMILIES.iter().flat_map(|(_, classes)| *classes)
}

/// The class of this name.
pub fn class(id: &str) -> Option<&'static Class> {
    classes().find(|class| class.id == id)
}

/// The class of a text that ECS wrote.
pub fn class_of_text(text: &str) -> Option<&'static Class> {
    let text = plain(text);
    classes().find(|class| class.texts.iter().any(|pattern| fits(&text, pattern)))
}

/// The class of a line that a container wrote.
pub fn class_of_log_line(line: &str) -> Option<&'static Class> {
    let line = plain(line);
    classes().find(|class| class.log_lines.iter().any(|pattern| fits(&line, pattern)))
}

fn fits(text: &str, pattern: Pattern) -> bool {
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

/// The catalogue as a page of Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Causes that wait-healthy knows\n\n\
         When tasks stop, wait-healthy reads why: the stop code and reason of each task, its \
         containers' exit codes and reasons, their last log lines, what the load balancer says of \
         its targets, and the service's events. Where a text is one of these, the verdict carries \
         the cause's name (`cause.class` in the result, the `cause` output), one sentence, and \
         what to do. A text that is not among them is shown as AWS wrote it.\n\n\
         This page is written from the table in `crates/rollout/src/cause/catalogue`, and a test \
         holds the two together. \"…\" stands for whatever lies between.\n",
    );
    for (family, classes) in FAMILIES {
        let _ = write!(page, "\n## {family}\n");
        for class in classes {
            let _ = write!(
                page,
                "\n### `{}`\n\n{}. {}\n",
                class.id,
                sentence(class.meaning),
                class.remedy
            );
            let shown = |patterns: &[Pattern]| {
                let quoted: Vec<String> = patterns
                    .iter()
                    .map(|p| format!("`{}`", p.join(" … ")))
                    .collect();
                quoted.join(", ")
            };
            if !class.texts.is_empty() {
                let _ = write!(page, "\nRead from: {}.\n", shown(class.texts));
            }
            if !class.log_lines.is_empty() {
                let _ = write!(page, "\nRead from the log: {}.\n", shown(class.log_lines));
            }
        }
    }
    page
}

/// A fragment with its first letter made large.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + chars.as_str(),
        None => String::new(),
    }
}
