use std::time::Duration;

use serde_json::json;

use super::{Finding, Kind, judge};
use crate::chaos::history::{Attempt, Call, Deployed, End, History};
use crate::chaos::plan::{Credentials, Ending, Restart, Scenario};
use crate::chaos::step::Step;

const ERROR: &str = "error: it failed\ncaused by: no response\n::error title=x::it failed\n";

fn scenario(ending: Ending) -> Scenario {
    Scenario {
        seed: 0,
        ending,
        has_service: true,
        has_immutable_tags: true,
        credentials: Credentials::Key,
        skew: 0,
        lag: Duration::ZERO,
        listed_after: Duration::ZERO,
        restart: Restart::SameStep,
        over: Duration::from_secs(1),
    }
}

fn attempt(step: Step, end: End) -> Attempt {
    let is_error = !matches!(end, End::Exit(0) | End::Killed);
    Attempt {
        step,
        number: 0,
        end,
        calls: 0..0,
        stderr: if is_error { ERROR } else { "" }.to_owned(),
        result: is_error.then(|| json!({"error": {"causes": ["no response"], "hint": null}})),
        broken_files: Vec::new(),
        has_expired_sessions: false,
        seconds: 1.0,
        ended_at: 10.0,
    }
}

fn call(service: &'static str, operation: &str, fault: Option<&'static str>) -> Call {
    Call {
        service,
        operation: operation.to_owned(),
        identity: "same".to_owned(),
        status: Some(200),
        fault,
        has_expired: false,
        has_worked: fault.is_none_or(|fault| fault == "cut after the work"),
    }
}

fn deployed(created_at: f64, failed_at: Option<f64>) -> Deployed {
    let status = if failed_at.is_some() {
        "ROLLBACK_SUCCESSFUL"
    } else {
        "SUCCESSFUL"
    };
    Deployed {
        status: status.to_owned(),
        created_at,
        failed_at,
    }
}

/// A pipeline in which nothing went wrong.
fn good(ending: Ending, verdict: i32, comment: &str) -> History {
    let attempts = Step::ALL.map(|step| {
        let code = if step == Step::Wait { verdict } else { 0 };
        attempt(step, End::Exit(code))
    });
    let calls = [
        ("registry", "PutUpload"),
        ("registry", "PutManifest"),
        ("ecs", "RegisterTaskDefinition"),
        ("github", "CreateComment"),
    ];
    History {
        scenario: scenario(ending),
        attempts: attempts.into(),
        calls: calls
            .iter()
            .map(|(service, name)| call(service, name, None))
            .collect(),
        services: 1,
        deployments: vec![deployed(1.0, (verdict == 6).then_some(2.0))],
        foreign_deployments: 0,
        comments: vec![comment.to_owned()],
    }
}

fn succeeded() -> History {
    good(Ending::Healthy, 0, "deployment succeeded, `web:2` is live")
}

fn kinds(history: &History) -> Vec<Kind> {
    judge(history).iter().map(|finding| finding.kind).collect()
}

#[test]
fn a_pipeline_without_mistakes_has_no_findings() {
    assert_eq!(judge(&succeeded()), []);
    assert_eq!(
        judge(&good(Ending::Crashes, 6, "`web:2` was rolled back")),
        []
    );
    assert_eq!(
        judge(&good(Ending::Superseded, 7, "superseded by another")),
        []
    );
}

#[test]
fn each_wrong_verdict_is_found() {
    for (ending, truth) in [
        (Ending::Healthy, 0),
        (Ending::Crashes, 6),
        (Ending::CannotPull, 6),
        (Ending::UnhealthyTargets, 6),
        (Ending::Superseded, 7),
    ] {
        for verdict in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
            .into_iter()
            .filter(|v| *v != truth)
        {
            let mut history = good(ending, verdict, "");
            history.comments.clear();
            history.attempts.pop();
            let found = kinds(&history);
            assert!(
                found.contains(&Kind::WrongVerdict),
                "{ending:?} {verdict}: {found:?}"
            );
        }
    }
    // A first deployment has nothing to return to.
    let mut first = good(Ending::Crashes, 6, "rolled back");
    first.scenario.has_service = false;
    assert_eq!(kinds(&first), [Kind::WrongVerdict]);
}

#[test]
fn everything_that_happened_twice_is_found() {
    for index in 0..4 {
        let mut history = succeeded();
        history.calls.push(history.calls[index].clone());
        assert_eq!(
            kinds(&history),
            [Kind::DoubleEffect],
            "{:?}",
            history.calls[index]
        );
        // Of two requests that are lost or rejected, neither has done anything.
        let last = history.calls.len() - 1;
        history.calls[last].has_worked = false;
        assert_eq!(judge(&history), []);
    }
    let mut history = succeeded();
    history.calls[1].fault = Some("cut after the work");
    history.calls.push(call("registry", "PutManifest", None));
    assert_eq!(kinds(&history), [Kind::DoubleEffect], "a lost response");
    let mut history = succeeded();
    history.services = 2;
    assert_eq!(kinds(&history), [Kind::DoubleEffect]);
    let mut history = succeeded();
    history.comments.push("deployment succeeded".to_owned());
    assert_eq!(kinds(&history), [Kind::DoubleEffect]);
    let mut history = succeeded();
    history.deployments.push(deployed(2.0, None));
    assert_eq!(kinds(&history), [Kind::DoubleEffect]);
    // After a rollback, a person may deploy again.
    history.deployments[0].failed_at = Some(1.5);
    assert_eq!(judge(&history), []);
}

