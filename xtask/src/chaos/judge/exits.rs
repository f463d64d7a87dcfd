//! Exit codes and errors of the attempts.

use std::collections::BTreeMap;

use super::{Finding, Kind, true_verdict};
use crate::chaos::history::{Attempt, Call, End, History};
use crate::chaos::step::Step;

/// The number of failed requests of one operation, in a row, after which a step may give up with exit code 9.
fn patience(service: &str) -> usize {
    match service {
        "oidc" | "s3" => 4,
        // A comment is worth less than the time of a job.
        "github" => 3,
        _ => 6,
    }
}

/// Whether requests failed so often that a step may give up.
fn may_give_up(calls: &[Call]) -> bool {
    let mut runs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for call in calls {
        // Several operations are one attempt to upload a blob, and to write a comment.
        let is_sequence = matches!(call.service, "registry" | "github");
        let operation = if is_sequence { "" } else { &call.operation };
        let run = runs.entry((call.service, operation)).or_default();
        match call.has_failed() {
            // A server that responds with something else is probably not the right one.
            true if call.fault == Some("malformed response") => *run += 2,
            true => *run += 1,
            false if is_sequence => {}
            false => *run = 0,
        }
        if *run >= patience(call.service) {
            return true;
        }
    }
    false
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

fn has_begun_to_wait(calls: &[Call]) -> bool {
    let reads_tasks = |call: &Call| call.operation == "ListTasks" && !call.has_failed();
    calls.iter().any(reads_tasks)
}

fn cut_uploads(calls: &[Call]) -> usize {
    let cut = |call: &&Call| call.operation == "StartUpload" && call.status.is_none();
    calls.iter().filter(cut).count()
}

/// Why an exit code does not fit what happened.
fn misfit(history: &History, attempt: &Attempt, code: i32) -> Option<String> {
    let calls = &history.calls[attempt.calls.clone()];
    let is_clock_wrong = history.scenario.is_clock_wrong();
    let verdict = true_verdict(history);
    match (attempt.step, code) {
        (_, 4) if is_clock_wrong || calls.iter().any(|call| call.has_expired) => None,
        // ECR reports a missing permission in this way.
        (Step::Push, 4) if cut_uploads(calls) >= patience("registry") => None,
        // Once it reads tasks, a wait tolerates every outage until its deadline.
        (Step::Wait, 9) if has_begun_to_wait(calls) => {
            Some("it gave up after it had begun to wait".to_owned())
        }
        (_, 9) => (!may_give_up(calls)).then(|| "too few requests failed to give up".to_owned()),
        // GitHub's responses could not be read, e.g. because --api-url is another server.
        (Step::Report, 2) if may_give_up(calls) => None,
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
