//! The result of a step, which later steps read: one document with a versioned schema.
//!
//! Decided here: the members that all verbs share, and how an error is printed. Never here: the
//! verb's own data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Exit, Failure, Severity, SourceLocation, failure};

/// The version of the schema. It grows when a member changes its meaning or is removed.
pub const SCHEMA_VERSION: u32 = 1;

/// The content of `DIR/VERB.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    pub schema_version: u32,
    /// The program, e.g. `ecr-push`.
    pub verb: String,
    /// The program's version.
    pub version: String,
    /// The run of the CI host that wrote the file ([`crate::Job::run_id`]), so that the file
    /// of an earlier run in the same directory is not mistaken for this one's. `None` outside CI.
    #[serde(default)]
    pub run_id: Option<String>,
    /// The verb's own verdict, or the name of the exit code.
    pub verdict: String,
    pub exit_code: u8,
    /// RFC 3339 in UTC.
    pub started_at: String,
    /// Duration of the step in seconds.
    pub seconds: f64,
    /// The error, if the step failed.
    pub error: Option<StepError>,
    /// The verb's own data. It may be present together with an error.
    pub data: Value,
}

/// An error as it was printed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepError {
    pub message: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
    pub location: Option<SourceLocation>,
}

impl StepError {
    pub(crate) fn of(failure: &dyn Failure) -> Self {
        Self {
            message: failure.to_string(),
            causes: failure::causes(failure),
            hint: failure.hint(),
            location: failure.location(),
        }
    }

    /// The error as text, one part per line.
    pub(crate) fn render(&self, severity: Severity, paint: bool) -> String {
        let (loud, dim, off) = match (paint, severity) {
            (false, _) => ("", "", ""),
            (true, Severity::Error) => ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m"),
            (true, _) => ("\u{1b}[1m", "\u{1b}[1m", "\u{1b}[0m"),
        };
        let name = severity.as_str();
        let mut text = format!("{loud}{name}:{off} {}\n", lines(&self.message));
        if let Some(location) = &self.location {
            text.push_str(&format!("  at {}\n", lines(&location.to_string())));
        }
        for cause in &self.causes {
            text.push_str(&format!("{dim}caused by:{off} {}\n", lines(cause)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("{dim}hint:{off} {}\n", lines(hint)));
        }
        text
    }
}

/// An error may quote untrusted text, so each line is made harmless. All but the first are fenced.
fn lines(text: &str) -> String {
    text.lines()
        .map(crate::plain_line)
        .collect::<Vec<_>>()
        .join("\n  | ")
}

/// The error of a wrong command line, which is not a [`Failure`].
pub(crate) fn usage_error(message: String) -> (Exit, StepError) {
    (
        Exit::Invalid,
        StepError {
            message,
            causes: Vec::new(),
            hint: None,
            location: None,
        },
    )
}
