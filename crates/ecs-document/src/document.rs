//! A definition: its value, and the location of each part in the text that it was parsed from.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::parse::{self, ParseError, Syntax};
use crate::pointer;
use crate::span::{Inside, LineColumn, Span};
use crate::value_kind::value_kind;

/// A definition with the locations of its parts. Edits go through it, which keeps them correct.
#[derive(Debug, Clone)]
pub struct Document {
    name: String,
    text: String,
    value: Value,
    span: Span,
}

/// Why a pointer does not lead to a value of this document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    #[error("{pointer:?} is not a JSON pointer: it must start with /")]
    NotAPointer { pointer: String },
    #[error("{parent} is {kind}, so it has no member {token:?}")]
    NotAContainer {
        parent: String,
        token: String,
        kind: &'static str,
    },
    #[error("{parent} has {length} elements: {token:?} is not one of them")]
    NoElement {
        parent: String,
        token: String,
        length: usize,
    },
}

impl Document {
    /// Parses a definition. `name` identifies it in errors: the file's name as the user wrote it.
    ///
    /// # Errors
    /// If the text is not one object in this syntax, with the location of the first mistake.
    pub fn parse(text: &str, name: impl Into<String>, syntax: Syntax) -> Result<Self, ParseError> {
        let name = name.into();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (value, span) = parse::parse(text, syntax).map_err(|error| {
            let location = LineColumn::of_byte(text, error.at);
            ParseError::new(&name, location, error.message)
        })?;
        Ok(Self {
            name,
            text: text.to_owned(),
            value,
            span,
        })
    }

    /// A definition that was not parsed from a text, e.g. a response of AWS. It has no locations.
    pub fn from_value(value: Value, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            value,
            span: Span::default(),
        }
    }

    /// The name of the document in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    pub fn into_value(self) -> Value {
        self.value
    }

    /// The document as indented JSON: one member per line, two spaces per level, and a final newline.
    pub fn to_pretty_json(&self) -> String {
        // Serializing a `Value` cannot fail.
        let mut text = serde_json::to_string_pretty(&self.value).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The value at a pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The location of the value at `pointer`, or of the nearest value around it that has one.
    /// `None` if the document was not parsed from a text.
    pub fn location(&self, pointer: &str) -> Option<LineColumn> {
        let tokens = pointer::tokens(pointer)?;
        let (span, _) = self.span.at(&tokens);
        self.location_of_byte(span.value.start)
    }

    /// The location of the member's name at `pointer`; else the same as [`Document::location`].
    pub fn name_location(&self, pointer: &str) -> Option<LineColumn> {
        let tokens = pointer::tokens(pointer)?;
        let (span, exact) = self.span.at(&tokens);
        let start = match &span.name {
            Some(name) if exact => name.start,
            _ => span.value.start,
        };
        self.location_of_byte(start)
    }

    /// The location of the `nth` occurrence (from 0) of `part` in the text of a value; the location
    /// of the value if its text does not contain the part literally (an escape, an alias).
    pub fn location_within(&self, pointer: &str, part: &str, nth: usize) -> Option<LineColumn> {
        self.location_in_range(pointer, part, nth, |span| Some(span.value.clone()))
    }

    /// The same as [`Document::location_within`], but in a member's name.
    pub fn location_within_name(
        &self,
        pointer: &str,
        part: &str,
        nth: usize,
    ) -> Option<LineColumn> {
        self.location_in_range(pointer, part, nth, |span| span.name.clone())
    }

    fn location_in_range(
        &self,
        pointer: &str,
        part: &str,
        nth: usize,
        range: impl Fn(&Span) -> Option<std::ops::Range<usize>>,
    ) -> Option<LineColumn> {
        let tokens = pointer::tokens(pointer)?;
        let (span, exact) = self.span.at(&tokens);
        let range = range(span).filter(|_| exact);
        let found = range.and_then(|range| {
            let text = self.text.get(range.clone())?;
            let (at, _) = text.match_indices(part).nth(nth)?;
            Some(range.start + at)
        });
        self.location_of_byte(found.unwrap_or(span.value.start))
    }

    fn location_of_byte(&self, offset: usize) -> Option<LineColumn> {
        (!self.text.is_empty()).then(|| LineColumn::of_byte(&self.text, offset))
    }

    /// Sets the value at a pointer: replaces a value, or adds a member or a list element (`-` or
    /// the list's length). Creates missing objects on the way.
    ///
    /// # Errors
    /// If the pointer leads into a scalar or past the end of a list.
    pub fn set(&mut self, pointer: &str, value: Value) -> Result<(), PointerError> {
        let tokens = pointer::tokens(pointer).ok_or_else(|| PointerError::NotAPointer {
            pointer: pointer.to_owned(),
        })?;
        put(&mut self.value, Some(&mut self.span), &tokens, 0, value)
    }

    /// Removes and returns the value at a pointer. The other members keep their order.
    pub fn remove(&mut self, pointer: &str) -> Option<Value> {
        let tokens = pointer::tokens(pointer)?;
        let (last, parents) = tokens.split_last()?;
        let parent = parents.iter().try_fold(&mut self.value, |v, t| match v {
            Value::Object(members) => members.get_mut(t.as_ref()),
            Value::Array(elements) => elements.get_mut(t.parse::<usize>().ok()?),
            _ => None,
        })?;
        let span = parents
            .iter()
            .try_fold(&mut self.span, |span, token| span.child_mut(token));
        match parent {
            Value::Object(members) => {
                let removed = members.shift_remove(last.as_ref())?;
                if let Some(Inside::Members(spans)) = span.map(|s| &mut s.inside) {
                    spans.retain(|(name, _)| name != last);
                }
                Some(removed)
            }
            Value::Array(elements) => {
                let index = last.parse::<usize>().ok().filter(|i| *i < elements.len())?;
                if let Some(Inside::Elements(spans)) = span.map(|s| &mut s.inside)
                    && index < spans.len()
                {
                    spans.remove(index);
                }
                Some(elements.remove(index))
            }
            _ => None,
        }
    }

    /// Renames a member and keeps its position. `false` if there is no such member, or if the
    /// object has a member of the new name.
    pub(crate) fn rename(&mut self, pointer: &str, new: &str) -> bool {
        let Some(tokens) = pointer::tokens(pointer) else {
            return false;
        };
        let Some((last, parents)) = tokens.split_last() else {
            return false;
        };
        let parent = parents
            .iter()
            .fold(String::new(), |p, t| pointer::join(&p, t));
        let Some(Value::Object(members)) = self.value.pointer_mut(&parent) else {
            return false;
        };
        if !members.contains_key(last.as_ref()) || members.contains_key(new) {
            return false;
        }
        let renamed: Map<String, Value> = std::mem::take(members)
            .into_iter()
            .map(|(name, value)| (if name == *last { new.to_owned() } else { name }, value))
            .collect();
        *members = renamed;
        let span = parents
            .iter()
            .try_fold(&mut self.span, |span, token| span.child_mut(token));
        if let Some(Inside::Members(spans)) = span.map(|s| &mut s.inside)
            && let Some((name, _)) = spans.iter_mut().find(|(name, _)| name == last)
        {
            new.clone_into(name);
        }
        true
    }

    /// Replaces a saved response of DescribeTaskDefinition (`{"taskDefinition": …, "tags": …}`)
    /// by the definition in it, with its tags. Any other document stays unchanged.
    pub fn unwrap_described(&mut self) {
        let Value::Object(members) = &mut self.value else {
            return;
        };
        let is_wrapped = members.get("taskDefinition").is_some_and(Value::is_object)
            && members.keys().all(|k| {
                matches!(k.as_str(), "taskDefinition" | "tags") || k.starts_with("ResponseMetadata")
            });
        if !is_wrapped {
            return;
        }
        let tags = members.shift_remove("tags");
        let inner = members.shift_remove("taskDefinition").unwrap_or_default();
        let tags_span = self.span.child("tags").cloned();
        self.span = self
            .span
            .child("taskDefinition")
            .cloned()
            .unwrap_or_default();
        self.value = inner;
        if let (Some(tags), Value::Object(members)) = (tags, &mut self.value)
            && !members.contains_key("tags")
            && tags.as_array().is_some_and(|t| !t.is_empty())
        {
            members.insert("tags".to_owned(), tags);
            if let (Inside::Members(spans), Some(span)) = (&mut self.span.inside, tags_span) {
                spans.push(("tags".to_owned(), span));
            }
        }
    }
}

