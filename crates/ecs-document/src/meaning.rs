//! When two definitions mean the same: the normal form in which they are compared.
//!
//! Decided here: null and ECS's defaults are the same as an absent member, order counts only if it
//! counts to ECS, and `"0.25 vCPU"` is `"256"`. A digest includes members that the model does not
//! know. ECS never returns such members, so a comparison with the live state ignores them.

mod network;
mod number;
mod rules;
mod size;

use ecs_model::{is_arn, short_name};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::model::{self, DocumentKind, Type};
use network::HostPorts;
use number::canonical_number;
pub(crate) use rules::{ListOrder, order};
pub use size::{cpu_units, memory_mebibytes};

/// The names of the members that ECS adds to a task definition when it describes one, and that
/// RegisterTaskDefinition does not accept.
pub fn read_only(definition: &Value) -> Vec<&'static str> {
    model::read_only_members()
        .filter(|name| definition.get(*name).is_some())
        .collect()
}

/// Removes the [`read_only`] members. Returns their names.
pub fn strip_read_only(definition: &mut Value) -> Vec<&'static str> {
    let gone = read_only(definition);
    if let Value::Object(members) = definition {
        for name in &gone {
            members.shift_remove(*name);
        }
    }
    gone
}

/// Whether a declared definition and the live one mean the same to ECS.
pub fn same_meaning(kind: DocumentKind, declared: &Value, live: &Value) -> bool {
    let (mut declared, mut live) = (
        normalize(kind, declared, UnknownMembers::Dropped),
        normalize(kind, live, UnknownMembers::Dropped),
    );
    for role in ["taskRoleArn", "executionRoleArn"] {
        if let (Some(Value::String(one)), Some(Value::String(other))) =
            (declared.get_mut(role), live.get_mut(role))
            && is_arn(one) != is_arn(other)
        {
            *one = short_name(one).to_owned();
            *other = short_name(other).to_owned();
        }
    }
    declared == live
}

/// Whether the live value contains everything that is declared. Further live members, e.g. AWS's
/// defaults, do not count. `of` is the type of both values: `DocumentKind::CreateService.whole()`,
/// or the type of one of its members.
pub fn covers(of: &Type, declared: &Value, live: &Value) -> bool {
    let normalizer = Normalizer {
        network: HostPorts::of(live),
        unknown: UnknownMembers::Dropped,
        empty: EmptyValues::Kept,
    };
    let declared = normalizer.value(declared, Some(of)).unwrap_or_default();
    let live = normalizer.value(live, Some(of)).unwrap_or_default();
    is_within(&declared, &live, Some(of), ListOrder::Counts)
}

/// The SHA-256 of a definition's meaning in hexadecimal, unknown members included. Two documents
/// with the same digest would become the same revision.
pub fn digest(kind: DocumentKind, definition: &Value) -> String {
    let form = normal_form(kind, definition);
    // The version of the normal form: all digests change with it.
    let text = format!("1\n{form}");
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The form in which definitions are compared: members are sorted by name, lists are sorted if
/// their order does not count, and defaults are removed.
pub fn normal_form(kind: DocumentKind, definition: &Value) -> Value {
    normalize(kind, definition, UnknownMembers::Kept)
}

fn normalize(kind: DocumentKind, definition: &Value, unknown: UnknownMembers) -> Value {
    let normalizer = Normalizer {
        network: HostPorts::of(definition),
        unknown,
        empty: EmptyValues::Dropped,
    };
    normalizer
        .value(definition, Some(&kind.whole()))
        .unwrap_or_default()
}

/// What happens to members that the model does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnknownMembers {
    Kept,
    Dropped,
}

/// What happens to an empty list or object. In a task definition it means the same as an absent
/// one; in a service definition it removes what the service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EmptyValues {
    Kept,
    Dropped,
}

