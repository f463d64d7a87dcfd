//! Builds values from the events of a YAML 1.2 parser: anchors and aliases, merge keys, scalars of
//! the core schema.
//!
//! Rejected, not guessed: duplicate names, a second document, tags that need a program to resolve
//! them (`!Sub`), numbers that JSON cannot represent, recursive or multiplying aliases.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span as Marked, StrInput, Tag};
use serde_json::{Map, Value};

use super::scalar::{json_number, plain_yaml};
use super::syntax_error::{SyntaxError, twice};
use crate::span::{Inside, Span};

/// The maximum number of values of a document after its aliases are expanded.
const MAX_VALUES: usize = 100_000;
/// The maximum nesting depth.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str) -> Result<(Value, Span), SyntaxError> {
    let mut builder = Builder {
        text,
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        values: 0,
    };
    builder.document()
}

struct Builder<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    /// The value of each anchor; `None` while it is being parsed.
    anchors: HashMap<usize, Option<(Value, Span)>>,
    values: usize,
}

impl<'t> Builder<'t> {
    fn document(&mut self) -> Result<(Value, Span), SyntaxError> {
        let mut built = None;
        loop {
            let (event, marked) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if built.is_none() => {}
                Event::DocumentStart(..) => {
                    return Err(SyntaxError::new(
                        start(&marked),
                        "a second YAML document starts here; a definition is one document",
                    ));
                }
                Event::StreamEnd => break,
                event => built = Some(self.node(event, &marked, 0)?),
            }
        }
        built.ok_or_else(|| SyntaxError::new(0, "the text is empty except for comments and spaces"))
    }

    fn next(&mut self) -> Result<(Event<'t>, Marked), SyntaxError> {
        match self.events.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or_default();
                Err(SyntaxError::new(at, error.info()))
            }
            None => Err(SyntaxError::new(self.text.len(), "the text ends too early")),
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        marked: &Marked,
        depth: usize,
    ) -> Result<(Value, Span), SyntaxError> {
        let at = start(marked);
        self.count(1, at)?;
        if depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                at,
                format!("more than {MAX_DEPTH} levels of nesting"),
            ));
        }
        let anchor = event.anchor_id().filter(|id| *id != 0 && event.is_node());
        if let Some(id) = anchor {
            self.anchors.insert(id, None);
        }
        let built = match event {
            Event::Alias(id) => return self.alias(id, marked),
            Event::Scalar(text, style, _, tag) => {
                let value = scalar(&text, style, tag.as_deref(), at)?;
                (value, Span::scalar(range(marked)))
            }
            Event::SequenceStart(_, _, tag) => {
                only_tag(tag.as_deref(), "seq", at)?;
                self.sequence(at, depth)?
            }
            Event::MappingStart(_, _, tag) => {
                only_tag(tag.as_deref(), "map", at)?;
                self.mapping(at, depth)?
            }
            _ => return Err(SyntaxError::new(at, "unexpected YAML")),
        };
        if let Some(id) = anchor {
            self.anchors.insert(id, Some(built.clone()));
        }
        Ok(built)
    }

    fn alias(&mut self, id: usize, marked: &Marked) -> Result<(Value, Span), SyntaxError> {
        let at = start(marked);
        let written = marked.slice(self.text).unwrap_or_default();
        match self.anchors.get(&id) {
            Some(Some((value, span))) => {
                let (value, span) = (value.clone(), span.clone());
                self.count(size(&value), at)?;
                Ok((value, span))
            }
            Some(None) => Err(SyntaxError::new(
                at,
                format!("{written} is inside the value that it refers to"),
            )),
            None => Err(SyntaxError::new(
                at,
                format!("there is no anchor for {written}"),
            )),
        }
    }

    fn sequence(&mut self, at: usize, depth: usize) -> Result<(Value, Span), SyntaxError> {
        let mut elements = Vec::new();
        let mut spans = Vec::new();
        let end = loop {
            let (event, marked) = self.next()?;
            if event == Event::SequenceEnd {
                break range(&marked).end;
            }
            let (value, span) = self.node(event, &marked, depth + 1)?;
            elements.push(value);
            spans.push(span);
        };
        let mut span = Span::scalar(at..end.max(at));
        span.inside = Inside::Elements(spans);
        Ok((Value::Array(elements), span))
    }

    fn mapping(&mut self, at: usize, depth: usize) -> Result<(Value, Span), SyntaxError> {
        let mut members = Map::new();
        let mut spans: Vec<(String, Span)> = Vec::new();
        let mut merged = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let end = loop {
            let (event, marked) = self.next()?;
            if event == Event::MappingEnd {
                break range(&marked).end;
            }
            let name_at = start(&marked);
            let is_merge =
                matches!(&event, Event::Scalar(t, ScalarStyle::Plain, _, None) if t == "<<");
            let name = self.name(event, &marked)?;
            let (event, value_marked) = self.next()?;
            let (value, mut span) = self.node(event, &value_marked, depth + 1)?;
            if is_merge {
                merged.push((name_at, value, span));
                continue;
            }
            if let Some(first) = seen.insert(name.clone(), name_at) {
                return Err(SyntaxError::new(name_at, twice(&name, self.text, first)));
            }
            span.name = Some(range(&marked));
            members.insert(name.clone(), value);
            spans.push((name, span));
        };
        for (name_at, value, span) in merged {
            merge(&mut members, &mut spans, value, span, name_at)?;
        }
        let mut span = Span::scalar(at..end.max(at));
        span.inside = Inside::Members(spans);
        Ok((Value::Object(members), span))
    }

    /// A member's name: the text of a scalar, regardless of the type that it has as a value.
    fn name(&mut self, event: Event<'t>, marked: &Marked) -> Result<String, SyntaxError> {
        match event {
            Event::Scalar(text, ..) => Ok(text.into_owned()),
            Event::Alias(id) => match self.alias(id, marked)? {
                (Value::String(name), _) => Ok(name),
                _ => Err(SyntaxError::new(start(marked), "a name must be text")),
            },
            _ => Err(SyntaxError::new(
                start(marked),
                "a name must be text, not a list or an object",
            )),
        }
    }

    fn count(&mut self, more: usize, at: usize) -> Result<(), SyntaxError> {
        self.values += more;
        if self.values > MAX_VALUES {
            return Err(SyntaxError::new(
                at,
                format!("more than {MAX_VALUES} values after the aliases are expanded"),
            ));
        }
        Ok(())
    }
}

