//! `cargo xtask bench NAME`: how our programs do beside the tools they replace, in one interleaved
//! run, and whether the bounds that the project promises hold. Each is a file of its own.

mod measure;
mod start;

use std::path::PathBuf;

use crate::dist;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum What {
    /// How long --help takes, beside an empty program of Node
    Start,
}

/// Measures, prints the table, and fails where a bound is missed.
pub fn run(args: &Args) -> Result<(), String> {
    match args.what {
        What::Start => start::run(),
    }
}

/// The multi-call program as a release ships it.
fn program() -> Result<PathBuf, String> {
    println!("building the program as it ships …");
    dist::build(&dist::host()?)
}
