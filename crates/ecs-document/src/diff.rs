//! What differs between two definitions in their meaning: variables are compared by name, the
//! order of a list counts only if ECS distinguishes it, and ECS's defaults are not differences.
//!
//! Decided here: what a difference is, and that it contains the value of a variable only if the
//! caller asks for values. Otherwise the value is dropped before anything can print it.

mod image;
mod lines;

use serde_json::{Map, Value};

use crate::meaning::{self, ListOrder, order};
use crate::model::{DocumentKind, Type};
pub use lines::Marks;

/// What a definition is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Another document: every member counts.
    Document,
    /// What ECS returned. It drops the members that it does not know, so they are not differences.
    Live,
}

/// Whether differences contain the values of environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueVisibility {
    Hidden,
    Shown,
}

/// All differences, the most important ones first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: Vec<PathStep>,
    pub kind: ChangeKind,
}

/// One step of the path from the document to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// A member of an object.
    Member(String),
    /// The list element with this name.
    Named(String),
    /// An element without a name, of a list whose order does not count.
    Element,
}

/// How a value changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    Added(Value),
    Removed(Value),
    Changed(Value, Value),
    // The same three, without the value, which is secret.
    AddedHidden,
    RemovedHidden,
    ChangedHidden,
}

impl Diff {
    /// Whether the definitions mean the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two definitions: what `after` changes in `before`.
pub fn diff(
    kind: DocumentKind,
    before: &Value,
    after: &Value,
    baseline: Baseline,
    visibility: ValueVisibility,
) -> Diff {
    let mut comparison = Comparison {
        baseline,
        visibility,
        path: Vec::new(),
        changes: Vec::new(),
    };
    let before = meaning::normal_form(kind, before);
    let after = meaning::normal_form(kind, after);
    comparison.value(
        Some(&before),
        Some(&after),
        Some(&kind.whole()),
        ListOrder::Counts,
    );
    Diff {
        changes: comparison.changes,
    }
}

struct Comparison {
    baseline: Baseline,
    visibility: ValueVisibility,
    path: Vec<PathStep>,
    changes: Vec<Change>,
}

impl Comparison {
    fn value(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        of: Option<&Type>,
        order: ListOrder,
    ) {
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                self.objects(before, after, of);
            }
            (Some(Value::Array(before)), Some(Value::Array(after)))
                if order != ListOrder::Counts =>
            {
                self.lists(before, after, of, order);
            }
            // Report each element of a list that was added or removed, not the list as a whole.
            (None, Some(Value::Array(after))) if order != ListOrder::Counts => {
                self.lists(&[], after, of, order);
            }
            (Some(Value::Array(before)), None) if order != ListOrder::Counts => {
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
            if is_unknown && self.baseline == Baseline::Live && (one.is_none() || other.is_none()) {
                continue;
            }
            let order = structure.map_or(ListOrder::Counts, |structure| order(structure, name));
            self.path.push(PathStep::Member(name.clone()));
            self.value(one, other, inner, order);
            self.path.pop();
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], of: Option<&Type>, order: ListOrder) {
        let inner = of.and_then(|t| t.inside("0"));
        let key = match order {
            ListOrder::By(key) => Some(key),
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
                Some(name) => PathStep::Named(name.to_owned()),
                None => PathStep::Element,
            });
            self.value(one, other, inner, ListOrder::Counts);
            self.path.pop();
        }
    }

    fn change(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let is_hidden = self.visibility == ValueVisibility::Hidden && self.is_variable();
        let shown = |value: &Value| match self.visibility {
            ValueVisibility::Shown => value.clone(),
            ValueVisibility::Hidden => without_values(value),
        };
        let kind = match (before, after) {
            (None, Some(_)) if is_hidden => ChangeKind::AddedHidden,
            (Some(_), None) if is_hidden => ChangeKind::RemovedHidden,
            (Some(_), Some(_)) if is_hidden => ChangeKind::ChangedHidden,
            (None, Some(after)) => ChangeKind::Added(shown(after)),
            (Some(before), None) => ChangeKind::Removed(shown(before)),
            (Some(before), Some(after)) => ChangeKind::Changed(shown(before), shown(after)),
            (None, None) => return,
        };
        self.changes.push(Change {
            path: self.path.clone(),
            kind,
        });
    }

    /// Whether the path leads to an environment variable or into one.
    fn is_variable(&self) -> bool {
        self.path
            .iter()
            .any(|step| matches!(step, PathStep::Member(name) if name == "environment"))
    }
}

/// The value with the names of environment variables, but without their values.
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

/// What readers look for first comes first.
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
