//! Lints and remarks, reported as annotations, in the result file and as the error of the step.

use ecs_document::Document;
use ecs_document::edits::NothingToUnset;
use ecs_document::lints::{DeploymentTarget, Lint, LintCode, Severity, lint};
use ecs_document::placeholders::{PlaceholderRemark, RemarkKind};
use pipeline_io::{SourceLocation, Step};
use serde::Serialize;

use crate::Error;
use crate::error::location;
use crate::request::Checks;

/// A lint in the result file.
#[derive(Debug, Serialize)]
pub struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    location: Option<SourceLocation>,
}

/// The lints after `--ignore` and `--strict`.
pub struct Findings {
    file: String,
    lints: Vec<Lint>,
}

impl Findings {
    /// Checks the definition, and adds the remarks from placeholders and edits. `is_fargate` is
    /// known if ECS has returned the service or the definition.
    pub fn of(
        document: &Document,
        remarks: &[PlaceholderRemark],
        nothing: &[NothingToUnset],
        is_fargate: Option<bool>,
        checks: &Checks,
    ) -> Self {
        let target = DeploymentTarget {
            region: checks.region.clone(),
            is_fargate,
        };
        let mut lints: Vec<Lint> = remarks.iter().map(of_placeholder).collect();
        lints.extend(nothing.iter().map(of_nothing));
        lints.extend(lint(document, &target));
        lints.retain(|lint| !checks.ignore.contains(&lint.code));
        if checks.strict {
            for lint in &mut lints {
                lint.severity = Severity::Error;
            }
        }
        Self {
            file: document.name().to_owned(),
            lints,
        }
    }

    /// The lints for the result file.
    pub fn for_result(&self) -> Vec<Finding> {
        self.lints
            .iter()
            .map(|lint| Finding {
                code: lint.code.as_str(),
                severity: lint.severity.as_str(),
                message: lint.message.clone(),
                location: location(&self.file, lint.location),
            })
            .collect()
    }

    /// Reports each lint on its line.
    ///
    /// # Errors
    /// The first lint that is an error. It is not annotated here, because the step reports it.
    pub fn report(&self, step: &Step) -> Result<(), Error> {
        let is_error = |lint: &&Lint| lint.severity == Severity::Error;
        let first = self.lints.iter().position(|lint| is_error(&lint));
        for (index, lint) in self.lints.iter().enumerate() {
            if Some(index) == first {
                continue;
            }
            let severity = match lint.severity {
                Severity::Error => pipeline_io::Severity::Error,
                Severity::Warning => pipeline_io::Severity::Warning,
            };
            let message = format!("{} [{}]", lint.message, lint.code.as_str());
            step.annotate(
                severity,
                location(&self.file, lint.location).as_ref(),
                &message,
            );
        }
        let Some(first) = first.and_then(|index| self.lints.get(index)) else {
            return Ok(());
        };
        Err(Error::Findings {
            file: self.file.clone(),
            first: first.clone(),
            more: self.lints.iter().filter(is_error).count() - 1,
        })
    }
}

fn of_placeholder(remark: &PlaceholderRemark) -> Lint {
    let (code, what) = match remark.kind {
        RemarkKind::UnknownKind => (
            LintCode::UnknownPlaceholder,
            "is not a placeholder (tf, env or image), so it stays unchanged",
        ),
        RemarkKind::EmptyVariable => (LintCode::EmptyVariable, "is an empty variable"),
    };
    Lint {
        code,
        severity: code.severity(),
        message: format!("{} {what}", remark.written),
        pointer: remark.pointer.clone(),
        location: remark.location,
    }
}

fn of_nothing(nothing: &NothingToUnset) -> Lint {
    let code = LintCode::NothingToUnset;
    Lint {
        code,
        severity: code.severity(),
        message: format!(
            "container {} has no {} {} to remove",
            nothing.container, nothing.what, nothing.name
        ),
        pointer: String::new(),
        location: None,
    }
}
