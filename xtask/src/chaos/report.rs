//! The figures of many runs, and the trace of one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::history::{End, History};
use super::judge::{Finding, Kind};

/// The figures of many runs.
#[derive(Debug, Default)]
pub struct Totals {
    runs: usize,
    steps: usize,
    kills: usize,
    expiries: usize,
    skewed: usize,
    lagging: usize,
    requests: usize,
    faults: BTreeMap<&'static str, usize>,
    exits: BTreeMap<String, usize>,
    findings: BTreeMap<Kind, usize>,
    /// The first findings of each seed.
    failed: BTreeMap<u64, Vec<Finding>>,
}

impl Totals {
    /// Adds a run.
    pub fn add(&mut self, history: &History, findings: Vec<Finding>) {
        self.runs += 1;
        self.steps += history.attempts.len();
        self.requests += history.calls.len();
        self.skewed += usize::from(history.scenario.skew != 0);
        self.lagging += usize::from(!history.scenario.lag.is_zero());
        for attempt in &history.attempts {
            self.expiries += usize::from(attempt.has_expired_sessions);
            match attempt.end {
                End::Killed => self.kills += 1,
                end => {
                    let name = format!("{} {}", attempt.step.program(), exit(end));
                    *self.exits.entry(name).or_default() += 1;
                }
            }
        }
        for fault in history.calls.iter().filter_map(|call| call.fault) {
            *self.faults.entry(fault).or_default() += 1;
        }
        for finding in &findings {
            *self.findings.entry(finding.kind).or_default() += 1;
        }
        if !findings.is_empty() {
            self.failed.insert(history.scenario.seed, findings);
        }
    }

    pub fn runs(&self) -> usize {
        self.runs
    }

    /// The number of runs in which something was wrong.
    pub fn failed(&self) -> usize {
        self.failed.len()
    }

    /// Prints everything.
    pub fn print(&self, took: Duration) {
        for (seed, findings) in &self.failed {
            println!("seed {seed}: cargo xtask chaos --seed {seed} --runs 1");
            for finding in findings {
                println!("  {}: {}", finding.kind.name(), finding.what);
            }
        }
        println!(
            "{} runs in {:.0} s: {} steps, {} requests, {} with another clock, {} with stale reads",
            self.runs,
            took.as_secs_f64(),
            self.steps,
            self.requests,
            self.skewed,
            self.lagging
        );
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        println!(
            "faults: {}, killed {}, sessions expired {}",
            faults.join(", "),
            self.kills,
            self.expiries
        );
        let exits: Vec<String> = self
            .exits
            .iter()
            .map(|(exit, count)| format!("{exit}: {count}"))
            .collect();
        println!("exit codes: {}", exits.join(", "));
        for kind in Kind::ALL {
            println!(
                "{}: {}",
                kind.name(),
                self.findings.get(&kind).unwrap_or(&0)
            );
        }
    }
}

fn exit(end: End) -> String {
    match end {
        End::Exit(code) => format!("exit {code}"),
        End::Killed => "killed".to_owned(),
        End::Hung => "hung".to_owned(),
    }
}

/// Prints every step of a run, its requests and its errors.
pub fn trace(history: &History) {
    println!("{:#?}", history.scenario);
    for attempt in &history.attempts {
        println!(
            "\n▶ {} attempt {}: {} after {:.2} s",
            attempt.step.program(),
            attempt.number,
            exit(attempt.end),
            attempt.seconds
        );
        println!(
            "  {:?}",
            history.scenario.disturbance(attempt.step, attempt.number)
        );
        for call in &history.calls[attempt.calls.clone()] {
            let status = call
                .status
                .map_or("cut".to_owned(), |status| status.to_string());
            let fault = call
                .fault
                .map_or(String::new(), |fault| format!(" ({fault})"));
            let worked = if call.has_worked { "" } else { ", not done" };
            println!(
                "  {} {}: {status}{fault}{worked}",
                call.service, call.operation
            );
        }
        for line in attempt.stderr.lines() {
            println!("  | {line}");
        }
    }
    println!("\ndeployments: {:?}", history.deployments);
    println!("comments: {}", history.comments.len());
}
