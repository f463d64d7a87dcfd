//! JSON, with comments where they are allowed.
//!
//! The parser finds the tokens and their places; strings and numbers are read again from the text
//! itself, strictly, since it takes line breaks in strings.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Value};

use super::scalar::json_number;
use super::{Refused, twice};
use crate::span::{Inside, Span};

/// How deep a definition may nest. ECS's own nest some ten levels.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str, comments: bool) -> Result<(Value, Span), Refused> {
    let options = ParseOptions {
        allow_comments: comments,
        allow_trailing_commas: comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let at = error.range().start;
        Refused::new(at, sentence(&error.kind().to_string(), text, at))
    })?;
    match parsed.value {
        Some(ast) => value(&ast, text, 0),
        None => Err(Refused::new(0, "there is nothing but comments and blanks")),
    }
}

/// The parser's words as a fragment of ours, with the text it stumbled over.
fn sentence(said: &str, text: &str, at: usize) -> String {
    let mut chars = said.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    let said: String = first.into_iter().chain(chars).collect();
    let here: String = text
        .get(at..)
        .unwrap_or_default()
        .chars()
        .take_while(|c| !c.is_whitespace() && *c != ',')
        .take(20)
        .collect();
    if here.is_empty() {
        said
    } else {
        format!("{said}, at {here:?}")
    }
}

fn value(ast: &Ast<'_>, text: &str, depth: usize) -> Result<(Value, Span), Refused> {
    let range = ast.start()..ast.end();
    if depth > MAX_DEPTH {
        return Err(Refused::new(
            range.start,
            format!("nested more than {MAX_DEPTH} levels deep"),
        ));
    }
    let mut span = Span::scalar(range.clone());
    let value = match ast {
        Ast::NullKeyword(_) => Value::Null,
        Ast::BooleanLit(literal) => Value::Bool(literal.value),
        Ast::StringLit(_) => Value::String(string(text, range)?),
        Ast::NumberLit(literal) => match json_number(literal.value) {
            Some(number) => Value::Number(number),
            None => {
                return Err(Refused::new(
                    range.start,
                    format!("{} is not a number as JSON writes it", literal.value),
                ));
            }
        },
        Ast::Array(array) => {
            let mut elements = Vec::with_capacity(array.elements.len());
            let mut spans = Vec::with_capacity(array.elements.len());
            for element in &array.elements {
                let (element, inner) = value(element, text, depth + 1)?;
                elements.push(element);
                spans.push(inner);
            }
            span.inside = Inside::Elements(spans);
            Value::Array(elements)
        }
        Ast::Object(object) => {
            let mut members = Map::with_capacity(object.properties.len());
            let mut spans = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let name_range = match &property.name {
                    ObjectPropName::String(name) => name.start()..name.end(),
                    ObjectPropName::Word(word) => word.start()..word.end(),
                };
                let name = string(text, name_range.clone())?;
                if members.contains_key(&name) {
                    return Err(refuse_twice(&name, name_range.start, &spans, text));
                }
                let (member, mut inner) = value(&property.value, text, depth + 1)?;
                inner.name = Some(name_range);
                members.insert(name.clone(), member);
                spans.push((name, inner));
            }
            span.inside = Inside::Members(spans);
            Value::Object(members)
        }
    };
    Ok((value, span))
}

fn refuse_twice(name: &str, at: usize, spans: &[(String, Span)], text: &str) -> Refused {
    let first = spans.iter().find(|(known, _)| known == name);
    let first = first.and_then(|(_, span)| span.name.clone());
    Refused::new(at, twice(name, text, first.map_or(at, |range| range.start)))
}

fn string(text: &str, range: std::ops::Range<usize>) -> Result<String, Refused> {
    let start = range.start;
    let written = text.get(range).unwrap_or_default();
    serde_json::from_str(written).map_err(|error| {
        let said = error.to_string();
        let said = said.split(" at line").next().unwrap_or_default();
        Refused::new(start, format!("not a JSON string: {said}"))
    })
}
