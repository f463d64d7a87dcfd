//! From what happened in a run to what was wrong with it.
//!
//! Decided here: which verdict, exit code, effect and error is right. Never here: how a run is made.

mod effects;
mod exits;

use super::history::{Attempt, End, History};
use super::plan::Ending;
use super::step::Step;

/// The kinds of findings. All must be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    WrongVerdict,
    DoubleEffect,
    MissingEffect,
    UnexplainedError,
    HalfWrittenFile,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::WrongVerdict,
        Self::DoubleEffect,
        Self::MissingEffect,
        Self::UnexplainedError,
        Self::HalfWrittenFile,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::WrongVerdict => "wrong verdicts",
            Self::DoubleEffect => "double effects",
            Self::MissingEffect => "missing effects",
            Self::UnexplainedError => "unexplained errors",
            Self::HalfWrittenFile => "half-written files",
        }
    }
}

/// Something that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub what: String,
}

impl Finding {
    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
        }
    }
}

/// Everything that was wrong with a run.
pub fn judge(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for attempt in &history.attempts {
        findings.extend(exits::findings(history, attempt));
        for broken in &attempt.broken_files {
            let step = attempt.step.program();
            findings.push(Finding::new(
                Kind::HalfWrittenFile,
                format!("{step} left {broken}"),
            ));
        }
    }
    findings.extend(effects::doubled(history));
    if !history.scenario.is_clock_wrong() {
        findings.extend(effects::missing(history));
    }
    findings
}

/// The exit code of `wait-healthy` that is true in this scenario.
pub fn true_verdict(history: &History) -> i32 {
    match history.scenario.ending {
        Ending::Healthy => 0,
        Ending::Superseded => 7,
        _ if history.scenario.has_service => 6,
        // A first deployment has nothing to return to.
        _ => 5,
    }
}

/// Whether this attempt brought the pipeline to its next step.
pub fn goes_on(attempt: &Attempt) -> bool {
    match attempt.end {
        End::Exit(0) => true,
        End::Exit(code) => attempt.step == Step::Wait && matches!(code, 5..=7),
        End::Killed | End::Hung => false,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
