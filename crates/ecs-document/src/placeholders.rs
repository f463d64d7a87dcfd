//! Placeholders: `${tf.NAME}`, `${env.NAME}`, `${image.CONTAINER}`, in any string and any name.
//!
//! Decided here: a string that contains only a placeholder takes the type of the value. If ECS
//! expects another scalar type, the value is converted unless that would lose something: a port
//! from the environment becomes a number. `$${` is a literal `${`. Any other `${…}` is left
//! for a shell or a program. Never decided here: where the values come from.

mod template;

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::model::{DocumentKind, Type};
use crate::{Document, LineColumn, nearest, pointer};
use template::{Part, Reference};

pub use template::PlaceholderKind;

/// If no name is similar, all known names are listed, unless there are more than this.
const MAX_LISTED: usize = 12;

/// The values of placeholders.
#[derive(Debug, Clone, Default)]
pub struct PlaceholderValues {
    /// Terraform's outputs (`${tf.NAME}`); `None` if the user gave no outputs.
    pub tf: Option<Map<String, Value>>,
    /// The environment (`${env.NAME}`).
    pub env: BTreeMap<String, String>,
    /// Images by container (`${image.CONTAINER}`).
    pub image: BTreeMap<String, String>,
}

/// A placeholder that has no value, or whose value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedPlaceholder {
    /// The placeholder as written, e.g. `${tf.imge_uri}`.
    pub written: String,
    /// JSON pointer of the string that contains it.
    pub pointer: String,
    pub location: Option<LineColumn>,
    pub reason: UndefinedReason,
}

/// Why a placeholder has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndefinedReason {
    /// The source has no value of this name. `nearest` are similar names, `known` are all names.
    NoSuchName {
        source: PlaceholderKind,
        nearest: Vec<String>,
        known: Vec<String>,
    },
    /// The user gave no outputs.
    NoOutputs,
    /// The value cannot be used here.
    Unfit { message: String },
}

impl std::fmt::Display for UndefinedPlaceholder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.written)?;
        match &self.reason {
            UndefinedReason::NoSuchName {
                source,
                nearest,
                known,
            } => {
                let (missing, plural) = match source {
                    PlaceholderKind::Tf => ("is not an output of Terraform", "outputs"),
                    PlaceholderKind::Env => ("is not set in the environment", "variables"),
                    PlaceholderKind::Image => ("has no image", "images"),
                };
                f.write_str(missing)?;
                if !nearest.is_empty() {
                    write!(f, "; did you mean {}?", nearest.join(" or "))
                } else if known.is_empty() {
                    Ok(())
                } else if known.len() <= MAX_LISTED {
                    write!(f, "; available: {}", known.join(", "))
                } else {
                    write!(f, "; none of the {} {plural} is similar", known.len())
                }
            }
            UndefinedReason::NoOutputs => {
                write!(f, "needs the outputs of Terraform")
            }
            UndefinedReason::Unfit { message } => f.write_str(message),
        }
    }
}

/// A remark about a placeholder that is not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderRemark {
    pub written: String,
    pub pointer: String,
    pub location: Option<LineColumn>,
    pub kind: RemarkKind,
}

/// The kind of a [`PlaceholderRemark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// `${word.word}` with an unknown first word. It stays unchanged, but no shell has this syntax.
    UnknownKind,
    /// The variable is set, but empty.
    EmptyVariable,
}

