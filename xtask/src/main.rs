//! The project's own commands: `cargo xtask check`, `regenerate`, `test`, `demo`, `bench`, `dist`, `release`.
#![expect(
    clippy::print_stdout,
    reason = "these commands talk to the person who typed them"
)]

mod bench;
mod check;
mod demo;
mod dist;
mod platform;
mod prose;
mod regenerate;
mod release;
mod suites;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure our programs beside the tools they replace
    Bench(bench::Args),
    /// Check form and lints and run the quick tests: no root, no counterparts
    Check,
    /// Deploy the sample service from end to end, then one that crashes
    Demo(demo::Args),
    /// Put the static program, its links and sums into dist/
    Dist(dist::Args),
    /// Count the habits of language that the style guide names
    Prose,
    /// Write every generated file: actions, docs, service model, snapshots
    Regenerate(regenerate::Args),
    /// Rehearse a release against a bare repository and a fake GitHub
    Release(release::Args),
    /// Set up what the tests need and run all of them
    Test(test::Args),
}

fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Check => check::run(),
        Command::Demo(args) => demo::run(&args),
        Command::Dist(args) => dist::run(&args),
        Command::Prose => prose::run(),
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
