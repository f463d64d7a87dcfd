//! YAML 1.2, from the parser's events: anchors and aliases, merge keys, core-schema scalars.
//!
//! Refused rather than guessed: names given twice, a second document, tags that need a program to
//! resolve them (`!Sub`), numbers that JSON cannot write, aliases that loop or multiply.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span as Marked, StrInput, Tag};
use serde_json::{Map, Value};

use super::refused::{Refused, twice};
use super::scalar::{json_number, plain_yaml};
use crate::span::{Inside, Span};

/// How many values a document may have once its aliases are written out.
const MAX_VALUES: usize = 100_000;
/// How deep a document may nest.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str) -> Result<(Value, Span), Refused> {
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
    /// What an anchor names; `None` while it is being read.
    anchors: HashMap<usize, Option<(Value, Span)>>,
    values: usize,
}

impl<'t> Builder<'t> {
    fn document(&mut self) -> Result<(Value, Span), Refused> {
        let mut built = None;
        loop {
            let (event, marked) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if built.is_none() => {}
                Event::DocumentStart(..) => {
                    return Err(Refused::new(
                        start(&marked),
                        "a second YAML document begins here; a definition is one document",
                    ));
                }
                Event::StreamEnd => break,
                event => built = Some(self.node(event, &marked, 0)?),
            }
        }
        built.ok_or_else(|| Refused::new(0, "there is nothing but comments and blanks"))
    }

    fn next(&mut self) -> Result<(Event<'t>, Marked), Refused> {
        match self.events.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or_default();
                Err(Refused::new(at, error.info()))
            }
            None => Err(Refused::new(self.text.len(), "the text ends too early")),
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        marked: &Marked,
        depth: usize,
    ) -> Result<(Value, Span), Refused> {
        let at = start(marked);
        self.count(1, at)?;
        if depth > MAX_DEPTH {
            return Err(Refused::new(
                at,
                format!("nested more than {MAX_DEPTH} levels deep"),
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
            other => return Err(Refused::new(at, format!("unexpected YAML: {other:?}"))),
        };
        if let Some(id) = anchor {
            self.anchors.insert(id, Some(built.clone()));
        }
        Ok(built)
    }

    fn alias(&mut self, id: usize, marked: &Marked) -> Result<(Value, Span), Refused> {
        let at = start(marked);
        let written = marked.slice(self.text).unwrap_or_default();
        match self.anchors.get(&id) {
            Some(Some((value, span))) => {
                let (value, span) = (value.clone(), span.clone());
                self.count(size(&value), at)?;
                Ok((value, span))
            }
            Some(None) => Err(Refused::new(
                at,
                format!("{written} stands inside the value that it names: that has no end"),
            )),
            None => Err(Refused::new(at, format!("{written} names no anchor"))),
        }
    }

    fn sequence(&mut self, at: usize, depth: usize) -> Result<(Value, Span), Refused> {
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

    fn mapping(&mut self, at: usize, depth: usize) -> Result<(Value, Span), Refused> {
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
                return Err(Refused::new(name_at, twice(&name, self.text, first)));
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

    /// A member's name: a scalar's text, whatever type it would be as a value.
    fn name(&mut self, event: Event<'t>, marked: &Marked) -> Result<String, Refused> {
        match event {
            Event::Scalar(text, ..) => Ok(text.into_owned()),
            Event::Alias(id) => match self.alias(id, marked)? {
                (Value::String(name), _) => Ok(name),
                _ => Err(Refused::new(start(marked), "a member's name is text")),
            },
            _ => Err(Refused::new(
                start(marked),
                "a member's name is text, not a list or an object",
            )),
        }
    }

    fn count(&mut self, more: usize, at: usize) -> Result<(), Refused> {
        self.values += more;
        if self.values > MAX_VALUES {
            return Err(Refused::new(
                at,
                format!("more than {MAX_VALUES} values once the aliases are written out"),
            ));
        }
        Ok(())
    }
}

/// `<<: *base` or `<<: [*one, *two]`: the members that are not there yet.
fn merge(
    members: &mut Map<String, Value>,
    spans: &mut Vec<(String, Span)>,
    value: Value,
    span: Span,
    at: usize,
) -> Result<(), Refused> {
    let sources = match (value, span.inside) {
        (Value::Object(map), inside) => vec![(Value::Object(map), inside)],
        (Value::Array(list), Inside::Elements(inner)) => list
            .into_iter()
            .zip(inner.into_iter().map(|s| s.inside))
            .collect(),
        _ => Vec::new(),
    };
    if sources.is_empty() || sources.iter().any(|(v, _)| !v.is_object()) {
        return Err(Refused::new(
            at,
            "<< merges an object or a list of objects, and this is neither",
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

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: usize) -> Result<Value, Refused> {
    let refused = |message: String| Refused::new(at, message);
    let Some(tag) = tag else {
        return match style {
            ScalarStyle::Plain => plain_yaml(text).map_err(refused),
            _ => Ok(Value::String(text.to_owned())),
        };
    };
    if tag.original() == "!" {
        return Ok(Value::String(text.to_owned()));
    }
    let wrong = |what: &str| refused(format!("{text:?} is no {what}"));
    match tag.core_suffix() {
        Some("str") => Ok(Value::String(text.to_owned())),
        Some("null") => Ok(Value::Null),
        Some("bool") => match plain_yaml(text) {
            Ok(Value::Bool(value)) => Ok(Value::Bool(value)),
            _ => Err(wrong("boolean")),
        },
        Some("int" | "float") => match json_number(text) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(wrong("number as JSON writes it")),
        },
        _ => Err(unknown_tag(tag, at)),
    }
}

fn only_tag(tag: Option<&Tag>, suffix: &str, at: usize) -> Result<(), Refused> {
    match tag {
        Some(tag) if tag.original() != "!" && !tag.is_yaml_core_schema_tag(suffix) => {
            Err(unknown_tag(tag, at))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, at: usize) -> Refused {
    Refused::new(
        at,
        format!(
            "the tag {} is not resolved here; write the value itself, or a placeholder",
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
