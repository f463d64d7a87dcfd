//! A document while it is looked over, and what was found in it.

use serde_json::Value;

use super::code::{Code, Severity};
use crate::edits::containers as containers_of;
use crate::{Document, LineColumn, pointer};

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
    pub place: Option<LineColumn>,
}

/// A container, its name, and its place in the document.
pub(super) struct Container<'d> {
    pub(super) name: &'d str,
    pub(super) at: String,
    pub(super) value: &'d Value,
}

impl Container<'_> {
    pub(super) fn pointer(&self, member: &str) -> String {
        pointer::join(&self.at, member)
    }

    pub(super) fn is_essential(&self) -> bool {
        self.value["essential"].as_bool().unwrap_or(true)
    }
}

/// The document while it is looked over, and what was found.
pub(super) struct Look<'d> {
    pub(super) document: &'d Document,
    pub(super) definition: &'d Value,
    pub(super) context: &'d Context,
    /// Meant for Fargate: it says so, or it says nothing and has Fargate's network mode.
    pub(super) is_fargate: bool,
    pub(super) found: Vec<Lint>,
}

impl<'d> Look<'d> {
    pub(super) fn new(document: &'d Document, context: &'d Context) -> Self {
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

    pub(super) fn containers(&self) -> Vec<Container<'d>> {
        let definition = self.definition;
        containers_of(definition)
            .filter_map(|(name, at)| {
                let value = definition.pointer(&at)?;
                value.is_object().then_some(Container { name, at, value })
            })
            .collect()
    }

    /// Reports what is wrong with the value at a pointer.
    pub(super) fn report(
        &mut self,
        code: Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        let pointer = pointer.into();
        let place = self.document.place(&pointer);
        self.push(code, pointer, place, message.into());
    }

    /// Reports what is wrong with the name of a member, or that it is there at all.
    pub(super) fn report_name(
        &mut self,
        code: Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        let pointer = pointer.into();
        let place = self.document.place_of_name(&pointer);
        self.push(code, pointer, place, message.into());
    }

    fn push(&mut self, code: Code, pointer: String, place: Option<LineColumn>, message: String) {
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
pub(super) fn elements<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The text of a member; none where there is no text.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value[member].as_str()
}
