//! What differs between two definitions, by what it means: variables by name, lists without their
//! order where ECS sees none, nothing that ECS fills in by itself.
//!
//! A variable's value is in a difference only where that was asked for; else it is gone before
//! there is anything to print.

mod image;
mod say;

use serde_json::{Map, Value};

use crate::meaning::{self, Order, order};
use crate::model::{DocumentKind, Type};
pub use say::Marks;

/// What a definition is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Another document: every member counts.
    Document,
    /// What ECS holds: it has dropped the members that it does not know, so that they are no
    /// difference.
    Live,
}

/// What happens to variables' values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    Hidden,
    Shown,
}

/// What differs, in the order in which a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: Vec<Step>,
    pub what: What,
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// The element of a list that is known by this name.
    Named(String),
    /// Some element of a list whose order means nothing.
    Element,
}

/// What became of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Added(Value),
    Removed(Value),
    Changed(Value, Value),
    /// As one of these, of a value that is not to be seen.
    AddedHidden,
    RemovedHidden,
    ChangedHidden,
}

impl Diff {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What `after` changes of `before`.
pub fn diff(
    kind: DocumentKind,
    before: &Value,
    after: &Value,
    against: Against,
    values: Values,
) -> Diff {
    let mut walk = Walk {
        against,
        values,
        path: Vec::new(),
        changes: Vec::new(),
    };
    let before = meaning::normal_form(kind, before);
    let after = meaning::normal_form(kind, after);
    walk.value(
        Some(&before),
        Some(&after),
        Some(&kind.whole()),
        Order::Counts,
    );
    Diff {
        changes: walk.changes,
    }
}

struct Walk {
    against: Against,
    values: Values,
    path: Vec<Step>,
    changes: Vec<Change>,
}

impl Walk {
    fn value(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        of: Option<&Type>,
        order: Order,
    ) {
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                self.objects(before, after, of);
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) if order != Order::Counts => {
                self.lists(before, after, of, order);
            }
            // A list or object of small things that is new or gone is told by those things.
            (None, Some(Value::Array(after))) if order != Order::Counts => {
                self.lists(&[], after, of, order);
            }
            (Some(Value::Array(before)), None) if order != Order::Counts => {
                self.lists(before, &[], of, order);
            }
            (None, Some(Value::Object(after))) if matches!(of, Some(Type::Map(_))) => {
                self.objects(&Map::new(), after, of);
            }
            (Some(Value::Object(before)), None) if matches!(of, Some(Type::Map(_))) => {
                self.objects(before, &Map::new(), of);
            }
            (before, after) if before != after => self.change(before, after),
            _ => {}
        }
    }

    fn objects(
        &mut self,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        of: Option<&Type>,
    ) {
        let structure = match of {
            Some(Type::Structure(name)) => Some(*name),
            _ => None,
        };
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort_by_key(|name| (rank(name), *name));
        names.dedup();
        for name in names {
            let (one, other) = (before.get(name), after.get(name));
            let inner = of.and_then(|t| t.inside(name));
            let is_unknown = structure.is_some() && inner.is_none();
            if is_unknown && self.against == Against::Live && (one.is_none() || other.is_none()) {
                continue;
            }
            let order = structure.map_or(Order::Counts, |structure| order(structure, name));
            self.path.push(Step::Member(name.clone()));
            self.value(one, other, inner, order);
            self.path.pop();
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], of: Option<&Type>, order: Order) {
        let inner = of.and_then(|t| t.inside("0"));
        let key = match order {
            Order::By(key) => Some(key),
            _ => None,
        };
        let is_same = |one: &Value, other: &Value| match key {
            Some(key) if !one[key].is_null() => one[key] == other[key],
            _ => one == other,
        };
        let mut left: Vec<&Value> = after.iter().collect();
        let mut pairs: Vec<(Option<&Value>, Option<&Value>)> = Vec::new();
        for one in before {
            let found = left.iter().position(|other| is_same(one, other));
            pairs.push((Some(one), found.map(|at| left.remove(at))));
        }
        pairs.extend(left.into_iter().map(|other| (None, Some(other))));
        for (one, other) in pairs {
            let named = one.or(other).and_then(|e| e[key?].as_str());
            self.path.push(match named {
                Some(name) => Step::Named(name.to_owned()),
                None => Step::Element,
            });
            self.value(one, other, inner, Order::Counts);
            self.path.pop();
        }
    }

    fn change(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let is_hidden = self.values == Values::Hidden && self.is_variable();
        let shown = |value: &Value| match self.values {
            Values::Shown => value.clone(),
            Values::Hidden => without_values(value),
        };
        let what = match (before, after) {
            (None, Some(_)) if is_hidden => What::AddedHidden,
            (Some(_), None) if is_hidden => What::RemovedHidden,
            (Some(_), Some(_)) if is_hidden => What::ChangedHidden,
            (None, Some(after)) => What::Added(shown(after)),
            (Some(before), None) => What::Removed(shown(before)),
            (Some(before), Some(after)) => What::Changed(shown(before), shown(after)),
            (None, None) => return,
        };
        self.changes.push(Change {
            path: self.path.clone(),
            what,
        });
    }

    /// Whether the path is at or in a variable of an environment.
    fn is_variable(&self) -> bool {
        self.path
            .iter()
            .any(|step| matches!(step, Step::Member(name) if name == "environment"))
    }
}

/// A value in which variables have their names only.
fn without_values(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| match (name.as_str(), member) {
                ("environment", Value::Array(variables)) => {
                    let names = variables.iter().map(|v| v["name"].clone());
                    (name.clone(), Value::Array(names.collect()))
                }
                ("environment", _) => (name.clone(), Value::Null),
                _ => (name.clone(), without_values(member)),
            })
            .collect(),
        Value::Array(elements) => elements.iter().map(without_values).collect(),
        other => other.clone(),
    }
}

/// What a person looks for first.
fn rank(name: &str) -> u8 {
    match name {
        "containerDefinitions" | "image" => 0,
        "command" | "entryPoint" => 1,
        "environment" => 2,
        "secrets" => 3,
        "tags" => 9,
        _ => 5,
    }
}
