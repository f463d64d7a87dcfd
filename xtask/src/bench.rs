//! `cargo xtask bench NAME`: how our programs do beside the tools they replace, in one interleaved
//! run, and whether the bounds that the project promises hold. Each is a file of its own.

mod measure;
mod peers;
mod pipeline;
mod push;
mod render_taskdef;
mod start;
mod tf_outputs;
mod wait;

use std::path::PathBuf;

use stories::counterparts::find;

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
    /// A definition of 60 KB rendered, beside Node doing the same
    RenderTaskdef,
    /// Outputs of a large and a small state, beside jq and terraform with a provider
    TfOutputs,
    /// How soon a wait ends, beside aws ecs wait services-stable and fabfuel's ecs-deploy
    WaitHealthy,
}

/// Measures, prints the table, and fails where a bound is missed.
pub fn run(args: &Args) -> Result<(), String> {
    match args.what {
        What::EcrPush => push::run(),
        What::Pipeline => pipeline::run(),
        What::Start => start::run(),
        What::RenderTaskdef => render_taskdef::run(),
        What::TfOutputs => tf_outputs::run(),
        What::WaitHealthy => wait::run(),
    }
}

/// Says what is missing before anything is built or measured.
fn need(counterparts: &[&str]) -> Result<(), String> {
    let missing: Vec<&str> = counterparts
        .iter()
        .copied()
        .filter(|program| find(program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "this is measured beside {}: have it on the PATH",
        missing.join(" and ")
    ))
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
