//! Differences as lines: for a terminal, for a result, for Markdown.

use serde_json::Value;

use super::{Change, Diff, Step, What, image};

/// The longest value that is said whole, in characters.
const MAX_VALUE: usize = 160;

/// How lines begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub added: &'static str,
    pub removed: &'static str,
    pub changed: &'static str,
    /// What ends a line.
    pub end: &'static str,
}

impl Marks {
    /// `+`, `-`, `!`: what a `diff` block in Markdown understands.
    pub const PLAIN: Self = Self {
        added: "+ ",
        removed: "- ",
        changed: "! ",
        end: "",
    };
    /// Green, red, yellow.
    pub const COLORED: Self = Self {
        added: "\u{1b}[32m+ ",
        removed: "\u{1b}[31m- ",
        changed: "\u{1b}[33m~ ",
        end: "\u{1b}[0m",
    };
}

impl Diff {
    /// One line a change. No value has a control character in it, so that the only escapes are
    /// those of the marks.
    pub fn lines(&self, marks: &Marks) -> Vec<String> {
        self.changes
            .iter()
            .map(|change| {
                let mark = match change.what {
                    What::Added(_) | What::AddedHidden => marks.added,
                    What::Removed(_) | What::RemovedHidden => marks.removed,
                    What::Changed(..) | What::ChangedHidden => marks.changed,
                };
                format!("{mark}{}{}", line(change), marks.end)
            })
            .collect()
    }

    /// The lines as a block of Markdown that nothing in them can end.
    pub fn markdown(&self) -> String {
        let text = self.lines(&Marks::PLAIN).join("\n");
        let longest = text
            .split(|c| c != '`')
            .map(str::len)
            .max()
            .unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        format!("{fence}diff\n{text}\n{fence}\n")
    }
}

fn line(change: &Change) -> String {
    let name = name(&change.path);
    let is_image = matches!(change.path.last(), Some(Step::Member(m)) if m == "image");
    let words = match &change.what {
        What::AddedHidden | What::RemovedHidden => return name,
        What::ChangedHidden => "changed (value not shown)".to_owned(),
        What::Changed(Value::String(before), Value::String(after)) if is_image => {
            plain(&image::change(before, after))
        }
        What::Changed(before, after) => format!("{} → {}", said(before), said(after)),
        What::Added(value) | What::Removed(value) => said(value),
    };
    format!("{name}: {words}")
}

/// The path as a person says it: `app variable LOG_LEVEL`.
fn name(path: &[Step]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut steps = path.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Member(list) => match steps.peek() {
                Some(Step::Named(name)) => {
                    let kind = match list.as_str() {
                        "containerDefinitions" => "container",
                        "environment" => "variable",
                        "secrets" => "secret",
                        "secretOptions" => "log secret",
                        "volumes" => "volume",
                        "tags" => "tag",
                        "mountPoints" => "mount",
                        "dependsOn" => "dependency on",
                        "ulimits" => "ulimit",
                        other => other,
                    };
                    words.push(format!("{kind} {}", plain(name)));
                    steps.next();
                }
                Some(Step::Element) => {
                    words.push(plain(list));
                    steps.next();
                }
                Some(Step::Member(name)) if list == "dockerLabels" => {
                    words.push(format!("label {}", plain(name)));
                    steps.next();
                }
                Some(Step::Member(name)) if list == "options" => {
                    words.push(format!("option {}", plain(name)));
                    steps.next();
                }
                _ => words.push(plain(list)),
            },
            // A value has one of these after a member only.
            Step::Named(name) => words.push(plain(name)),
            Step::Element => {}
        }
    }
    // The member that holds a variable or secret goes without saying.
    if words.len() > 1
        && matches!(path.last(), Some(Step::Member(m)) if m == "value" || m == "valueFrom")
    {
        words.pop();
    }
    words.join(" ")
}

/// A value on one line: text as it is, a container by its image, all else as JSON.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Object(members) if members.contains_key("name") && members.contains_key("image") => {
            format!("image {}", said(&members["image"]))
        }
        Value::Object(members) => {
            let secret = members.get("valueFrom").or(members.get("value"));
            match secret {
                Some(Value::String(text)) if members.len() == 2 => plain(text),
                _ => plain(&value.to_string()),
            }
        }
        other => plain(&other.to_string()),
    }
}

fn plain(text: &str) -> String {
    let mut plain: String = text
        .chars()
        .take(MAX_VALUE)
        .flat_map(|c| {
            let is_harmless = !c.is_control()
                && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let escaped = (!is_harmless).then(|| c.escape_default());
            let itself = is_harmless.then_some(c);
            escaped.into_iter().flatten().chain(itself)
        })
        .collect();
    if text.chars().nth(MAX_VALUE).is_some() {
        plain.push('…');
    }
    plain
}
