//! Unknown members, values of the wrong type, missing members, and the size of a task definition.

use std::io;

use serde_json::{Map, Number, Value};

use super::code::LintCode;
use super::context::{LintContext, elements};
use super::typos;
use crate::model::{Member, Type, members};
use crate::value_kind::value_kind;
use crate::{nearest, pointer};

/// The longest definition that ECS accepts, in bytes of JSON.
const MAX_BYTES: usize = 64 * 1024;
const MAX_CONTAINERS: usize = 10;

/// Checks all members of the document against the service model.
pub(super) fn types(context: &mut LintContext<'_>) {
    let (definition, kind) = (context.definition, context.kind);
    match definition {
        Value::Object(map) => object(context, map, &kind.accepted(), &mut String::new()),
        _ => value(context, definition, &kind.whole(), &mut String::new()),
    }
}

/// Checks the types, and what ECS requires of a whole task definition.
pub(super) fn check(context: &mut LintContext<'_>) {
    let definition = context.definition;
    types(context);
    for container in context.containers() {
        for member in ["name", "image"] {
            if container.value[member].is_null() {
                let message = format!("{} has no {member}", container_or_name(container.name));
                context.report(LintCode::MissingMember, container.at.clone(), message);
            }
        }
    }
    if definition["containerDefinitions"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        context.report(
            LintCode::MissingMember,
            "/containerDefinitions",
            "the definition has no containers",
        );
    }
    let bytes = bytes_of(definition);
    if bytes > MAX_BYTES {
        let message = format!("the definition has {bytes} bytes; ECS accepts at most {MAX_BYTES}");
        context.report(LintCode::TooLarge, "", message);
    }
    let count = elements(definition, "containerDefinitions").len();
    if count > MAX_CONTAINERS {
        let message =
            format!("the definition has {count} containers; ECS accepts at most {MAX_CONTAINERS}");
        context.report_name(LintCode::TooLarge, "/containerDefinitions", message);
    }
}

/// The length of the definition as compact JSON, without a copy of it.
fn bytes_of(definition: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting bytes cannot fail.
    let _ = serde_json::to_writer(&mut count, definition);
    count.0
}

fn container_or_name(name: &str) -> String {
    if name.is_empty() {
        "a container".to_owned()
    } else {
        format!("container {name}")
    }
}

fn value(context: &mut LintContext<'_>, value: &Value, of: &Type, at: &mut String) {
    let here = at.len();
    match (value, of) {
        // Null means the same as absent.
        (Value::Null, _) | (_, Type::Any) => {}
        (Value::Object(map), Type::Structure(name)) => object(context, map, members(name), at),
        (Value::Object(map), Type::Map(of)) => {
            for (name, inner) in map {
                pointer::push(at, name);
                self::value(context, inner, of, at);
                at.truncate(here);
            }
        }
        (Value::Array(list), Type::List(of)) => {
            for (index, inner) in list.iter().enumerate() {
                pointer::push(at, &index.to_string());
                self::value(context, inner, of, at);
                at.truncate(here);
            }
        }
        (Value::String(text), Type::Enumeration(words)) => enumeration(context, text, words, at),
        (Value::String(_), Type::String)
        | (Value::Bool(_), Type::Boolean)
        | (Value::Number(_), Type::Number | Type::Timestamp) => {}
        (Value::Number(number), Type::Integer) if is_whole(number) => {}
        (value, of) => {
            let message = format!(
                "{} is {}; ECS expects {}{}",
                path(at),
                match value {
                    Value::Number(_) if *of == Type::Integer => "not a whole number of 32 bits",
                    value => value_kind(value),
                },
                of.words(),
                better(value, of, at),
            );
            context.report(LintCode::WrongType, at.as_str(), message);
        }
    }
}

fn object(
    context: &mut LintContext<'_>,
    map: &Map<String, Value>,
    known: &[Member],
    at: &mut String,
) {
    let here = at.len();
    for (member, inner) in map {
        pointer::push(at, member);
        match known.iter().find(|m| m.name == member) {
            Some(member) => value(context, inner, &member.kind, at),
            None => unknown(context, member, map, known, at),
        }
        at.truncate(here);
    }
    for member in known.iter().filter(|m| m.required) {
        if map.get(member.name).is_none_or(Value::is_null) {
            let whole = if at.is_empty() {
                "the definition".to_owned()
            } else {
                path(at)
            };
            let message = format!("{whole} has no {}", member.name);
            context.report(LintCode::MissingMember, at.as_str(), message);
        }
    }
}

fn unknown(
    context: &mut LintContext<'_>,
    member: &str,
    map: &Map<String, Value>,
    known: &[Member],
    at: &str,
) {
    let (code, near) = match typos::intended(member, map, known) {
        Some(intended) => (LintCode::MisspelledMember, Some(intended)),
        None => {
            let similar = typos::similar(member, known).map(str::to_owned);
            (LintCode::UnknownMember, similar)
        }
    };
    let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    let message = format!("unknown member {}{near}", path(at));
    context.report_name(code, at, message);
}

fn enumeration(context: &mut LintContext<'_>, text: &str, words: &[&str], at: &str) {
    if words.contains(&text) {
        return;
    }
    let near = nearest(text, words.iter().copied());
    let known = match near.first() {
        Some(near) => format!("; did you mean {near}?"),
        None => format!("; known values: {}", words.join(", ")),
    };
    let message = format!("unknown value {text:?} of {}{known}", path(at));
    context.report(LintCode::UnknownValue, at, message);
}

/// Whether the number fits into 32 bits, as ECS's integers do.
fn is_whole(number: &Number) -> bool {
    number.to_string().parse::<i32>().is_ok()
}

/// The value in the notation of the expected type, but never the value of a variable.
fn better(value: &Value, of: &Type, at: &str) -> String {
    match (value, of) {
        _ if at.contains("/environment/") => "; put it in quotes".to_owned(),
        (Value::Number(_) | Value::Bool(_), Type::String | Type::Enumeration(_)) => {
            format!(": \"{value}\"")
        }
        (Value::String(text), Type::Integer | Type::Number) if text.parse::<i64>().is_ok() => {
            format!(": {text}")
        }
        (Value::String(text), Type::Boolean) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => ": true".to_owned(),
            "false" | "no" | "off" => ": false".to_owned(),
            _ => String::new(),
        },
        (Value::String(_), Type::List(_)) => ", e.g. [\"…\"]".to_owned(),
        _ => String::new(),
    }
}

/// A pointer in JavaScript notation: `containerDefinitions[0].image`.
pub(super) fn path(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer::tokens(pointer).unwrap_or_default() {
        if token.parse::<usize>().is_ok() {
            path.push_str(&format!("[{token}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&token);
        }
    }
    path
}