/// Sets the value that the tokens lead to; `depth` of them have been followed to `at`.
fn put(
    at: &mut Value,
    span: Option<&mut Span>,
    tokens: &[Cow<'_, str>],
    depth: usize,
    value: Value,
) -> Result<(), PointerError> {
    let Some(token) = tokens.get(depth) else {
        *at = value;
        if let Some(span) = span {
            span.inside = Inside::Nothing;
        }
        return Ok(());
    };
    let parent = || match &tokens[..depth] {
        [] => "the definition".to_owned(),
        followed => followed
            .iter()
            .fold(String::new(), |p, t| pointer::join(&p, t)),
    };
    let next = match at {
        Value::Object(members) if members.contains_key(token.as_ref()) => {
            &mut members[token.as_ref()]
        }
        Value::Object(members) => members.entry(token.as_ref()).or_insert(Value::Null),
        Value::Array(elements) => {
            let length = elements.len();
            let index = match token.as_ref() {
                "-" => Some(length),
                digits => digits.parse::<usize>().ok().filter(|i| *i <= length),
            };
            let Some(index) = index else {
                return Err(PointerError::NoElement {
                    parent: parent(),
                    token: token.clone().into_owned(),
                    length,
                });
            };
            if index == length {
                elements.push(Value::Null);
            }
            &mut elements[index]
        }
        other => {
            return Err(PointerError::NotAContainer {
                parent: parent(),
                token: token.clone().into_owned(),
                kind: value_kind(other),
            });
        }
    };
    if next.is_null() && depth + 1 < tokens.len() {
        *next = Value::Object(Map::new());
    }
    let child = span.and_then(|span| span.child_mut(token));
    put(next, child, tokens, depth + 1, value)
}