#[derive(Debug, Clone, Copy)]
struct Normalizer {
    network: HostPorts,
    unknown: UnknownMembers,
    empty: EmptyValues,
}

impl Normalizer {
    /// The normal form; `None` if the value means the same as an absent one.
    fn value(&self, value: &Value, of: Option<&Type>) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::Bool(_) | Value::String(_) => Some(value.clone()),
            Value::Number(number) => Some(Value::Number(Number::from_string_unchecked(
                canonical_number(number),
            ))),
            Value::Array(elements) => {
                let inner = of.and_then(|t| t.inside("0"));
                let elements: Vec<Value> = elements
                    .iter()
                    .map(|e| self.value(e, inner).unwrap_or_default())
                    .collect();
                let is_redundant =
                    elements.is_empty() && of.is_some() && self.empty == EmptyValues::Dropped;
                (!is_redundant).then_some(Value::Array(elements))
            }
            Value::Object(members) => self.object(members, of),
        }
    }

    fn object(&self, members: &Map<String, Value>, of: Option<&Type>) -> Option<Value> {
        let structure = match of {
            Some(Type::Structure(name)) => Some(*name),
            _ => None,
        };
        let mut names: Vec<&String> = members.keys().collect();
        names.sort_unstable();
        let mut normal = Map::new();
        for name in names {
            let kind = of.and_then(|t| t.inside(name));
            if structure.is_some() && kind.is_none() && self.unknown == UnknownMembers::Dropped {
                continue;
            }
            let Some(mut value) = self.value(&members[name.as_str()], kind) else {
                continue;
            };
            if let Some(structure) = structure {
                if let Value::Array(elements) = &mut value {
                    sort(elements, order(structure, name));
                }
                if let (Some(size), Value::String(text)) = (rules::size(structure, name), &value)
                    && let Some(number) = size(text)
                {
                    value = Value::String(number.to_string());
                }
                if rules::is_default(structure, name, &value, members, self.network) {
                    continue;
                }
            }
            normal.insert(name.clone(), value);
        }
        let may_be_left = match of {
            Some(Type::Structure(name)) => rules::is_nothing_when_empty(name),
            Some(Type::Map(_)) => true,
            _ => false,
        };
        let is_redundant = normal.is_empty() && may_be_left && self.empty == EmptyValues::Dropped;
        (!is_redundant).then_some(Value::Object(normal))
    }
}

fn sort(elements: &mut [Value], order: ListOrder) {
    match order {
        ListOrder::Counts => {}
        ListOrder::By(key) => elements.sort_by_cached_key(|e| match &e[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
        ListOrder::None => elements.sort_by_cached_key(Value::to_string),
    }
}

fn is_within(declared: &Value, live: &Value, of: Option<&Type>, order: ListOrder) -> bool {
    match (declared, live) {
        (Value::Null, _) => true,
        (Value::Object(declared), Value::Object(live)) => declared.iter().all(|(name, value)| {
            let inner = of.and_then(|t| t.inside(name));
            let order = match of {
                Some(Type::Structure(structure)) => rules::order(structure, name),
                _ => ListOrder::Counts,
            };
            // An absent live value is the default, which an empty declaration matches.
            live.get(name)
                .map_or(is_empty(value), |live| is_within(value, live, inner, order))
        }),
        (Value::Array(declared), Value::Array(live)) if declared.len() == live.len() => {
            let inner = of.and_then(|t| t.inside("0"));
            let within =
                |one: &Value, other: &Value| is_within(one, other, inner, ListOrder::Counts);
            if order == ListOrder::Counts {
                return declared
                    .iter()
                    .zip(live)
                    .all(|(one, other)| within(one, other));
            }
            let mut left: Vec<&Value> = live.iter().collect();
            declared.iter().all(|one| {
                let found = left.iter().position(|other| within(one, other));
                found.map(|at| left.swap_remove(at)).is_some()
            })
        }
        (declared, live) => declared == live,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}
