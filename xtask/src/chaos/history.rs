//! What happened in one run: plain data, from which the judge derives its findings.

use serde_json::Value;

use super::plan::Scenario;
use super::step::Step;

/// A whole run.
#[derive(Clone, Debug)]
pub struct History {
    pub scenario: Scenario,
    pub attempts: Vec<Attempt>,
    /// All requests of all steps, in order.
    pub calls: Vec<Call>,
    /// The number of services at the end.
    pub services: usize,
    /// The deployments that the pipeline started, oldest first.
    pub deployments: Vec<Deployed>,
    /// The deployments that another person started.
    pub foreign_deployments: usize,
    /// The texts of the comments on the pull request at the end.
    pub comments: Vec<String>,
}

/// One attempt of a step.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub step: Step,
    /// From 0.
    pub number: usize,
    pub end: End,
    /// The part of [`History::calls`] that belongs to it.
    pub calls: std::ops::Range<usize>,
    pub stderr: String,
    /// `results/VERB.json`, if this attempt has written it.
    pub result: Option<Value>,
    /// Files that are neither absent nor complete after this attempt, and why.
    pub broken_files: Vec<String>,
    /// Whether the sessions were expired during this attempt.
    pub has_expired_sessions: bool,
    pub seconds: f64,
    /// The end of this attempt, in seconds since 1970 on the clock of AWS.
    pub ended_at: f64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    /// We killed it.
    Killed,
    /// It did not end by itself within the limit of a run.
    Hung,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub service: &'static str,
    pub operation: String,
    /// What makes two requests the same: the path and, for JSON, the body.
    pub identity: String,
    /// `None` if the connection was cut.
    pub status: Option<u16>,
    /// The kind of fault that was applied to it.
    pub fault: Option<&'static str>,
    /// Whether the response is that the credentials have expired.
    pub has_expired: bool,
    /// Whether the service has done the work, even if the response was lost.
    pub has_worked: bool,
}

impl Call {
    /// Whether the fault prevented the program from learning the outcome, or delayed it only.
    pub fn has_failed(&self) -> bool {
        match self.fault {
            None => self.status.is_none_or(|status| status >= 500),
            Some(fault) => !matches!(fault, "delay" | "slow link"),
        }
    }
}

/// A deployment of the service.
#[derive(Clone, Debug)]
pub struct Deployed {
    pub status: String,
    /// Seconds since 1970.
    pub created_at: f64,
    /// When ECS stopped it or began to roll it back, if it did: seconds since 1970.
    pub failed_at: Option<f64>,
}