/// Merges `<<: *base` or `<<: [*one, *two]`: adds the members that the object does not have.
fn merge(
    members: &mut Map<String, Value>,
    spans: &mut Vec<(String, Span)>,
    value: Value,
    span: Span,
    at: usize,
) -> Result<(), SyntaxError> {
    let sources = match (value, span.inside) {
        (Value::Object(map), inside) => vec![(Value::Object(map), inside)],
        (Value::Array(list), Inside::Elements(inner)) => list
            .into_iter()
            .zip(inner.into_iter().map(|s| s.inside))
            .collect(),
        _ => Vec::new(),
    };
    if sources.is_empty() || sources.iter().any(|(v, _)| !v.is_object()) {
        return Err(SyntaxError::new(
            at,
            "<< needs an object or a list of objects",
        ));
    }
    for (value, inside) in sources {
        let (Value::Object(map), Inside::Members(inner)) = (value, inside) else {
            continue;
        };
        for ((name, value), (_, span)) in map.into_iter().zip(inner) {
            if !members.contains_key(&name) {
                members.insert(name.clone(), value);
                spans.push((name, span));
            }
        }
    }
    Ok(())
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: usize,
) -> Result<Value, SyntaxError> {
    let refused = |message: String| SyntaxError::new(at, message);
    let Some(tag) = tag else {
        return match style {
            ScalarStyle::Plain => plain_yaml(text).map_err(refused),
            _ => Ok(Value::String(text.to_owned())),
        };
    };
    if tag.original() == "!" {
        return Ok(Value::String(text.to_owned()));
    }
    let wrong = |what: &str| refused(format!("{text:?} is not {what}"));
    match tag.core_suffix() {
        Some("str") => Ok(Value::String(text.to_owned())),
        Some("null") => Ok(Value::Null),
        Some("bool") => match plain_yaml(text) {
            Ok(Value::Bool(value)) => Ok(Value::Bool(value)),
            _ => Err(wrong("a boolean")),
        },
        Some("int" | "float") => match json_number(text) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(wrong("a valid JSON number")),
        },
        _ => Err(unknown_tag(tag, at)),
    }
}

fn only_tag(tag: Option<&Tag>, suffix: &str, at: usize) -> Result<(), SyntaxError> {
    match tag {
        Some(tag) if tag.original() != "!" && !tag.is_yaml_core_schema_tag(suffix) => {
            Err(unknown_tag(tag, at))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, at: usize) -> SyntaxError {
    SyntaxError::new(
        at,
        format!(
            "the tag {} is not supported; write the value itself, or a placeholder",
            tag.original()
        ),
    )
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

fn start(marked: &Marked) -> usize {
    range(marked).start
}

fn range(marked: &Marked) -> std::ops::Range<usize> {
    marked.byte_range().unwrap_or_default()
}
