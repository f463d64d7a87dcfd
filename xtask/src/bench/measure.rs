//! Times whole processes in turn (A B C, A B C, …), so that a machine whose speed changes affects
//! all of them alike. Ratios are computed within a round, and their median is reported.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// One of the programs that are compared.
pub struct Contender<'a> {
    /// Its name in the table.
    pub name: &'a str,
    /// Prepares a run. Its time does not count.
    pub prepare: Box<dyn Fn() -> Result<(), String> + 'a>,
    /// The run itself. A command with an exit code other than 0 ends the benchmark.
    pub command: Box<dyn Fn() -> Command + 'a>,
}

/// What one run used, according to the operating system: the process and its children.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub wall: Duration,
    /// User and system time together.
    pub cpu: Duration,
    /// Bytes: the largest resident set of any single process. A process starts with the memory of
    /// its parent at the fork, so this program stays small.
    pub peak: u64,
}

/// All runs of one contender, one per round.
#[derive(Debug)]
pub struct Runs<'a> {
    pub name: &'a str,
    pub rounds: Vec<Run>,
}

/// Runs each contender once to warm up, then `rounds` times in turn.
pub fn interleaved<'a>(
    contenders: &[Contender<'a>],
    rounds: usize,
) -> Result<Vec<Runs<'a>>, String> {
    let mut all: Vec<Runs<'a>> = contenders
        .iter()
        .map(|c| Runs {
            name: c.name,
            rounds: Vec::with_capacity(rounds),
        })
        .collect();
    for round in 0..=rounds {
        for (contender, runs) in contenders.iter().zip(&mut all) {
            (contender.prepare)()?;
            let run = once(contender)?;
            if round > 0 {
                runs.rounds.push(run);
            }
        }
    }
    Ok(all)
}

/// Runs a contender once. The caller has prepared it.
pub fn once(contender: &Contender<'_>) -> Result<Run, String> {
    let failed = |why: String| format!("{}: {why}", contender.name);
    let log = tempfile::NamedTempFile::new().map_err(|e| failed(e.to_string()))?;
    let out = log.reopen().map_err(|e| failed(e.to_string()))?;
    let err = log.reopen().map_err(|e| failed(e.to_string()))?;
    let mut command = (contender.command)();
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    let begun = Instant::now();
    let child = command.spawn().map_err(|e| failed(e.to_string()))?;
    let ended = child.wait4().map_err(|e| failed(e.to_string()))?;
    let wall = begun.elapsed();
    if !ended.status.success() {
        let output = std::fs::read_to_string(log.path()).unwrap_or_default();
        return Err(failed(format!("{}\n{output}", ended.status)));
    }
    Ok(Run {
        wall,
        cpu: ended.rusage.utime + ended.rusage.stime,
        peak: ended.rusage.maxrss,
    })
}

impl Runs<'_> {
    /// The median of a figure over the rounds.
    pub fn median(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        median(self.rounds.iter().map(figure).collect())
    }

    /// The median of the ratios between this contender's value and the other's in the same round.
    pub fn ratio(&self, other: &Runs<'_>, figure: impl Fn(&Run) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        median(pairs.map(|(a, b)| figure(a) / figure(b)).collect())
    }
}

/// Wall time in seconds, for `median` and `ratio`.
pub fn wall(run: &Run) -> f64 {
    run.wall.as_secs_f64()
}

/// Processor time in seconds.
pub fn cpu(run: &Run) -> f64 {
    run.cpu.as_secs_f64()
}

/// The largest resident set in MiB.
pub fn peak(run: &Run) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a peak is far below 2^52 bytes")]
    let bytes = run.peak as f64;
    bytes / f64::from(1 << 20)
}

/// The middle value, or the mean of the two middle values; NaN if there are no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Prints the medians of every contender, each with its range.
pub fn table(all: &[Runs<'_>]) {
    let width = all.iter().map(|r| r.name.len()).max().unwrap_or_default();
    println!(
        "{:width$}  {:>26}  {:>8}  {:>9}",
        "", "wall s (least to most)", "cpu s", "peak MiB"
    );
    for runs in all {
        let walls: Vec<f64> = runs.rounds.iter().map(wall).collect();
        let least = walls.iter().copied().fold(f64::INFINITY, f64::min);
        let most = walls.iter().copied().fold(0.0, f64::max);
        let range = format!("{:.3} ({least:.3} to {most:.3})", runs.median(wall));
        println!(
            "{:width$}  {range:>26}  {:>8.3}  {:>9.1}",
            runs.name,
            runs.median(cpu),
            runs.median(peak)
        );
    }
}

/// A promise: a value and its upper limit.
#[derive(Debug)]
pub struct Bound {
    pub what: String,
    pub figure: f64,
    pub at_most: f64,
}

/// Prints which bounds hold. The error names those that do not.
pub fn check_bounds(bounds: &[Bound]) -> Result<(), String> {
    println!();
    let mut missed = Vec::new();
    for bound in bounds {
        // NaN never satisfies a bound.
        let holds = bound.figure <= bound.at_most;
        let mark = if holds { "ok    " } else { "MISSED" };
        println!(
            "{mark} {}: {:.3}, at most {}",
            bound.what, bound.figure, bound.at_most
        );
        if !holds {
            missed.push(bound.what.clone());
        }
    }
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("missed: {}", missed.join("; ")))
}
