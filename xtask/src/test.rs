//! `cargo xtask test`: all tests, with one command.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use stories::programs::repository;

use crate::suites;
use crate::tools::{self, succeed};

/// Which tests to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run only the Rust tests whose names contain this text
    filter: Option<String>,
}

/// Installs, builds, runs, and lists what could not run.
pub fn run(args: &Args) -> Result<(), String> {
    let missing = tools::install();
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let list = scratch.path().join("not-run");
    // The stories run the programs as built, not as test harnesses.
    succeed(&mut cargo(&["build", "--workspace", "--bins"], &list))?;
    let infra = match args.filter {
        None => Some(Infra::start(scratch.path(), &list)?),
        Some(_) => None,
    };
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"], &list);
    let tested = succeed(tests.args(suites::KINDS).args(args.filter.iter()));
    let checked = infra.map_or(Ok(()), Infra::finish);
    let mut not_run = missing;
    let listed = std::fs::read_to_string(&list).unwrap_or_default();
    not_run.extend(listed.lines().map(str::to_owned));
    if !not_run.is_empty() {
        println!("\nNot run, or not available:");
        for line in &not_run {
            println!("  {line}");
        }
    }
    tested?;
    checked?;
    if std::env::var("CI").is_ok_and(|ci| ci == "true") && !not_run.is_empty() {
        return Err("in CI everything must run".to_owned());
    }
    Ok(())
}

fn cargo(args: &[&str], not_run: &Path) -> Command {
    let mut cargo = tools::cargo();
    cargo.args(args).arg("--locked");
    cargo.env("FARGATE_TEST_NOT_RUN", not_run);
    cargo.env("RUST_TEST_THREADS", suites::threads());
    if let Some(botocore) = tools::botocore() {
        cargo.env("FARGATE_TEST_BOTOCORE", botocore);
    }
    cargo
}

/// The checks of Infra/. They mostly wait, so they run at the same time as the Rust tests and are
/// reported afterwards.
struct Infra {
    checks: Child,
    log: std::path::PathBuf,
}

impl Infra {
    fn start(scratch: &Path, not_run: &Path) -> Result<Self, String> {
        let log = scratch.join("infra.log");
        let failed = |e: std::io::Error| format!("cannot start the checks of Infra/: {e}");
        let out = std::fs::File::create(&log).map_err(failed)?;
        let checks = Command::new("python3")
            .current_dir(repository())
            .arg("tests/infra/check.py")
            .env("FARGATE_TEST_NOT_RUN", not_run)
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(failed)?)
            .stderr(out)
            .spawn()
            .map_err(failed)?;
        Ok(Self { checks, log })
    }

    fn finish(mut self) -> Result<(), String> {
        let ended = self.checks.wait().map_err(|e| e.to_string())?;
        println!("\nThe checks of Infra/:");
        println!("{}", std::fs::read_to_string(&self.log).unwrap_or_default());
        if ended.success() {
            Ok(())
        } else {
            Err("the checks of Infra/ failed".to_owned())
        }
    }
}
