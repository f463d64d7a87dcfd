//! Finds the project's prose and the patterns that it must not contain. The test `prose.rs` fails
//! on them, and `cargo xtask prose` counts them.
//!
//! Decided here: what counts as prose, and the patterns. Never here: which files must follow them.

use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::programs::repository;

/// The kind of text, which decides the patterns that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Markdown outside code blocks.
    Docs,
    /// Comments in YAML and Terraform.
    Comment,
    /// Descriptions in YAML and Terraform.
    Description,
    /// Comments in Rust.
    CodeComment,
    /// String literals of Rust code that ships.
    CodeMessage,
}

/// One line of prose.
#[derive(Debug, Clone)]
pub struct Line {
    /// The file, relative to the repository.
    pub file: String,
    /// From 1.
    pub number: usize,
    pub kind: Kind,
    pub text: String,
    pub is_heading: bool,
}

/// A pattern that the style guide rejects.
pub struct Rule {
    pub name: &'static str,
    pub instead: &'static str,
    pattern: Regex,
    kinds: &'static [Kind],
    only_headings: bool,
}

impl Rule {
    /// Whether the line breaks the rule.
    pub fn rejects(&self, line: &Line) -> bool {
        self.kinds.contains(&line.kind)
            && (line.is_heading || !self.only_headings)
            && self.pattern.is_match(&line.text)
    }
}

const EVERYWHERE: &[Kind] = &[
    Kind::Docs,
    Kind::Comment,
    Kind::Description,
    Kind::CodeComment,
    Kind::CodeMessage,
];

/// All rules.
///
/// # Panics
/// If a pattern is not a valid regular expression. A test would fail, too.
#[expect(clippy::unwrap_used, reason = "the patterns are constants")]
pub fn rules() -> Vec<Rule> {
    let rule = |name, pattern: &str, instead, kinds, only_headings| Rule {
        name,
        instead,
        pattern: Regex::new(pattern).unwrap(),
        kinds,
        only_headings,
    };
    vec![
        rule(
            "as-for-example",
            r#", as (`|"|\$|[0-9]|--)"#,
            "write `e.g.` or `for example`",
            EVERYWHERE,
            false,
        ),
        rule(
            "is-no",
            r"(?:^|[^eE] )\b(is|are|was|were) no (?:[a-km-z]|l[a-np-z])[a-z-]*\b",
            "write `is not a …`",
            EVERYWHERE,
            false,
        ),
        rule(
            "one-a-line",
            r"\b(one|entry|entries|each) a line\b",
            "write `one per line`",
            EVERYWHERE,
            false,
        ),
        rule(
            "where-for-if",
            r"(?:^|[.;:(] ?)Where (?:it|there|a|an|the|that|this|nothing|nobody|none|one|no) |\bwhere (?:there (?:is|are) (?:none|one|no)\b|it (?:is|has|was) (?:not|none|no)\b|none\b|nobody\b|nothing\b)",
            "write `if`",
            EVERYWHERE,
            false,
        ),
        rule(
            "tell",
            r"(?i)\b(tells?|told|telling)\b",
            "write `show`, `report`, `print` or `contain`",
            EVERYWHERE,
            false,
        ),
        rule(
            "stand",
            r"\bstands? (?:for|in|on|at|beside|below|above|there|here)\b",
            "write `is`, `is in` or `means`",
            EVERYWHERE,
            false,
        ),
        rule(
            "old-heading",
            r"(?i)^#+ (?:from where|to where|which|as what|how early|what it tells.*|stepping in|what is told|texts that are ours|worth knowing)$",
            "use a heading that people search for, e.g. Inputs, Options, Notes",
            &[Kind::Docs],
            true,
        ),
        rule(
            "rust-words",
            r"invalid digit found in string|called `Option|cannot parse integer",
            "say what the value should be",
            &[Kind::CodeMessage],
            false,
        ),
    ]
}

