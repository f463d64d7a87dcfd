//! Mistakes in a task definition, found before AWS finds them, or before nobody does.
//!
//! An error is what ECS refuses, or what cannot run; a warning is what it takes and what is seldom
//! meant. Each has a code and a page, `docs/lints/CODE.md`. No message ever holds the value of a
//! variable.

mod code;
mod containers;
mod dependencies;
mod fargate;
mod health;
mod images;
mod logs;
mod names;
mod network;
mod references;
mod secrets;
mod shape;
mod size;

use serde_json::Value;

use crate::edits::containers as containers_of;
use crate::{Document, Place, pointer};
pub use code::{Code, ParseCodeError, Severity};
pub use size::fargate_memory;

/// What is known beside the document.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The region it is meant for.
    pub region: Option<String>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    pub code: Code,
    pub severity: Severity,
    /// A lowercase fragment. It names the container; it holds no variable's value.
    pub message: String,
    /// JSON pointer of what is wrong.
    pub pointer: String,
    /// Where that stands in the text.
    pub place: Option<Place>,
}

/// Looks a task definition over. The findings come in the order of the text.
pub fn lint(document: &Document, context: &Context) -> Vec<Lint> {
    let mut look = Look::new(document, context);
    shape::look(&mut look);
    if document.value()["containerDefinitions"].is_array() {
        names::look(&mut look);
        containers::look(&mut look);
        dependencies::look(&mut look);
        health::look(&mut look);
        network::look(&mut look);
        size::look(&mut look);
        fargate::look(&mut look);
        logs::look(&mut look);
        images::look(&mut look);
        references::look(&mut look);
        secrets::look(&mut look);
    }
    let mut found = look.found;
    found.sort_by(|one, other| {
        (one.place, one.code.as_str()).cmp(&(other.place, other.code.as_str()))
    });
    found
}

/// A container, its name, and its place in the document.
struct Container<'d> {
    name: &'d str,
    at: String,
    value: &'d Value,
}

impl Container<'_> {
    fn pointer(&self, member: &str) -> String {
        pointer::join(&self.at, member)
    }

    fn is_essential(&self) -> bool {
        self.value["essential"].as_bool().unwrap_or(true)
    }
}

/// The document while it is looked over, and what was found.
struct Look<'d> {
    document: &'d Document,
    definition: &'d Value,
    context: &'d Context,
    /// Meant for Fargate: it says so, or it says nothing and has Fargate's network mode.
    is_fargate: bool,
    found: Vec<Lint>,
}

impl<'d> Look<'d> {
    fn new(document: &'d Document, context: &'d Context) -> Self {
        let definition = document.value();
        let compatibilities = elements(definition, "requiresCompatibilities");
        let is_fargate = match compatibilities {
            [] => definition["networkMode"] == "awsvpc",
            named => named.iter().any(|c| c == "FARGATE"),
        };
        Self {
            document,
            definition,
            context,
            is_fargate,
            found: Vec::new(),
        }
    }

    fn containers(&self) -> Vec<Container<'d>> {
        let definition = self.definition;
        containers_of(definition)
            .filter_map(|(name, at)| {
                let value = definition.pointer(&at)?;
                value.is_object().then_some(Container { name, at, value })
            })
            .collect()
    }

    /// Reports what is wrong with the value at a pointer.
    fn report(&mut self, code: Code, pointer: impl Into<String>, message: impl Into<String>) {
        let pointer = pointer.into();
        let place = self.document.place(&pointer);
        self.push(code, pointer, place, message.into());
    }

    /// Reports what is wrong with the name of a member, or that it is there at all.
    fn report_name(&mut self, code: Code, pointer: impl Into<String>, message: impl Into<String>) {
        let pointer = pointer.into();
        let place = self.document.place_of_name(&pointer);
        self.push(code, pointer, place, message.into());
    }

    fn push(&mut self, code: Code, pointer: String, place: Option<Place>, message: String) {
        self.found.push(Lint {
            code,
            severity: code.severity(),
            message,
            pointer,
            place,
        });
    }
}

/// The elements of a list that is a member; none where there is no list.
fn elements<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The text of a member; none where there is no text.
fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value[member].as_str()
}
