//! Placeholders: `${tf.NAME}`, `${env.NAME}`, `${image.CONTAINER}`, in any string and any name.
//!
//! A string that is one placeholder takes the value's type; in a place where ECS takes another
//! scalar type the value is converted if nothing is lost (a port from the environment becomes a
//! number). `$${` writes `${`. Any other `${…}` is a shell's or a program's and stays.

mod template;

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::model::{DocumentKind, Type};
use crate::{Document, LineColumn, nearest, pointer};
use template::{Part, Reference};

pub use template::PlaceholderKind;

/// As many names are listed where none is similar; more would say nothing.
const MAX_LISTED: usize = 12;

/// What placeholders can stand for.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Terraform's outputs (`${tf.NAME}`); `None` where no outputs were given at all.
    pub tf: Option<Map<String, Value>>,
    /// The environment (`${env.NAME}`).
    pub env: BTreeMap<String, String>,
    /// Images by container (`${image.CONTAINER}`).
    pub image: BTreeMap<String, String>,
}

/// A placeholder that stands for nothing, or for something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    /// As it is written, `${tf.imge_uri}`.
    pub written: String,
    /// JSON pointer of the string it stands in.
    pub pointer: String,
    pub place: Option<LineColumn>,
    pub reason: Reason,
}

/// Why a placeholder stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is no such name. `source` is where it was looked for, `nearest` are names that may be meant, `known` all there are.
    NoSuchName {
        source: PlaceholderKind,
        nearest: Vec<String>,
        known: Vec<String>,
    },
    /// No outputs were given to take a name from.
    NoOutputs,
    /// The value is there but cannot stand here.
    Unfit { message: String },
}

impl std::fmt::Display for Undefined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.written)?;
        match &self.reason {
            Reason::NoSuchName {
                source,
                nearest,
                known,
            } => {
                let what = match source {
                    PlaceholderKind::Tf => "output",
                    PlaceholderKind::Env => "variable",
                    PlaceholderKind::Image => "image",
                };
                write!(f, "names no {what}")?;
                if !nearest.is_empty() {
                    write!(f, "; the nearest: {}", nearest.join(", "))
                } else if known.is_empty() {
                    f.write_str("; there are none")
                } else if known.len() <= MAX_LISTED {
                    write!(f, "; there are: {}", known.join(", "))
                } else {
                    write!(f, "; none of the {} there are is similar", known.len())
                }
            }
            Reason::NoOutputs => write!(f, "needs Terraform's outputs, and none were given"),
            Reason::Unfit { message } => f.write_str(message),
        }
    }
}

/// Something about a placeholder that a person should hear of, though it stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub written: String,
    pub pointer: String,
    pub place: Option<LineColumn>,
    pub about: About,
}

/// What a [`Remark`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// `${word.word}` of a kind that is none of ours: no shell writes that. It stays as it is.
    UnknownKind,
    /// The variable is there, and empty.
    EmptyVariable,
}

/// Fills in every placeholder of a document, or tells all that cannot be filled in, in the order
/// of the text. Then the document is as it was.
pub fn resolve(
    document: &mut Document,
    kind: DocumentKind,
    values: &Values,
) -> Result<Vec<Remark>, Vec<Undefined>> {
    let mut walk = Walk {
        document,
        values,
        found: Vec::new(),
        renamed: Vec::new(),
        undefined: Vec::new(),
        remarks: Vec::new(),
    };
    walk.value(document.value(), &mut String::new(), Some(&kind.whole()));
    let Walk {
        found,
        renamed,
        mut undefined,
        remarks,
        ..
    } = walk;
    if !undefined.is_empty() {
        undefined.sort_by_key(|u| u.place);
        return Err(undefined);
    }
    // A name can still turn out to be taken: then the document stays as it was.
    let before = (!renamed.is_empty()).then(|| document.clone());
    for (pointer, value) in found {
        // The pointer came from this document.
        let _ = document.set(&pointer, value);
    }
    // Inner names first, so that the pointers of outer ones still lead there.
    for (pointer, name, written) in renamed.into_iter().rev() {
        if !document.rename(&pointer, &name) {
            let place = before.as_ref().and_then(|b| b.place_of_name(&pointer));
            undefined.push(Undefined {
                written,
                place,
                pointer,
                reason: Reason::Unfit {
                    message: format!("makes the name {name:?}, which is there already"),
                },
            });
        }
    }
    match before {
        Some(before) if !undefined.is_empty() => {
            *document = before;
            Err(undefined)
        }
        _ => Ok(remarks),
    }
}

