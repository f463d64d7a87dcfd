//! Splits a string into text and placeholders.

use serde_json::{Map, Value};

/// The source of a placeholder's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceholderKind {
    /// `${tf.NAME}`: Terraform's outputs.
    Tf,
    /// `${env.NAME}`: the environment.
    Env,
    /// `${image.CONTAINER}`: the images that the user set.
    Image,
}

impl PlaceholderKind {
    fn of(word: &str) -> Option<Self> {
        match word {
            "tf" => Some(Self::Tf),
            "env" => Some(Self::Env),
            "image" => Some(Self::Image),
            _ => None,
        }
    }
}

/// A part of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Text(&'t str),
    Reference(Reference<'t>),
    /// `${word.word}` with a first word that is not a [`PlaceholderKind`].
    UnknownKind(&'t str),
    /// A placeholder with a syntax error.
    Broken {
        written: &'t str,
        message: &'static str,
    },
}

/// `${KIND.NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub written: &'t str,
    pub kind: PlaceholderKind,
    pub name: &'t str,
}

/// Splits a string. A string without placeholders is one text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut look_from = 0;
    while let Some(at) = text[look_from..].find("${").map(|at| at + look_from) {
        if at > from && text[from..at].ends_with('$') {
            // `$${`: remove the first dollar; the rest is text.
            push_text(&mut parts, &text[from..at - 1]);
            from = at;
            look_from = at + 2;
            continue;
        }
        let (part, end) = placeholder(text, at);
        if let Some(part) = part {
            push_text(&mut parts, &text[from..at]);
            parts.push(part);
            from = end;
        }
        look_from = end;
    }
    push_text(&mut parts, &text[from..]);
    parts
}

fn push_text<'t>(parts: &mut Vec<Part<'t>>, text: &'t str) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

/// The part that starts with `${` at `at`, unless it is text, and where to continue.
fn placeholder(text: &str, at: usize) -> (Option<Part<'_>>, usize) {
    let after = at + 2;
    let rest = &text[after..];
    let trimmed = rest.trim_start();
    let kind_length = trimmed
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
        .unwrap_or(trimmed.len());
    let (word, tail) = trimmed.split_at(kind_length);
    if word.is_empty() || !tail.starts_with('.') {
        return (None, after);
    }
    let kind = PlaceholderKind::of(word);
    let Some(close) = rest.find('}') else {
        let broken = kind.map(|_| Part::Broken {
            written: text[at..].split_whitespace().next().unwrap_or("${"),
            message: "has no closing }",
        });
        return (broken, text.len());
    };
    let end = after + close + 1;
    let written = &text[at..end];
    let name = tail[1..].split('}').next().unwrap_or_default().trim_end();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let part = match (kind, is_name) {
        (Some(kind), true) => Some(Part::Reference(Reference {
            written,
            kind,
            name,
        })),
        (Some(_), false) => Some(Part::Broken {
            written,
            message: "is not a valid placeholder: names consist of letters, digits, - and _",
        }),
        (None, true) => Some(Part::UnknownKind(written)),
        (None, false) => None,
    };
    // A shell's `${a:-${tf.b}}` may contain a placeholder.
    let look_on = if part.is_some() { end } else { after };
    (part, look_on)
}

/// An output by its name, else by a path into an output, e.g. `network.subnets.0`.
pub(super) fn output<'v>(outputs: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if let Some(value) = outputs.get(name) {
        return Some(value);
    }
    let (first, path) = name.split_once('.')?;
    path.split('.')
        .try_fold(outputs.get(first)?, |value, token| match value {
            Value::Object(members) => members.get(token),
            Value::Array(elements) => elements.get(token.parse::<usize>().ok()?),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Part, PlaceholderKind, Reference, output, parts};

    fn reference<'t>(written: &'t str, kind: PlaceholderKind, name: &'t str) -> Part<'t> {
        Part::Reference(Reference {
            written,
            kind,
            name,
        })
    }

    #[test]
    fn strings_are_split() {
        let no_name = "is not a valid placeholder: names consist of letters, digits, - and _";
        let table: Vec<(&str, Vec<Part<'_>>)> = vec![
            ("", vec![]),
            ("plain", vec![Part::Text("plain")]),
            (
                "${tf.a}",
                vec![reference("${tf.a}", PlaceholderKind::Tf, "a")],
            ),
            (
                "${ tf.a }",
                vec![reference("${ tf.a }", PlaceholderKind::Tf, "a")],
            ),
            (
                "x-${env.A_B}-${image.web-1}",
                vec![
                    Part::Text("x-"),
                    reference("${env.A_B}", PlaceholderKind::Env, "A_B"),
                    Part::Text("-"),
                    reference("${image.web-1}", PlaceholderKind::Image, "web-1"),
                ],
            ),
            ("$${tf.a}", vec![Part::Text("${tf.a}")]),
            ("a$${HOME}", vec![Part::Text("a"), Part::Text("${HOME}")]),
            ("${HOME}/${1}", vec![Part::Text("${HOME}/${1}")]),
            (
                "${A:-${tf.b}}",
                vec![
                    Part::Text("${A:-"),
                    reference("${tf.b}", PlaceholderKind::Tf, "b"),
                    Part::Text("}"),
                ],
            ),
            ("${vars.x}", vec![Part::UnknownKind("${vars.x}")]),
            ("${server.port:80}", vec![Part::Text("${server.port:80}")]),
            (
                "${tf.a and more",
                vec![Part::Broken {
                    written: "${tf.a",
                    message: "has no closing }",
                }],
            ),
            (
                "${tf.}",
                vec![Part::Broken {
                    written: "${tf.}",
                    message: no_name,
                }],
            ),
            (
                "${tf.a b}",
                vec![Part::Broken {
                    written: "${tf.a b}",
                    message: no_name,
                }],
            ),
            ("${", vec![Part::Text("${")]),
        ];
        for (text, expected) in table {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_selects_a_part_of_an_output() {
        let outputs = json!({"net": {"subnets": ["a", "b"]}, "n.x": 1});
        let outputs = outputs.as_object().expect("an object");
        assert_eq!(output(outputs, "net.subnets.1"), Some(&json!("b")));
        assert_eq!(output(outputs, "n.x"), Some(&json!(1)));
        for name in ["net.subnets.2", "net.none", "net.subnets.x", "none"] {
            assert_eq!(output(outputs, name), None, "{name}");
        }
    }
}
