//! `cargo xtask chaos`: whole pipelines against the fakes, with faults at random, as processes that are
//! killed. Everything that is wrong in a run is found from outside: exit codes, requests, files.

mod history;
mod judge;
mod plan;
mod planted;
mod process;
mod report;
mod run;
mod scene;
mod step;

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use stories::image::{Recipe, oci_layout};

use crate::tools::{self, succeed};

/// Which pipelines to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Seed of the first run; each further run has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of runs; a single run prints its trace
    #[arg(long, default_value_t = 500)]
    runs: u64,
    /// Pipelines at the same time; most of their time they wait
    #[arg(long, default_value_t = 48)]
    parallel: usize,
    /// Send a request twice, to prove that this is found
    #[arg(long, hide = true)]
    planted: Option<planted::Planted>,
}

impl Args {
    /// What `cargo xtask test` runs.
    pub fn in_ci() -> Self {
        Self {
            seed: 1,
            runs: 500,
            parallel: 48,
            planted: None,
        }
    }
}

/// Runs the pipelines, and fails if anything was wrong.
pub fn run(args: &Args) -> Result<(), String> {
    let mut cargo = tools::cargo();
    // xtask is named as well, so that the dependencies have the same features as in this build.
    cargo.args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "xtask",
        "--package",
        "fargate-pipeline",
        "--bins",
    ]);
    succeed(&mut cargo)?;
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let image = scratch.path().join("image");
    write_image(&image, scratch.path()).map_err(|e| format!("cannot write an image: {e}"))?;
    let certificate = scratch.path().join("certificate.pem");
    write_certificate(&certificate)?;
    let setting = run::Setting {
        image: &image,
        certificate: &certificate,
        planted: args.planted,
    };
    let begun = Instant::now();
    let totals = Mutex::new(report::Totals::default());
    let next = AtomicU64::new(args.seed);
    let end = args.seed + args.runs;
    let work = || -> Result<(), String> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return Ok(());
            }
            let folder = tempfile::tempdir_in(scratch.path()).map_err(|e| e.to_string())?;
            let history = run::run(&plan::Scenario::of(seed), &setting, folder.path())
                .map_err(|e| format!("seed {seed}: {e}"))?;
            let findings = judge::judge(&history);
            if args.runs == 1 {
                report::trace(&history);
            }
            let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
            totals.add(&history, findings);
            if totals.runs() % 100 == 0 {
                println!("{} runs, {} with findings", totals.runs(), totals.failed());
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..args.parallel.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err("a run panicked".to_owned()))
        })
    })?;
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    totals.print(begun.elapsed());
    match totals.failed() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} runs have findings", totals.runs())),
    }
}

fn write_certificate(path: &Path) -> Result<(), String> {
    let failed = |e: &dyn std::error::Error| format!("cannot write a certificate: {e}");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.map_err(|e| failed(&e))?;
    std::fs::write(path, made.cert.pem()).map_err(|e| failed(&e))
}

/// An image with one layer that does not shrink.
fn write_image(image: &Path, scratch: &Path) -> std::io::Result<()> {
    let program = scratch.join("program");
    let mut random = fastrand::Rng::with_seed(1);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
        .take(100_000)
        .collect();
    std::fs::write(&program, bytes)?;
    oci_layout(
        image,
        &Recipe {
            program: &program,
            environment: &[],
        },
    )?;
    Ok(())
}
