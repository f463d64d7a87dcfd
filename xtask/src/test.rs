//! `cargo xtask test`: all tests, with one command.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use stories::programs::repository;

use crate::chaos;
use crate::suites;
use crate::tools::{self, succeed};

mod lanes;

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
    let infra = match args.filter {
        None => Some(Infra::start(scratch.path(), &list)?),
        Some(_) => None,
    };
    let tested = rust(args.filter.as_deref(), &list);
    let checked = infra.map_or(Ok(()), Infra::finish);
    // Alone, because it occupies all processors.
    let survived = match args.filter {
        None => chaos::run(&chaos::Args::in_ci()),
        Some(_) => Ok(()),
    };
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
    survived?;
    if std::env::var("CI").is_ok_and(|ci| ci == "true") && !not_run.is_empty() {
        return Err("in CI everything must run".to_owned());
    }
    Ok(())
}

/// Builds the programs and the suites, and runs all tests whose names contain the filter.
fn rust(filter: Option<&str>, not_run: &Path) -> Result<(), String> {
    // The stories run the programs as built, not as test harnesses.
    succeed(tools::cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    let suites = suites::build()?;
    lanes::run(suites, |suite| {
        let mut tests = suite.command();
        tests.env("FARGATE_TEST_NOT_RUN", not_run);
        if let Some(botocore) = tools::botocore() {
            tests.env("FARGATE_TEST_BOTOCORE", botocore);
        }
        tests.args(filter);
        tests
    })
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
