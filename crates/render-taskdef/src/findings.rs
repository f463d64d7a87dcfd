//! What was found wrong, and what is made of it: annotations, the result, an error.

use ecs_document::Document;
use ecs_document::edits::NothingToUnset;
use ecs_document::lints::{Code, Context, Lint, Severity, lint};
use ecs_document::placeholders::{About, Remark};
use pipeline_io::{SourceLocation, Step};
use serde::Serialize;

use crate::Error;
use crate::error::place;
use crate::plan::Checks;

/// A finding in the result file.
#[derive(Debug, Serialize)]
pub struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    place: Option<SourceLocation>,
}

/// What was found, after `--ignore` and `--strict`.
pub struct Findings {
    file: String,
    lints: Vec<Lint>,
}

impl Findings {
    /// Looks the definition over; what filling in and editing remarked is put to it.
    pub fn of(
        document: &Document,
        remarks: &[Remark],
        nothing: &[NothingToUnset],
        checks: &Checks,
    ) -> Self {
        let context = Context {
            region: checks.region.clone(),
        };
        let mut lints: Vec<Lint> = remarks.iter().map(of_placeholder).collect();
        lints.extend(nothing.iter().map(of_nothing));
        lints.extend(lint(document, &context));
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

    /// For the result file.
    pub fn for_result(&self) -> Vec<Finding> {
        self.lints
            .iter()
            .map(|lint| Finding {
                code: lint.code.as_str(),
                severity: lint.severity.as_str(),
                message: lint.message.clone(),
                place: place(&self.file, lint.place),
            })
            .collect()
    }

    /// Says each finding on its line. The first error is left for the step's own error, so that
    /// it is said once.
    pub fn say(&self, step: &Step) -> Result<(), Error> {
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
            step.annotate(severity, place(&self.file, lint.place).as_ref(), &message);
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

fn of_placeholder(remark: &Remark) -> Lint {
    let (code, what) = match remark.about {
        About::UnknownKind => (
            Code::UnknownPlaceholder,
            "is of no kind known here (tf, env, image) and stays as it is",
        ),
        About::EmptyVariable => (Code::EmptyVariable, "is a variable that is set to nothing"),
    };
    Lint {
        code,
        severity: code.severity(),
        message: format!("{} {what}", remark.written),
        pointer: remark.pointer.clone(),
        place: remark.place,
    }
}

fn of_nothing(nothing: &NothingToUnset) -> Lint {
    let code = Code::NothingToUnset;
    Lint {
        code,
        severity: code.severity(),
        message: format!(
            "container {} has no {} {} to take away",
            nothing.container, nothing.what, nothing.name
        ),
        pointer: String::new(),
        place: None,
    }
}
