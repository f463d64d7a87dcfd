//! Members that ECS does not know, values of a type that it refuses, members that it needs.

use std::io;

use serde_json::{Number, Value};

use super::code::Code;
use super::look::{Look, elements};
use crate::model::{DocumentKind, Type, members};
use crate::{kind, nearest, pointer};

/// The longest definition that ECS takes, in bytes of JSON.
const MAX_BYTES: usize = 64 * 1024;
const MAX_CONTAINERS: usize = 10;

pub(super) fn look(look: &mut Look<'_>) {
    let definition = look.definition;
    let whole = DocumentKind::TaskDefinition.whole();
    value(look, definition, &whole, &mut String::new());
    for container in look.containers() {
        for member in ["name", "image"] {
            if container.value[member].is_null() {
                let message = format!("{} has no {member}", said(container.name));
                look.report(Code::MissingMember, container.at.clone(), message);
            }
        }
    }
    if definition["containerDefinitions"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        look.report(
            Code::MissingMember,
            "/containerDefinitions",
            "the definition has no containers",
        );
    }
    let bytes = bytes_of(definition);
    if bytes > MAX_BYTES {
        let message =
            format!("the definition has {bytes} bytes, more than the {MAX_BYTES} that ECS takes");
        look.report(Code::TooLarge, "", message);
    }
    let count = elements(definition, "containerDefinitions").len();
    if count > MAX_CONTAINERS {
        let message = format!("{count} containers, more than the {MAX_CONTAINERS} that ECS takes");
        look.report_name(Code::TooLarge, "/containerDefinitions", message);
    }
}

/// How long the definition is as ECS gets it, without a copy of it.
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
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut count, definition);
    count.0
}

fn said(name: &str) -> String {
    if name.is_empty() {
        "a container".to_owned()
    } else {
        format!("container {name}")
    }
}

fn value(look: &mut Look<'_>, value: &Value, of: &Type, at: &mut String) {
    let here = at.len();
    match (value, of) {
        // Null is absent.
        (Value::Null, _) | (_, Type::Any) => {}
        (Value::Object(map), Type::Structure(name)) => structure(look, map, name, at),
        (Value::Object(map), Type::Map(of)) => {
            for (name, inner) in map {
                pointer::push(at, name);
                self::value(look, inner, of, at);
                at.truncate(here);
            }
        }
        (Value::Array(list), Type::List(of)) => {
            for (index, inner) in list.iter().enumerate() {
                pointer::push(at, &index.to_string());
                self::value(look, inner, of, at);
                at.truncate(here);
            }
        }
        (Value::String(text), Type::Enumeration(words)) => enumeration(look, text, words, at),
        (Value::String(_), Type::String)
        | (Value::Bool(_), Type::Boolean)
        | (Value::Number(_), Type::Number | Type::Timestamp) => {}
        (Value::Number(number), Type::Integer) if is_whole(number) => {}
        (value, of) => {
            let message = format!(
                "{} is {}; ECS takes {} here{}",
                path(at),
                match value {
                    Value::Number(_) if *of == Type::Integer => "no whole number of 32 bits",
                    value => kind::kind(value),
                },
                of.words(),
                better(value, of, at),
            );
            look.report(Code::WrongType, at.as_str(), message);
        }
    }
}

fn structure(
    look: &mut Look<'_>,
    map: &serde_json::Map<String, Value>,
    name: &str,
    at: &mut String,
) {
    let known = members(name);
    let here = at.len();
    for (member, inner) in map {
        pointer::push(at, member);
        match known.iter().find(|m| m.name == member) {
            Some(member) => value(look, inner, &member.kind, at),
            None => {
                let near = nearest(member, known.iter().map(|m| m.name));
                let near = match near.first() {
                    Some(near) => format!("; {near} may be meant"),
                    None => String::new(),
                };
                let message = format!("ECS knows no {}{near}", path(at));
                look.report_name(Code::UnknownMember, at.as_str(), message);
            }
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
            look.report(Code::MissingMember, at.as_str(), message);
        }
    }
}

fn enumeration(look: &mut Look<'_>, text: &str, words: &[&str], at: &str) {
    if words.contains(&text) {
        return;
    }
    let near = nearest(text, words.iter().copied());
    let known = match near.first() {
        Some(near) => format!("; {near} may be meant"),
        None => format!("; it knows {}", words.join(", ")),
    };
    let message = format!("ECS knows no {} {text:?}{known}", path(at));
    look.report(Code::UnknownValue, at, message);
}

/// ECS's integers have 32 bits.
fn is_whole(number: &Number) -> bool {
    number.to_string().parse::<i32>().is_ok()
}

/// How the value would be written in the type that is wanted. Never the value of a variable.
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
        (Value::String(_), Type::List(_)) => ", as [\"…\"]".to_owned(),
        _ => String::new(),
    }
}

/// A pointer as a person says it: `containerDefinitions[0].image`.
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