struct Walk<'d> {
    document: &'d Document,
    values: &'d Values,
    found: Vec<(String, Value)>,
    renamed: Vec<(String, String, String)>,
    undefined: Vec<Undefined>,
    remarks: Vec<Remark>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, pointer: &mut String, expected: Option<&Type>) {
        let inside = |token: &str| expected.and_then(|t| t.inside(token));
        let here = pointer.len();
        match value {
            Value::String(text) if text.contains("${") => {
                if let Some(new) = self.string(text, pointer, expected)
                    && new != *value
                {
                    self.found.push((pointer.clone(), new));
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let token = index.to_string();
                    pointer::push(pointer, &token);
                    self.value(element, pointer, inside(&token));
                    pointer.truncate(here);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    pointer::push(pointer, name);
                    if name.contains("${") {
                        self.name(name, pointer);
                    }
                    self.value(member, pointer, inside(name));
                    pointer.truncate(here);
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, text: &str, pointer: &str, expected: Option<&Type>) -> Option<Value> {
        let parts = template::parts(text);
        if let [Part::Reference(reference)] = parts.as_slice() {
            let value = self.look_up(reference, 0, pointer, false)?;
            return Some(match expected {
                Some(expected) => fitting(value, expected),
                None => value,
            });
        }
        self.text(&parts, pointer, false).map(Value::String)
    }

    fn name(&mut self, name: &str, pointer: &str) {
        let parts = template::parts(name);
        if let Some(new) = self.text(&parts, pointer, true)
            && new != name
        {
            self.renamed
                .push((pointer.to_owned(), new, name.to_owned()));
        }
    }

    /// The parts as one text; `None` (and said so) where one of them cannot be had.
    fn text(&mut self, parts: &[Part<'_>], pointer: &str, in_name: bool) -> Option<String> {
        let mut text = String::new();
        let mut is_whole = true;
        let mut seen: Vec<&str> = Vec::new();
        for part in parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Foreign(written) => {
                    text.push_str(written);
                    self.remark(written, pointer, About::UnknownKind);
                }
                Part::Broken { written, message } => {
                    is_whole = false;
                    self.refuse(written, 0, pointer, in_name, (*message).to_owned());
                }
                Part::Reference(reference) => {
                    let nth = seen.iter().filter(|w| **w == reference.written).count();
                    seen.push(reference.written);
                    let Some(value) = self.look_up(reference, nth, pointer, in_name) else {
                        is_whole = false;
                        continue;
                    };
                    match value {
                        Value::String(value) => text.push_str(&value),
                        Value::Number(number) => text.push_str(&number.to_string()),
                        Value::Bool(value) => text.push_str(if value { "true" } else { "false" }),
                        other => {
                            is_whole = false;
                            let kind = crate::kind::kind(&other);
                            let message = format!("is {kind}, which cannot stand inside a text");
                            self.refuse(reference.written, nth, pointer, in_name, message);
                        }
                    }
                }
            }
        }
        is_whole.then_some(text)
    }

    fn look_up(
        &mut self,
        reference: &Reference<'_>,
        nth: usize,
        pointer: &str,
        in_name: bool,
    ) -> Option<Value> {
        let name = reference.name;
        let values = self.values;
        let text_of = |known: &BTreeMap<String, String>| match known.get(name) {
            Some(text) => Ok(Value::from(text.as_str())),
            None => Err(no_such(reference.kind, name, known.keys())),
        };
        let found = match (reference.kind, &values.tf) {
            (PlaceholderKind::Env, _) => text_of(&values.env),
            (PlaceholderKind::Image, _) => text_of(&values.image),
            (PlaceholderKind::Tf, None) => Err(Reason::NoOutputs),
            (PlaceholderKind::Tf, Some(outputs)) => match template::output(outputs, name) {
                Some(value) => Ok(value.clone()),
                None => Err(no_such(reference.kind, name, outputs.keys())),
            },
        };
        match found {
            Ok(value) => {
                if reference.kind == PlaceholderKind::Env && value == "" {
                    self.remark(reference.written, pointer, About::EmptyVariable);
                }
                Some(value)
            }
            Err(reason) => {
                let place = self.place(reference.written, nth, pointer, in_name);
                self.undefined.push(Undefined {
                    written: reference.written.to_owned(),
                    pointer: pointer.to_owned(),
                    place,
                    reason,
                });
                None
            }
        }
    }

    fn refuse(&mut self, written: &str, nth: usize, pointer: &str, in_name: bool, message: String) {
        self.undefined.push(Undefined {
            written: written.to_owned(),
            pointer: pointer.to_owned(),
            place: self.place(written, nth, pointer, in_name),
            reason: Reason::Unfit { message },
        });
    }

    fn remark(&mut self, written: &str, pointer: &str, about: About) {
        self.remarks.push(Remark {
            written: written.to_owned(),
            pointer: pointer.to_owned(),
            place: self.document.place_within(pointer, written, 0),
            about,
        });
    }

    fn place(&self, written: &str, nth: usize, pointer: &str, in_name: bool) -> Option<LineColumn> {
        if in_name {
            self.document.place_within_name(pointer, written, nth)
        } else {
            self.document.place_within(pointer, written, nth)
        }
    }
}

fn no_such<'k>(
    source: PlaceholderKind,
    name: &str,
    known: impl Iterator<Item = &'k String>,
) -> Reason {
    let known: Vec<String> = known.cloned().collect();
    let near = nearest(name, known.iter().map(String::as_str));
    Reason::NoSuchName {
        source,
        nearest: near.into_iter().map(str::to_owned).collect(),
        known,
    }
}

/// The value in the type that ECS takes, where nothing is lost by it; else the value.
fn fitting(value: Value, expected: &Type) -> Value {
    match (&value, expected) {
        (Value::Number(number), Type::String | Type::Enumeration(_)) => {
            Value::String(number.to_string())
        }
        (Value::Bool(boolean), Type::String | Type::Enumeration(_)) => {
            Value::String(boolean.to_string())
        }
        (Value::String(text), Type::Integer | Type::Number) => text
            .parse::<Number>()
            .ok()
            .filter(|n| n.to_string() == *text)
            .map_or(value, Value::Number),
        (Value::String(text), Type::Boolean) => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value,
        },
        _ => value,
    }
}
