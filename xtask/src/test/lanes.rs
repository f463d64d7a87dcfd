//! Runs the test suites in two lanes. Most long tests wait for a program, a container or a timeout, so one suite alone
//! leaves the processors idle. Which tests a suite runs is decided by the caller.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::suites::{self, Outcome, Suite};

/// More lanes would disturb the tests that measure how long something takes.
const LANES: usize = 2;

/// The suites that take longest, longest first. They start first, so that none of them runs alone
/// at the end.
const LONGEST: [&str; 5] = [
    "stories stories",
    "rollout it",
    "wait-healthy it",
    "ecs-deploy it",
    "ecr-push it",
];

/// Runs all suites, even after a failure. Prints one line per suite, and the complete output of
/// each suite that failed.
///
/// # Errors
/// The names of the suites that failed or could not start.
pub fn run(
    mut suites: Vec<Suite>,
    command: impl Fn(&Suite) -> Command + Sync,
) -> Result<(), String> {
    in_order(&mut suites, Suite::name);
    let waiting = Mutex::new(VecDeque::from(suites));
    let failed = Mutex::new(Vec::new());
    let next = || lock(&waiting).pop_front();
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(suite) = next() {
                    let result = suites::run(&mut command(&suite));
                    // Printed under this lock, so that the output of two suites is not mixed.
                    let mut failed = lock(&failed);
                    if !is_reported_as_passed(&suite.name(), &result) {
                        failed.push(suite.name());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("these suites failed: {}", failed.join(", ")))
}

fn is_reported_as_passed(name: &str, result: &Result<Outcome, String>) -> bool {
    match result {
        Ok(outcome) => {
            let seconds = outcome.took.as_secs_f64();
            if !outcome.is_success() {
                println!("{}", outcome.output);
            }
            println!(
                "{name}: {} passed, {} failed, {seconds:.1} s",
                outcome.passed, outcome.failed
            );
            outcome.is_success()
        }
        Err(why) => {
            println!("{name}: {why}");
            false
        }
    }
}

/// The longest suites first, the others as they were.
fn in_order<T>(suites: &mut [T], name: impl Fn(&T) -> String) {
    suites.sort_by_key(|suite| {
        let name = name(suite);
        LONGEST
            .iter()
            .position(|longest| *longest == name)
            .unwrap_or(LONGEST.len())
    });
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn the_longest_suites_start_first() {
        let mut names = ["a it", "rollout it", "b unit", "stories stories"];
        in_order(&mut names, |name| (*name).to_owned());
        assert_eq!(names, ["stories stories", "rollout it", "a it", "b unit"]);
    }
}
