//! Formats differences as lines for a terminal, a result file or Markdown.

use serde_json::Value;

use super::{Change, ChangeKind, Diff, PathStep, image};

/// The longest value that is shown in full, in characters.
const MAX_VALUE: usize = 160;

/// How lines begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub added: &'static str,
    pub removed: &'static str,
    pub changed: &'static str,
    /// The end of each line.
    pub end: &'static str,
}

impl Marks {
    /// `+`, `-`, `!`, which a `diff` block in Markdown highlights.
    pub const PLAIN: Self = Self {
        added: "+ ",
        removed: "- ",
        changed: "! ",
        end: "",
    };
    /// Green, red and yellow on a terminal.
    pub const COLORED: Self = Self {
        added: "\u{1b}[32m+ ",
        removed: "\u{1b}[31m- ",
        changed: "\u{1b}[33m~ ",
        end: "\u{1b}[0m",
    };
}

impl Diff {
    /// One line per change. Control characters in values are escaped, so the marks are the only
    /// escape sequences.
    pub fn lines(&self, marks: &Marks) -> Vec<String> {
        self.changes
            .iter()
            .map(|change| {
                let mark = match change.kind {
                    ChangeKind::Added(_) | ChangeKind::AddedHidden => marks.added,
                    ChangeKind::Removed(_) | ChangeKind::RemovedHidden => marks.removed,
                    ChangeKind::Changed(..) | ChangeKind::ChangedHidden => marks.changed,
                };
                format!("{mark}{}{}", line(change), marks.end)
            })
            .collect()
    }

    /// The lines as a Markdown code block. Its fence is longer than any run of backticks in them.
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
    let is_image = matches!(change.path.last(), Some(PathStep::Member(m)) if m == "image");
    let words = match &change.kind {
        ChangeKind::AddedHidden | ChangeKind::RemovedHidden => return name,
        ChangeKind::ChangedHidden => "changed (value not shown)".to_owned(),
        ChangeKind::Changed(Value::String(before), Value::String(after)) if is_image => {
            plain(&image::change(before, after))
        }
        ChangeKind::Changed(before, after) => {
            format!("{} → {}", shown_value(before), shown_value(after))
        }
        ChangeKind::Added(value) | ChangeKind::Removed(value) => shown_value(value),
    };
    format!("{name}: {words}")
}

/// The path in words, e.g. `container app variable LOG_LEVEL`.
fn name(path: &[PathStep]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut steps = path.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            PathStep::Member(list) => match steps.peek() {
                Some(PathStep::Named(name)) => {
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
                Some(PathStep::Element) => {
                    words.push(plain(list));
                    steps.next();
                }
                Some(PathStep::Member(name)) if list == "dockerLabels" => {
                    words.push(format!("label {}", plain(name)));
                    steps.next();
                }
                Some(PathStep::Member(name)) if list == "options" => {
                    words.push(format!("option {}", plain(name)));
                    steps.next();
                }
                _ => words.push(plain(list)),
            },
            // A name always follows a member, so this does not happen.
            PathStep::Named(name) => words.push(plain(name)),
            PathStep::Element => {}
        }
    }
    // `value` after the name of a variable would say nothing new.
    if words.len() > 1
        && matches!(path.last(), Some(PathStep::Member(m)) if m == "value" || m == "valueFrom")
    {
        words.pop();
    }
    words.join(" ")
}

/// A value on one line: a string without quotes, a container by its image, all else as JSON.
fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Object(members) if members.contains_key("name") && members.contains_key("image") => {
            format!("image {}", shown_value(&members["image"]))
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
