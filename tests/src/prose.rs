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
    /// Comments and docstrings in Rust, Python and Groovy.
    CodeComment,
    /// String literals in Rust programs.
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

const AS_FOR_EXAMPLE: &str = r#", as (`|"|\$|[0-9]|--)"#;
const WHERE_FOR_IF: &str = r"(?:^|[.;:(] ?)Where (?:it|there|a|an|the|that|this|nothing|nobody|none|one|no) [^.,:]*,|\bwhere (?:there (?:is|are) (?:none|one|no)\b|it (?:is|has|was) (?:not|none|no)\b|none\b|nobody\b|nothing\b)";
const TELL: &str = r"(?i)\b(tells?|told|telling)\b";

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
            AS_FOR_EXAMPLE,
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
            WHERE_FOR_IF,
            "write `if`",
            EVERYWHERE,
            false,
        ),
        rule(
            "tell",
            TELL,
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

/// A habit that the style guide names, and how often it may occur per 10,000 words.
pub struct Habit {
    pub name: &'static str,
    pub pattern: Regex,
    pub docs: Limit,
    pub comments: Limit,
}

/// The limit of a rate per 10,000 words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    None,
    AtMost(f64),
    AtLeast(f64),
}

impl Limit {
    /// Whether the rate is within the limit.
    pub fn allows(self, rate: f64) -> bool {
        match self {
            Self::None => true,
            Self::AtMost(most) => rate <= most,
            Self::AtLeast(least) => rate >= least,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("no limit"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

/// The habits, with the limits for docs and for comments.
pub fn habits() -> Vec<Habit> {
    use Limit::{AtLeast, AtMost};
    #[expect(clippy::unwrap_used, reason = "the patterns are constants")]
    let habit = |name, pattern: &str, docs, comments| Habit {
        name,
        pattern: Regex::new(pattern).unwrap(),
        docs,
        comments,
    };
    let both = |name, pattern: &str, limit| habit(name, pattern, limit, limit);
    vec![
        both("tell/told", TELL, AtMost(1.0)),
        both("stand(s)", r"(?i)\bstands?\b", AtMost(1.0)),
        both(", as X", AS_FOR_EXAMPLE, AtMost(0.0)),
        both("where for if", WHERE_FOR_IF, AtMost(5.0)),
        both("say/said", r"(?i)\b(says?|said|saying)\b", Limit::None),
        both("nobody/someone", r"(?i)\b(nobody|someone)\b", Limit::None),
        habit(
            "you/your",
            r"(?i)\b(you|your|yours)\b",
            AtLeast(30.0),
            Limit::None,
        ),
        habit(
            "e.g./such as/for example",
            r"(?i)\be\.g\.|\bsuch as\b|\bfor example\b",
            AtLeast(3.0),
            Limit::None,
        ),
    ]
}

/// What rates are computed for: each name, and the kinds of text in it.
pub const TEXTS: [(&str, &[Kind]); 2] = [
    ("docs", &[Kind::Docs]),
    ("comments", &[Kind::Comment, Kind::CodeComment]),
];

/// The number of words in lines of these kinds, and the rate of each habit per 10,000 words.
pub fn rates(lines: &[Line], kinds: &[Kind]) -> (usize, Vec<(Habit, f64)>) {
    let of_kind = || lines.iter().filter(|line| kinds.contains(&line.kind));
    let words: usize = of_kind().map(|l| l.text.split_whitespace().count()).sum();
    let rate = |habit: Habit| {
        let found: usize = of_kind()
            .map(|l| habit.pattern.find_iter(&l.text).count())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 words")]
        let rate = found as f64 * 10_000.0 / words.max(1) as f64;
        (habit, rate)
    };
    (words, habits().into_iter().map(rate).collect())
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
        "py" => Some(python),
        "groovy" => Some(rust),
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
    let is_program = file.starts_with("xtask/src/")
        || file.starts_with("crates/") && file.contains("/src/") && !file.contains("/fakes/");
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
        if is_program && !is_test && trimmed.contains('"') {
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

/// Comments in lines of their own, and docstrings.
fn python(file: &str, text: &str, found: &mut Vec<Line>) {
    let mut is_docstring = false;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let quotes = trimmed.matches(r#"""""#).count();
        if is_docstring || trimmed.starts_with('#') || trimmed.starts_with(r#"""""#) {
            found.push(Line {
                file: file.to_owned(),
                number: at + 1,
                kind: Kind::CodeComment,
                text: trimmed.trim_matches(['#', '"', ' ']).to_owned(),
                is_heading: false,
            });
        }
        is_docstring ^= quotes % 2 == 1;
    }
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