/// Fills in all placeholders of a document.
///
/// # Errors
/// All placeholders that cannot be filled in, in the order of the text. The document is unchanged.
pub fn resolve(
    document: &mut Document,
    kind: DocumentKind,
    values: &PlaceholderValues,
) -> Result<Vec<PlaceholderRemark>, Vec<UndefinedPlaceholder>> {
    let mut resolver = Resolver {
        document,
        values,
        found: Vec::new(),
        renamed: Vec::new(),
        undefined: Vec::new(),
        remarks: Vec::new(),
    };
    resolver.value(document.value(), &mut String::new(), Some(&kind.whole()));
    let Resolver {
        found,
        renamed,
        mut undefined,
        remarks,
        ..
    } = resolver;
    if !undefined.is_empty() {
        undefined.sort_by_key(|u| u.location);
        return Err(undefined);
    }
    // A new name may turn out to be taken. In this case the document must stay unchanged.
    let before = (!renamed.is_empty()).then(|| document.clone());
    for (pointer, value) in found {
        // This cannot fail, because the pointer comes from this document.
        let _ = document.set(&pointer, value);
    }
    // Rename inner members first, so that the pointers of outer ones stay valid.
    for (pointer, name, written) in renamed.into_iter().rev() {
        if !document.rename(&pointer, &name) {
            let location = before.as_ref().and_then(|b| b.name_location(&pointer));
            undefined.push(UndefinedPlaceholder {
                written,
                location,
                pointer,
                reason: UndefinedReason::Unfit {
                    message: format!("becomes the name {name:?}, which the object already has"),
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

struct Resolver<'d> {
    document: &'d Document,
    values: &'d PlaceholderValues,
    found: Vec<(String, Value)>,
    renamed: Vec<(String, String, String)>,
    undefined: Vec<UndefinedPlaceholder>,
    remarks: Vec<PlaceholderRemark>,
}

impl Resolver<'_> {
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

    /// Joins the parts to one text; `None` if one of them has no value, which is recorded.
    fn text(&mut self, parts: &[Part<'_>], pointer: &str, in_name: bool) -> Option<String> {
        let mut text = String::new();
        let mut is_whole = true;
        let mut seen: Vec<&str> = Vec::new();
        for part in parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::UnknownKind(written) => {
                    text.push_str(written);
                    self.remark(written, pointer, RemarkKind::UnknownKind);
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
                            let kind = crate::value_kind::value_kind(&other);
                            let message = format!("is {kind}, which cannot be part of a text");
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
            (PlaceholderKind::Tf, None) => Err(UndefinedReason::NoOutputs),
            (PlaceholderKind::Tf, Some(outputs)) => match template::output(outputs, name) {
                Some(value) => Ok(value.clone()),
                None => Err(no_such(reference.kind, name, outputs.keys())),
            },
        };
        match found {
            Ok(value) => {
                if reference.kind == PlaceholderKind::Env && value == "" {
                    self.remark(reference.written, pointer, RemarkKind::EmptyVariable);
                }
                Some(value)
            }
            Err(reason) => {
                let location = self.location(reference.written, nth, pointer, in_name);
                self.undefined.push(UndefinedPlaceholder {
                    written: reference.written.to_owned(),
                    pointer: pointer.to_owned(),
                    location,
                    reason,
                });
                None
            }
        }
    }

    fn refuse(&mut self, written: &str, nth: usize, pointer: &str, in_name: bool, message: String) {
        self.undefined.push(UndefinedPlaceholder {
            written: written.to_owned(),
            pointer: pointer.to_owned(),
            location: self.location(written, nth, pointer, in_name),
            reason: UndefinedReason::Unfit { message },
        });
    }

    fn remark(&mut self, written: &str, pointer: &str, kind: RemarkKind) {
        self.remarks.push(PlaceholderRemark {
            written: written.to_owned(),
            pointer: pointer.to_owned(),
            location: self.document.location_within(pointer, written, 0),
            kind,
        });
    }

    fn location(
        &self,
        written: &str,
        nth: usize,
        pointer: &str,
        in_name: bool,
    ) -> Option<LineColumn> {
        if in_name {
            self.document.location_within_name(pointer, written, nth)
        } else {
            self.document.location_within(pointer, written, nth)
        }
    }
}

fn no_such<'k>(
    source: PlaceholderKind,
    name: &str,
    known: impl Iterator<Item = &'k String>,
) -> UndefinedReason {
    let known: Vec<String> = known.cloned().collect();
    let near = nearest(name, known.iter().map(String::as_str));
    UndefinedReason::NoSuchName {
        source,
        nearest: near.into_iter().map(str::to_owned).collect(),
        known,
    }
}

/// Converts the value to the type that ECS expects, unless that would lose something.
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
