//! The project's own commands: `cargo xtask demo`, `test`, `bench`, `actions`, `dist`,
//! `service-model`.
#![expect(
    clippy::print_stdout,
    reason = "these commands talk to the person who typed them"
)]

mod actions;
mod bench;
mod demo;
mod dist;
mod platform;
mod service_model;
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
    /// Measure our programs beside the tools they replace
    Bench(bench::Args),
    /// Deploy the sample service from end to end, then one that crashes
    Demo(demo::Args),
    /// Put the static program, its links and sums into dist/
    Dist(dist::Args),
    /// Make the table of what ECS takes anew, out of botocore's service model
    ServiceModel,
    /// Set up what the tests need and run all of them
    Test(test::Args),
}

fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Actions(args) => actions::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Dist(args) => dist::run(&args),
        Command::ServiceModel => service_model::run(),
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
