//! `cargo xtask test`: everything that is tested, by one command.

use std::process::Command;

use stories::programs::repository;

use crate::tools::{self, succeed};

/// What to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// Installs, builds, runs, and lists what could not be run.
pub fn run(args: &Args) -> Result<(), String> {
    let missing = tools::install();
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let list = scratch.path().join("not-run");
    let cargo = |args: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(repository())
            .args(args)
            .env("FARGATE_TEST_NOT_RUN", &list);
        if let Some(botocore) = tools::botocore() {
            cargo.env("FARGATE_TEST_BOTOCORE", botocore);
        }
        cargo
    };
    // The stories run the programs as they are built, not as test harnesses.
    succeed(&mut cargo(&["build", "--workspace", "--bins", "--locked"]))?;
    let mut tests = cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--locked", "--no-fail-fast"]);
    tests.args(args.filter.iter());
    let ended = succeed(&mut tests);
    let mut not_run = missing;
    not_run.extend(
        std::fs::read_to_string(&list)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned),
    );
    if !not_run.is_empty() {
        println!("\nNot run, or not to be had:");
        for line in &not_run {
            println!("  {line}");
        }
    }
    ended?;
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if in_ci && !not_run.is_empty() {
        return Err("in CI everything has to run".to_owned());
    }
    Ok(())
}
