//! The time between ECS's decision about a deployment and the exit of the program that waits for
//! it: ours, `aws ecs wait services-stable` and fabfuel's `ecs deploy`, at the same time, on the
//! same scripted time lines.

mod line;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use line::{End, Waiter};

use super::measure::{Bound, check_bounds, median};
use super::peers;

/// Time lines for each result.
const LINES: usize = 20;

/// Time lines that run at the same time. With more of them, the load would affect the measurement.
const AT_ONCE: usize = 10;

/// Seconds from ECS's decision to our exit: the median, and the 95th percentile.
const MEDIAN: f64 = 1.5;
const MOST: f64 = 4.0;

/// How one waiter ended on one time line.
struct Sample {
    waiter: &'static str,
    end: End,
    /// Seconds from ECS's decision to the exit.
    delay: f64,
    right: bool,
}

pub fn run() -> Result<(), String> {
    let program = super::program()?;
    let waiters = [
        Waiter::ours(program),
        Waiter::aws(peers::python("awscli", "aws")?),
        Waiter::fabfuel(peers::python("ecs-deploy", "ecs")?),
    ];
    println!("{} time lines, {AT_ONCE} at once …", 2 * LINES);
    let samples = play(&waiters)?;
    let ends = [End::Succeeds, End::RollsBack];
    let width = waiters.iter().map(|w| w.name.len()).max();
    let width = width.unwrap_or_default();
    let mut bounds = Vec::new();
    for end in ends {
        println!("\n{}", end.words());
        println!(
            "{:width$}  {:>11}  {:>8}  {:>8}  {:>8}",
            "", "right exits", "median s", "95 % s", "most s"
        );
        for waiter in &waiters {
            let samples_of_end: Vec<&Sample> = samples
                .iter()
                .filter(|s| s.end == end && s.waiter == waiter.name)
                .collect();
            let delays: Vec<f64> = samples_of_end.iter().map(|s| s.delay).collect();
            let right = samples_of_end.iter().filter(|s| s.right).count();
            let exits = format!("{right} of {}", samples_of_end.len());
            let (middle, most) = (median(delays.clone()), most_of(delays.clone(), 0.95));
            println!(
                "{:width$}  {exits:>11}  {middle:>8.1}  {most:>8.1}  {:>8.1}",
                waiter.name,
                most_of(delays, 1.0)
            );
            if waiter.name == Waiter::OURS {
                let bound = |what: &str, figure, at_most| Bound {
                    what: format!("{}, {what}", end.words()),
                    figure,
                    at_most,
                };
                #[expect(clippy::cast_precision_loss, reason = "a handful")]
                let wrong = (samples_of_end.len() - right) as f64;
                bounds.push(bound("wrong exits", wrong, 0.0));
                bounds.push(bound("median, seconds", middle, MEDIAN));
                bounds.push(bound("95 of 100, seconds", most, MOST));
            }
        }
    }
    check_bounds(&bounds)
}

/// Runs all waiters on all time lines, alternating between the results.
fn play(waiters: &[Waiter]) -> Result<Vec<Sample>, String> {
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Vec::new());
    let work = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= 2 * LINES {
            return;
        }
        let end = [End::Succeeds, End::RollsBack][number % 2];
        std::thread::scope(|scope| {
            for waiter in waiters {
                let ended = &ended;
                scope.spawn(move || {
                    let sample = line::play(waiter, end, number);
                    if let Ok(mut ended) = ended.lock() {
                        ended.push(sample);
                    }
                });
            }
        });
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let ended = ended.into_inner().map_err(|e| e.to_string())?;
    ended.into_iter().collect()
}

/// The value that this fraction of all values does not exceed.
fn most_of(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rank among a handful"
    )]
    let rank = (values.len() as f64 * part).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}
