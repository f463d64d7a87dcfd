//! `cargo xtask bench NAME`: how our programs do beside the tools they replace, in one interleaved
//! run, and whether the bounds that the project promises hold. Each is a file of its own.

mod measure;
mod peers;
mod pipeline;
mod push;
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
    /// Pushes of an image, beside skopeo, docker push and curl
    EcrPush,
    /// A whole pipeline for an unchanged image, beside the aws calls of a deploy script
    Pipeline,
    /// How long --help takes, beside an empty program of Node
    Start,
}

/// Measures, prints the table, and fails where a bound is missed.
pub fn run(args: &Args) -> Result<(), String> {
    match args.what {
        What::EcrPush => push::run(),
        What::Pipeline => pipeline::run(),
        What::Start => start::run(),
    }
}

/// The multi-call program as a release ships it: the one that FARGATE_PIPELINE_BIN names, or this
/// source's.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("FARGATE_PIPELINE_BIN") {
        return Ok(named.into());
    }
    println!("building the program as it ships …");
    dist::build(&dist::host()?)
}
