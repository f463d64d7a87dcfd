//! What the checks share: the document, what is known about its target, and the lints so far.

use serde_json::Value;

use super::code::{LintCode, Severity};
use crate::edits::containers as containers_of;
use crate::model::DocumentKind;
use crate::{Document, LineColumn, pointer};

/// What the document itself does not contain: where it will be deployed.
#[derive(Debug, Clone, Default)]
pub struct DeploymentTarget {
    /// The AWS region; `None` if unknown.
    pub region: Option<String>,
    /// Whether the service runs its tasks on Fargate; `None` if unknown.
    pub is_fargate: Option<bool>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    pub code: LintCode,
    pub severity: Severity,
    /// A lowercase fragment, which names the container. It never contains the value of a variable.
    pub message: String,
    /// JSON pointer of the mistake.
    pub pointer: String,
    /// Its location in the text; `None` if the document was not parsed from a text.
    pub location: Option<LineColumn>,
}

impl Lint {
    /// What to do about it, where it is explained, and how to ignore it.
    pub fn hint(&self) -> String {
        let (remedy, code) = (self.code.remedy(), self.code);
        format!("{remedy} (see docs/lints/{code}.md, or use --ignore {code})")
    }
}

/// A container with its name and its pointer.
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

/// The state of one run of the lints.
pub(super) struct LintContext<'d> {
    pub(super) document: &'d Document,
    pub(super) kind: DocumentKind,
    pub(super) definition: &'d Value,
    pub(super) target: &'d DeploymentTarget,
    /// Whether the tasks will run on Fargate, as far as known.
    pub(super) is_fargate: bool,
    /// Whether that is only a guess, because nothing names the launch type.
    is_guess: bool,
    pub(super) found: Vec<Lint>,
}

impl<'d> LintContext<'d> {
    pub(super) fn new(
        document: &'d Document,
        kind: DocumentKind,
        target: &'d DeploymentTarget,
    ) -> Self {
        let definition = document.value();
        let (is_fargate, is_guess) = match kind {
            DocumentKind::CreateService => (service_is_fargate(definition) == Some(true), false),
            _ => task_is_fargate(definition, target),
        };
        Self {
            document,
            kind,
            definition,
            target,
            is_fargate,
            is_guess,
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

    /// Reports a mistake in the value at a pointer.
    pub(super) fn report(
        &mut self,
        code: LintCode,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        let pointer = pointer.into();
        let location = self.document.location(&pointer);
        self.push(code, pointer, location, message.into());
    }

    /// Reports a mistake in the name of a member, or that the member exists.
    pub(super) fn report_name(
        &mut self,
        code: LintCode,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        let pointer = pointer.into();
        let location = self.document.name_location(&pointer);
        self.push(code, pointer, location, message.into());
    }

    /// Reports a value that only Fargate rejects: a warning if Fargate is a guess.
    pub(super) fn report_fargate(
        &mut self,
        code: LintCode,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.report(code, pointer, message);
        self.lower_if_guess();
    }

    /// The same for a member that only Fargate rejects.
    pub(super) fn report_fargate_name(
        &mut self,
        code: LintCode,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.report_name(code, pointer, message);
        self.lower_if_guess();
    }

    fn lower_if_guess(&mut self) {
        if let (true, Some(last)) = (self.is_guess, self.found.last_mut()) {
            last.severity = Severity::Warning;
            last.message.push_str(" (if the task runs on Fargate)");
        }
    }

    fn push(
        &mut self,
        code: LintCode,
        pointer: String,
        location: Option<LineColumn>,
        message: String,
    ) {
        self.found.push(Lint {
            code,
            severity: code.severity(),
            message,
            pointer,
            location,
        });
    }
}

/// Whether a task definition will run on Fargate, and whether that is a guess. Without a launch
/// type, `awsvpc` and the sizes of the task, which Fargate requires, suggest it.
fn task_is_fargate(definition: &Value, target: &DeploymentTarget) -> (bool, bool) {
    let required = elements(definition, "requiresCompatibilities");
    if !required.is_empty() {
        return (required.iter().any(|c| c == "FARGATE"), false);
    }
    if let Some(is_fargate) = target.is_fargate {
        return (is_fargate, false);
    }
    let has_sizes = ["cpu", "memory"]
        .iter()
        .all(|size| !definition[*size].is_null());
    (definition["networkMode"] == "awsvpc" && has_sizes, true)
}

/// Whether a service definition, or a described service, runs on Fargate; `None` if it does not
/// contain the launch type.
pub fn service_is_fargate(service: &Value) -> Option<bool> {
    if let Some(launch_type) = text(service, "launchType") {
        return Some(launch_type == "FARGATE");
    }
    let mut providers = elements(service, "capacityProviderStrategy")
        .iter()
        .filter_map(|item| text(item, "capacityProvider"))
        .peekable();
    providers.peek()?;
    Some(providers.any(|name| matches!(name, "FARGATE" | "FARGATE_SPOT")))
}

/// The elements of a member that is a list; empty if it is not.
pub(super) fn elements<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The text of a member; `None` if it is not a string.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value[member].as_str()
}