/// The habits that the style guide names. `cargo xtask prose` prints their rates.
pub fn habits() -> Vec<(&'static str, Regex)> {
    #[expect(clippy::unwrap_used, reason = "the patterns are constants")]
    let habit = |name, pattern: &str| (name, Regex::new(pattern).unwrap());
    vec![
        habit("tell/told", r"(?i)\b(tells?|told|telling)\b"),
        habit("say/said", r"(?i)\b(says?|said|saying)\b"),
        habit("stand(s)", r"(?i)\bstands?\b"),
        habit("where", r"(?i)\bwhere\b"),
        habit(", as X", r#", as (`|"|\$|[0-9]|--)"#),
        habit(
            "e.g./such as/for example",
            r"(?i)\be\.g\.|\bsuch as\b|\bfor example\b",
        ),
        habit("nobody/someone", r"(?i)\b(nobody|someone)\b"),
        habit("you/your", r"(?i)\b(you|your|yours)\b"),
    ]
}

/// Every line of prose in the files that git knows.
///
/// # Errors
/// If git or a file cannot be read.
pub fn lines() -> std::io::Result<Vec<Line>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(repository())
        .output()?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut found = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let path: PathBuf = repository().join(name);
        let Some(reader) = reader(name) else { continue };
        if path.is_file() {
            let text = std::fs::read_to_string(&path)?;
            reader(name, &text, &mut found);
        }
    }
    Ok(found)
}

type Reader = fn(&str, &str, &mut Vec<Line>);

/// The function that finds a file's prose; `None` for files that contain none of ours.
fn reader(name: &str) -> Option<Reader> {
    let is_data =
        name.contains("/recorded/") || name.starts_with("LICENSE") || name.contains("/mocks/");
    // This file and the list of exceptions quote what they reject.
    let is_this = name.ends_with("prose.rs") || name.ends_with("prose-allowed.txt");
    if is_data || is_this {
        return None;
    }
    match Path::new(name).extension()?.to_str()? {
        "md" => Some(markdown),
        "rs" => Some(rust),
        "yml" | "yaml" | "tf" | "hcl" => Some(hashed),
        _ => None,
    }
}

fn markdown(file: &str, text: &str, found: &mut Vec<Line>) {
    let mut is_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        if !is_code && !line.trim().is_empty() {
            found.push(Line {
                file: file.to_owned(),
                number: at + 1,
                kind: Kind::Docs,
                text: line.to_owned(),
                is_heading: line.starts_with('#'),
            });
        }
    }
}

/// Comments from `//` on, and string literals with a space in them. Tests' own strings are data.
fn rust(file: &str, text: &str, found: &mut Vec<Line>) {
    let ships = file.starts_with("crates/") && file.contains("/src/") && !file.contains("/fakes/");
    let mut is_test = file.ends_with("_tests.rs") || file.ends_with("/tests.rs");
    for (at, line) in text.lines().enumerate() {
        is_test |= line.contains("#[cfg(test)]");
        let push = |kind, text: &str, found: &mut Vec<Line>| {
            found.push(Line {
                file: file.to_owned(),
                number: at + 1,
                kind,
                text: text.trim().to_owned(),
                is_heading: false,
            });
        };
        let trimmed = line.trim_start();
        if let Some(comment) = trimmed.strip_prefix("//") {
            let comment = comment.trim_start_matches(['/', '!']);
            // clap turns some doc comments into help, so the rules for messages apply as well.
            push(Kind::CodeComment, comment, found);
            continue;
        }
        if ships && !is_test && trimmed.contains('"') {
            for literal in literals(trimmed).filter(|l| l.contains(' ')) {
                push(Kind::CodeMessage, literal, found);
            }
        }
    }
}

/// The string literals that begin and end on the line. Prose does not need a complete parser.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// Comments from `#` on, and descriptions.
fn hashed(file: &str, text: &str, found: &mut Vec<Line>) {
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let (kind, text) = if let Some(comment) = trimmed.strip_prefix('#') {
            (Kind::Comment, comment)
        } else if trimmed.starts_with("description") || trimmed.starts_with("error_message") {
            (Kind::Description, trimmed)
        } else {
            continue;
        };
        found.push(Line {
            file: file.to_owned(),
            number: at + 1,
            kind,
            text: text.trim().to_owned(),
            is_heading: false,
        });
    }
}
