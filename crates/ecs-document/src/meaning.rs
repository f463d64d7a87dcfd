//! When two definitions mean the same: the form they are brought into before they are compared.
//!
//! Null is absent, and so is what AWS fills in by itself; order counts only where it counts to
//! ECS; `"0.25 vCPU"` is `"256"`. Members that the model does not know are kept, and take part in
//! a digest; AWS never gives them back, so that a comparison with the live state leaves them out.

mod network;
mod number;
mod rules;
mod size;

use ecs_model::{is_arn, short_name};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::model::{self, DocumentKind, Type};
use network::Network;
use number::canonical_number;
pub(crate) use rules::{Order, order};
pub use size::{cpu_units, memory_mebibytes};

/// What describing a task definition adds and registering does not take: the members of these
/// names that are there.
pub fn read_only(definition: &Value) -> Vec<&'static str> {
    model::read_only_members()
        .filter(|name| definition.get(*name).is_some())
        .collect()
}

/// Takes away what describing a task definition adds and registering does not take. Gives the
/// names of what went.
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
        whole_form(kind, declared, Unknown::Left),
        whole_form(kind, live, Unknown::Left),
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

/// Whether everything that is declared is so in the live value; what is live beyond it, as AWS's
/// own defaults, does not count. `of` is the type of both: `DocumentKind::CreateService.whole()`, or the
/// type of one member of it.
pub fn covers(of: &Type, declared: &Value, live: &Value) -> bool {
    let how = Form {
        network: Network::of(live),
        unknown: Unknown::Left,
        empty: Empty::Kept,
    };
    let declared = how.value(declared, Some(of)).unwrap_or_default();
    let live = how.value(live, Some(of)).unwrap_or_default();
    is_within(&declared, &live, Some(of), Order::Counts)
}

/// The SHA-256, in hexadecimal, of what a definition means, unknown members included: two
/// documents with one digest would make the same revision.
pub fn digest(kind: DocumentKind, definition: &Value) -> String {
    let form = normal_form(kind, definition);
    // The number is the form's version: when the form changes, so do all digests.
    let text = format!("1\n{form}");
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A definition as it is compared: members sorted by name, lists where their order means nothing
/// too, nothing in it that says what is so anyway.
pub fn normal_form(kind: DocumentKind, definition: &Value) -> Value {
    whole_form(kind, definition, Unknown::Kept)
}

fn whole_form(kind: DocumentKind, definition: &Value, unknown: Unknown) -> Value {
    let how = Form {
        network: Network::of(definition),
        unknown,
        empty: Empty::Left,
    };
    how.value(definition, Some(&kind.whole()))
        .unwrap_or_default()
}

/// What becomes of members that the model does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Kept,
    Left,
}

/// What becomes of an empty list or object: in a task definition it says nothing; in what a
/// service declares it takes away what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Empty {
    Kept,
    Left,
}

#[derive(Debug, Clone, Copy)]
struct Form {
    network: Network,
    unknown: Unknown,
    empty: Empty,
}

impl Form {
    /// The normal form; `None` where the value says nothing.
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
                let says_nothing = elements.is_empty() && of.is_some() && self.empty == Empty::Left;
                (!says_nothing).then_some(Value::Array(elements))
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
            if structure.is_some() && kind.is_none() && self.unknown == Unknown::Left {
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
        let says_nothing = normal.is_empty() && may_be_left && self.empty == Empty::Left;
        (!says_nothing).then_some(Value::Object(normal))
    }
}

fn sort(elements: &mut [Value], order: Order) {
    match order {
        Order::Counts => {}
        Order::By(key) => elements.sort_by_cached_key(|e| match &e[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
        Order::None => elements.sort_by_cached_key(Value::to_string),
    }
}

fn is_within(declared: &Value, live: &Value, of: Option<&Type>, order: Order) -> bool {
    match (declared, live) {
        (Value::Null, _) => true,
        (Value::Object(declared), Value::Object(live)) => declared.iter().all(|(name, value)| {
            let inner = of.and_then(|t| t.inside(name));
            let order = match of {
                Some(Type::Structure(structure)) => rules::order(structure, name),
                _ => Order::Counts,
            };
            // Where nothing is live, the default is: an empty declaration asks for no more.
            live.get(name)
                .map_or(is_empty(value), |live| is_within(value, live, inner, order))
        }),
        (Value::Array(declared), Value::Array(live)) if declared.len() == live.len() => {
            let inner = of.and_then(|t| t.inside("0"));
            let within = |one: &Value, other: &Value| is_within(one, other, inner, Order::Counts);
            if order == Order::Counts {
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
