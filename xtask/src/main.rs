//! The project's own commands: `cargo xtask demo`, `test`, `actions`, `dist`.
#![expect(
    clippy::print_stdout,
    reason = "these commands talk to the person who typed them"
)]

mod actions;
mod demo;
mod dist;
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
    /// Write the verbs' actions and their documentation anew
    Actions(actions::Args),
    /// Deploy the sample service from end to end, then one that crashes
    Demo(demo::Args),
    /// Put the static program, its links and sums into dist/
    Dist(dist::Args),
    /// Set up what the tests need and run all of them
    Test(test::Args),
}

fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Actions(args) => actions::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Dist(args) => dist::run(&args),
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
