//! What the pipeline did to AWS and to the pull request: nothing twice, and nothing missing.

use std::collections::BTreeMap;

use super::{Finding, Kind, goes_on};
use crate::chaos::history::{End, History};
use crate::chaos::plan::{Ending, Scenario};
use crate::chaos::step::Step;

/// The requests of which the same one may do its work only once.
const ONCE: [(&str, &str, &str); 4] = [
    ("registry", "PutUpload", "the same blob was sent"),
    ("registry", "PutManifest", "the same manifest was sent"),
    (
        "ecs",
        "RegisterTaskDefinition",
        "the same document was registered",
    ),
    ("github", "CreateComment", "a comment was written"),
];

/// What was done more than once.
pub fn doubled(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (service, operation, what) in ONCE {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let of_operation = history
            .calls
            .iter()
            .filter(|c| c.service == service && c.operation == operation && c.has_worked);
        for call in of_operation {
            // The text of a comment differs from one run to the next.
            let identity = if operation == "CreateComment" {
                ""
            } else {
                &call.identity
            };
            *counts.entry(identity).or_default() += 1;
        }
        for count in counts.into_values().filter(|count| *count > 1) {
            findings.push(double(format!("{what} {count} times")));
        }
    }
    if history.services > 1 {
        findings.push(double(format!("there are {} services", history.services)));
    }
    if history.comments.len() > 1 {
        findings.push(double(format!(
            "there are {} comments",
            history.comments.len()
        )));
    }
    // A deployment is repeated only if the previous one has failed.
    for pair in history.deployments.windows(2) {
        let has_failed = pair[0].failed_at.is_some_and(|at| at <= pair[1].created_at);
        if !has_failed {
            let what = format!(
                "a deployment was started while another one was {}",
                pair[0].status
            );
            findings.push(double(what));
        }
    }
    findings
}

fn double(what: String) -> Finding {
    Finding::new(Kind::DoubleEffect, what)
}

/// What a pipeline that reached its end did not do.
pub fn missing(history: &History) -> Vec<Finding> {
    let last = |step: Step| history.attempts.iter().rev().find(|a| a.step == step);
    let mut findings = Vec::new();
    let mut lacks = |what: String| findings.push(Finding::new(Kind::MissingEffect, what));
    if !last(Step::Report).is_some_and(goes_on) {
        let ended = history.attempts.last();
        let ended = ended.map_or("no step", |attempt| attempt.step.program());
        lacks(format!("the pipeline did not get past {ended}"));
        return findings;
    }
    match history.comments.as_slice() {
        [] => lacks("the pull request has no comment".to_owned()),
        [comment, ..] => {
            let verdict = last(Step::Wait).map(|wait| wait.end);
            let words = verdict.map_or(&[][..], |end| words(end, &history.scenario));
            if !words.iter().any(|word| comment.contains(word)) {
                lacks(format!("the comment contains none of {words:?}"));
            }
        }
    }
    if history.deployments.is_empty() {
        lacks("no deployment was started".to_owned());
    }
    findings
}

/// Words of which the comment contains at least one after this verdict.
fn words(verdict: End, scenario: &Scenario) -> &'static [&'static str] {
    match verdict {
        End::Exit(0) => &["succeeded", "healthy", "Healthy", "Deployed"],
        End::Exit(6) => &["rolled back"],
        End::Exit(7) => &["superseded", "replaced", "Superseded"],
        _ if scenario.ending == Ending::CannotPull => &["pull", "failed"],
        _ => &["failed", "Failed"],
    }
}
