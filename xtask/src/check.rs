//! `cargo xtask check`: formatting, lints and the quick tests, for the minutes between two edits.
//! It needs neither root nor a counterpart. One table lists what it leaves out and why; `cargo
//! xtask test` runs that.

use std::time::{Duration, Instant};

use crate::suites::{self, Suite};
use crate::tools::{cargo, succeed};

mod left_out;

use self::left_out::LEFT_OUT;

/// The results of the quick tests.
#[derive(Default)]
struct Tests {
    passed: u32,
    failed: Vec<String>,
    /// The number of tests that each row of the table leaves out.
    left_out: Vec<usize>,
}

/// Runs everything, even after a failure, and then reports it.
pub fn run() -> Result<(), String> {
    let begun = Instant::now();
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let not_run = scratch.path().join("not-run");

    let form = step("format", &["fmt", "--all", "--check"]);
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked"];
    let lints = step(
        "lints",
        &[&clippy[..], &["--", "--deny", "warnings"]].concat(),
    );
    // Some tests run the programs as built, not as test harnesses.
    let build = step("build", &["build", "--workspace", "--bins", "--locked"]);
    let suites = build.and_then(|()| suites::build());

    let mut tests = Tests {
        left_out: vec![0; LEFT_OUT.len()],
        ..Tests::default()
    };
    let mut failed: Vec<String> = [form.err(), lints.err()].into_iter().flatten().collect();
    match suites {
        Err(why) => failed.push(why),
        Ok(suites) => {
            println!("check: tests");
            for suite in &suites {
                tests.run(suite, &not_run)?;
            }
            failed.append(&mut tests.failed);
            failed.extend(tests.stale());
        }
    }
    println!("\nLeft out here, and run by cargo xtask test:");
    for (row, count) in LEFT_OUT.iter().zip(&tests.left_out) {
        println!("  {} {} ({count}): {}", row.suite, row.tests, row.needs);
    }
    for line in std::fs::read_to_string(&not_run)
        .unwrap_or_default()
        .lines()
    {
        println!("  not available: {line}");
    }
    let took = begun.elapsed().as_secs();
    if failed.is_empty() {
        println!(
            "\ncheck: all well: form, lints, {} tests, in {took} s",
            tests.passed
        );
        return Ok(());
    }
    Err(format!(
        "check failed after {took} s:\n  {}",
        failed.join("\n  ")
    ))
}

fn step(what: &str, arguments: &[&str]) -> Result<(), String> {
    println!("check: {what}");
    succeed(cargo().args(arguments)).map_err(|_| format!("{what}: cargo {}", arguments.join(" ")))
}

impl Tests {
    /// Runs the remaining tests of a suite. Shows one line, or the complete output if a test
    /// failed.
    fn run(&mut self, suite: &Suite, not_run: &std::path::Path) -> Result<(), String> {
        let names = suite.tests()?;
        let name = suite.name();
        let mut quick = suite.command();
        // Complete names, because part of a name would leave out more than the table lists.
        quick.arg("--exact");
        let mut skipped = 0;
        for test in &names {
            if let Some(row) = left_out::leaves_out(&name, test) {
                self.left_out[row] += 1;
                skipped += 1;
                quick.args(["--skip", test]);
            }
        }
        if skipped == names.len() {
            return Ok(());
        }
        quick.env("FARGATE_TEST_NOT_RUN", not_run);
        let outcome = suites::run(&mut quick)?;
        let left = if skipped == 0 {
            String::new()
        } else {
            format!(", {skipped} left out")
        };
        println!(
            "  {name}: {} passed{left}, {}",
            outcome.passed,
            seconds(outcome.took)
        );
        self.passed += outcome.passed;
        if !outcome.is_success() {
            println!("{}", outcome.output);
            self.failed
                .push(format!("{name}: {} tests failed", outcome.failed));
        }
        Ok(())
    }

    /// The rows that match no test any more, because the tests were renamed.
    fn stale(&self) -> Option<String> {
        let rows = LEFT_OUT.iter().zip(&self.left_out);
        let stale = rows.filter(|(_, count)| **count == 0);
        let stale: Vec<String> = stale
            .map(|(row, _)| format!("{} {}", row.suite, row.tests))
            .collect();
        if stale.is_empty() {
            return None;
        }
        let stale = stale.join(", ");
        Some(format!(
            "no such tests, correct the table in xtask/src/check/left_out.rs: {stale}"
        ))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
