//! Development commands of this project: `cargo xtask check`, `regenerate`, `test`, `demo`, `bench`, `dist`,
//! `describe`, `release`.
#![expect(
    clippy::print_stdout,
    reason = "these commands talk to the person who typed them"
)]

mod bench;
mod chaos;
mod check;
mod demo;
mod describe;
mod dist;
mod linked;
mod notices;
mod platform;
mod prose;
mod regenerate;
mod release;
mod sbom;
mod suites;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Development commands of this project")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare our programs with the tools that they replace
    Bench(bench::Args),
    /// Run pipelines with faults at random, and judge them
    Chaos(chaos::Args),
    /// Check formatting and lints, and run the quick tests (no root, no counterparts)
    Check,
    /// Deploy the sample service, then a version that crashes
    Demo(demo::Args),
    /// Write what a release contains besides the programs: manifest, SBOM, notices, completions, manual
    Describe(describe::Args),
    /// Write the static program, its links and checksums to dist/
    Dist(dist::Args),
    /// Print the rates of the habits that the style guide names
    Prose(prose::Args),
    /// Write the generated files: actions, docs, service model, snapshots
    Regenerate(regenerate::Args),
    /// Rehearse a release against a bare repository and a fake GitHub
    Release(release::Args),
    /// Install what the tests need, and run all of them
    Test(test::Args),
}

fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Check => check::run(),
        Command::Demo(args) => demo::run(&args),
        Command::Describe(args) => describe::run(&args),
        Command::Dist(args) => dist::run(&args),
        Command::Prose(args) => prose::run(&args),
        Command::Regenerate(args) => regenerate::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Test(args) => test::run(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("\nxtask: {why}");
            ExitCode::FAILURE
        }
    }
}
