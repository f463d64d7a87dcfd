//! A step's result as later steps read it: one document, its schema versioned.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Exit, Failure, Severity, SourceLocation, failure};

/// The version of the envelope. It grows when a member changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What stands in `DIR/VERB.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    pub schema_version: u32,
    /// The program, as `ecr-push`.
    pub verb: String,
    /// The program's version.
    pub version: String,
    /// One word: the verb's own, or the exit code's name.
    pub verdict: String,
    pub exit_code: u8,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// How long the step took, in seconds.
    pub seconds: f64,
    /// What went wrong, where something did.
    pub error: Option<StepError>,
    /// The verb's own part; it may be there beside an error.
    pub data: Value,
}

/// An error as it was said.
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

    /// The error as plain text, each part on a line of its own.
    pub(crate) fn render(&self, severity: Severity, paint: bool) -> String {
        let (loud, dim, off) = match (paint, severity) {
            (false, _) => ("", "", ""),
            (true, Severity::Error) => ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m"),
            (true, _) => ("\u{1b}[1m", "\u{1b}[1m", "\u{1b}[0m"),
        };
        let word = severity.word();
        let mut text = format!("{loud}{word}:{off} {}\n", lines(&self.message));
        if let Some(place) = &self.location {
            text.push_str(&format!("  at {}\n", lines(&place.to_string())));
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

/// An error may quote foreign text: each of its lines is made harmless, later ones are led by a bar.
fn lines(text: &str) -> String {
    text.lines()
        .map(crate::plain_line)
        .collect::<Vec<_>>()
        .join("\n  | ")
}

/// Shown in the result where the error is not a [`Failure`] of ours: bad usage.
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