#[test]
fn what_was_not_done_is_found() {
    let mut history = succeeded();
    history.comments.clear();
    assert_eq!(kinds(&history), [Kind::MissingEffect]);
    let history = good(Ending::Crashes, 6, "deployment succeeded");
    assert_eq!(
        kinds(&history),
        [Kind::MissingEffect],
        "the comment is wrong"
    );
    let mut history = succeeded();
    history.deployments.clear();
    assert_eq!(kinds(&history), [Kind::MissingEffect]);
    let mut history = succeeded();
    history.attempts.pop();
    assert_eq!(kinds(&history), [Kind::MissingEffect]);
}

fn ends_with(code: i32, change: impl Fn(&mut History)) -> Vec<Finding> {
    let mut history = succeeded();
    history
        .attempts
        .insert(3, attempt(Step::Deploy, End::Exit(code)));
    change(&mut history);
    judge(&history)
}

fn failed_calls(history: &mut History, count: usize) {
    let first = history.calls.len();
    let failed = call("ecs", "DescribeServices", Some("throttle"));
    history.calls.extend(vec![failed; count]);
    history.attempts[3].calls = first..first + count;
}

#[test]
fn an_exit_code_must_fit_what_happened() {
    for code in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1] {
        let found = ends_with(code, |_| {});
        assert_eq!(found.len(), 1, "{code}");
        assert_eq!(found[0].kind, Kind::UnexplainedError, "{code}");
    }
    assert_eq!(ends_with(9, |h| failed_calls(h, 5)).len(), 1);
    assert_eq!(ends_with(9, |h| failed_calls(h, 6)), []);
    let recovered = |history: &mut History| {
        failed_calls(history, 10);
        let middle = history.attempts[3].calls.start + 5;
        history.calls[middle].fault = None;
    };
    assert_eq!(ends_with(9, recovered).len(), 1, "never six in a row");
    let expired = |history: &mut History| {
        failed_calls(history, 1);
        history.calls[4].has_expired = true;
    };
    assert_eq!(ends_with(4, expired), []);
    let hung = |history: &mut History| history.attempts[3].end = End::Hung;
    assert_eq!(ends_with(0, hung)[0].kind, Kind::UnexplainedError);
    let was_killed = |history: &mut History| history.attempts[3].end = End::Killed;
    assert_eq!(ends_with(0, was_killed), []);
}

#[test]
fn an_error_must_explain_itself_once() {
    let lacking = |change: &dyn Fn(&mut Attempt)| {
        ends_with(9, |history| {
            failed_calls(history, 6);
            change(&mut history.attempts[3]);
        })
        .len()
    };
    assert_eq!(lacking(&|_| {}), 0);
    assert_eq!(lacking(&|a| a.result = None), 1);
    assert_eq!(
        lacking(&|a| a.result = Some(json!({"error": {"causes": [], "hint": null}}))),
        1
    );
    assert_eq!(
        lacking(&|a| a.result = Some(json!({"error": {"causes": [], "hint": "x"}}))),
        0
    );
    assert_eq!(lacking(&|a| a.stderr = String::new()), 1);
    assert_eq!(lacking(&|a| a.stderr = ERROR.repeat(2)), 1);
    assert_eq!(
        lacking(&|a| a.stderr = ERROR.replace("::error", "::warning")),
        1
    );
}

#[test]
fn a_half_written_file_is_found() {
    let mut history = succeeded();
    history.attempts[3]
        .broken_files
        .push("task.json".to_owned());
    assert_eq!(kinds(&history), [Kind::HalfWrittenFile]);
}

#[test]
fn a_wait_that_has_begun_does_not_give_up() {
    let mut history = succeeded();
    failed_calls(&mut history, 6);
    let failed = history.attempts[3].calls.clone();
    history.attempts[3].calls = 0..0;
    history
        .attempts
        .insert(4, attempt(Step::Wait, End::Exit(9)));
    history.attempts[4].calls = failed.clone();
    assert_eq!(judge(&history), []);
    history.calls[failed.start] = call("ecs", "ListTasks", None);
    history.calls.push(history.calls[failed.start + 1].clone());
    history.attempts[4].calls.end += 1;
    assert_eq!(kinds(&history), [Kind::WrongVerdict]);
}
