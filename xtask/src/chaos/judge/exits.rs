//! Exit codes and errors of the attempts.

use std::collections::BTreeMap;

use super::{Finding, Kind, true_verdict};
use crate::chaos::history::{Attempt, Call, End, History};
use crate::chaos::step::Step;

/// The number of failed requests in a row, of one operation, after which a step may give up with exit code 9.
fn patience(step: Step) -> usize {
    match step {
        // A comment is worth less than the time of a job.
        Step::Report => 3,
        _ => 6,
    }
}

/// What is wrong with the end of an attempt.
pub fn findings(history: &History, attempt: &Attempt) -> Vec<Finding> {
    let program = attempt.step.program();
    let code = match attempt.end {
        End::Killed => return Vec::new(),
        End::Hung => {
            let what = format!("{program} did not end");
            return vec![Finding::new(Kind::UnexplainedError, what)];
        }
        End::Exit(code) => code,
    };
    let mut findings = Vec::new();
    if let Some(why) = misfit(history, attempt, code) {
        let kind = if attempt.step == Step::Wait {
            Kind::WrongVerdict
        } else {
            Kind::UnexplainedError
        };
        let error = first_error(attempt);
        findings.push(Finding::new(
            kind,
            format!("{program} ended with {code}: {why}{error}"),
        ));
    }
    if code != 0
        && let Some(why) = unexplained(attempt)
    {
        findings.push(Finding::new(
            Kind::UnexplainedError,
            format!("{program} ended with {code}: {why}{}", first_error(attempt)),
        ));
    }
    findings
}

/// Why an exit code does not fit what happened.
fn misfit(history: &History, attempt: &Attempt, code: i32) -> Option<String> {
    let calls = &history.calls[attempt.calls.clone()];
    let is_clock_wrong = history.scenario.is_clock_wrong();
    let verdict = true_verdict(history);
    match (attempt.step, code) {
        (_, 4) if is_clock_wrong || attempt.has_expired_sessions => None,
        (_, 9) => {
            let (failed, needed) = (most_in_a_row(calls), patience(attempt.step));
            (failed < needed).then(|| {
                format!("at most {failed} requests of one operation failed in a row, not {needed}")
            })
        }
        (Step::Wait, code) if code == verdict || is_settled_before(history, attempt, code) => None,
        (Step::Wait, _) => Some(format!("the deployment ends with {verdict}")),
        (_, 0) => None,
        // The deployment of a lost response was already rolled back when the step read it.
        (Step::Deploy, 7) if has_failed_before(history, attempt) => None,
        _ => Some("nothing that happened has this exit code".to_owned()),
    }
}

/// After a restart from the first step, the service of a person who deployed in between is unchanged and healthy.
fn is_settled_before(history: &History, attempt: &Attempt, code: i32) -> bool {
    let deploys = history
        .attempts
        .iter()
        .take_while(|other| other.calls.end <= attempt.calls.start)
        .filter(|other| other.step == Step::Deploy && other.end == End::Exit(0));
    code == 0 && history.foreign_deployments > 0 && deploys.count() > 1
}

fn has_failed_before(history: &History, attempt: &Attempt) -> bool {
    let mut failed = history.deployments.iter().filter_map(|d| d.failed_at);
    failed.any(|at| at <= attempt.ended_at)
}

/// The longest run of failed requests among those of one operation.
fn most_in_a_row(calls: &[Call]) -> usize {
    let mut runs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut most = 0;
    for call in calls {
        let run = runs.entry((call.service, &call.operation)).or_default();
        *run = if call.has_failed() { *run + 1 } else { 0 };
        most = most.max(*run);
    }
    most
}

/// What an error lacks.
fn unexplained(attempt: &Attempt) -> Option<String> {
    let errors = lines(attempt, "error: ").count();
    if errors != 1 {
        return Some(format!("it printed {errors} errors"));
    }
    let annotations = lines(attempt, "::error").count();
    if annotations != 1 {
        return Some(format!("it printed {annotations} annotations"));
    }
    let Some(result) = &attempt.result else {
        return Some("it wrote no result".to_owned());
    };
    let error = &result["error"];
    let has_cause = error["causes"].as_array().is_some_and(|c| !c.is_empty());
    let has_hint = error["hint"].as_str().is_some_and(|hint| !hint.is_empty());
    (!has_cause && !has_hint).then(|| "the error has neither cause nor hint".to_owned())
}

fn first_error(attempt: &Attempt) -> String {
    match lines(attempt, "error: ").next() {
        Some(line) => format!(" ({line})"),
        None => String::new(),
    }
}

fn lines<'a>(attempt: &'a Attempt, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    attempt
        .stderr
        .lines()
        .filter(move |l| l.starts_with(prefix))
}
