//! Lints of the files that ecs-deploy reads.
//!
//! Decided here: which lints stop a deployment. Never here: what a mistake is (see ecs-document).

use ecs_document::Document;
use ecs_document::lints::{DeploymentTarget, Lint, LintCode, Severity, lint, lint_request};
use ecs_document::model::DocumentKind;
use pipeline_io::{SourceLocation, Step};

use crate::error::Error;
use crate::plan::members;

/// Reports the mistakes of a service definition, or of the members of a one-off task.
///
/// # Errors
/// The first mistake that is an error. The others are annotated.
pub fn check_request(
    document: &Document,
    kind: DocumentKind,
    ignore: &[LintCode],
    step: &Step,
) -> Result<(), Error> {
    // A saved response of DescribeServices has an error of its own.
    if document.get("/services").is_some() {
        return Ok(());
    }
    let mut lints = lint_request(document, kind, &DeploymentTarget::default());
    lints.retain(|lint| !ignore.contains(&lint.code) && !is_read_only(lint));
    let first = lints.iter().position(|l| l.severity == Severity::Error);
    let first = first.map(|index| lints.remove(index));
    for lint in &lints {
        annotate(document, lint, lint.severity, step);
    }
    match first {
        None => Ok(()),
        Some(lint) => Err(Error::Document {
            place: location(document, &lint),
            hint: Some(lint.hint()),
            message: lint.message,
        }),
    }
}

/// Warns of misspelled members of a task definition, which ECS would ignore. render-taskdef
/// reports them as errors, so they have been accepted if it has rendered the file.
pub fn check_task_definition(document: &Document, ignore: &[LintCode], step: &Step) {
    let mut lints = lint(document, &DeploymentTarget::default());
    lints.retain(|lint| lint.code == LintCode::MisspelledMember && !ignore.contains(&lint.code));
    for lint in &lints {
        annotate(document, lint, Severity::Warning, step);
    }
}

/// Whether a saved response is the reason: its members are left out later.
fn is_read_only(lint: &Lint) -> bool {
    let is_unknown = matches!(
        lint.code,
        LintCode::UnknownMember | LintCode::MisspelledMember
    );
    let member = lint.pointer.trim_start_matches('/');
    is_unknown && members::update_path(member).is_some()
}

fn annotate(document: &Document, lint: &Lint, severity: Severity, step: &Step) {
    let severity = match severity {
        Severity::Error => pipeline_io::Severity::Error,
        Severity::Warning => pipeline_io::Severity::Warning,
    };
    let message = format!("{} [{}]", lint.message, lint.code);
    step.annotate(severity, location(document, lint).as_ref(), &message);
}

fn location(document: &Document, lint: &Lint) -> Option<SourceLocation> {
    lint.location.map(|at| SourceLocation {
        file: document.name().to_owned(),
        line: at.line,
        column: at.column,
    })
}
