//! `cargo xtask bench NAME` compares our programs with the tools that they replace, in one
//! interleaved run, and checks the bounds that the project promises. Each benchmark has its own
//! file.

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

/// The benchmark to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Benchmark {
    /// Push an image (compared with skopeo, docker push and curl)
    EcrPush,
    /// Run a pipeline for an unchanged image (compared with the aws calls of a script)
    Pipeline,
    /// Print --help (compared with an empty Node script)
    Start,
    /// Render a definition of 60 KB (compared with Node)
    RenderTaskdef,
    /// Read a large and a small state (compared with jq and terraform)
    TfOutputs,
    /// Wait (compared with aws ecs wait services-stable and fabfuel's ecs-deploy)
    WaitHealthy,
}

/// Measures, prints the table, and fails if a bound is missed.
pub fn run(args: &Args) -> Result<(), String> {
    match args.benchmark {
        Benchmark::EcrPush => push::run(),
        Benchmark::Pipeline => pipeline::run(),
        Benchmark::Start => start::run(),
        Benchmark::RenderTaskdef => render_taskdef::run(),
        Benchmark::TfOutputs => tf_outputs::run(),
        Benchmark::WaitHealthy => wait::run(),
    }
}

/// Reports what is missing before anything is built or measured.
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

/// The multi-call program as a release ships it: the one in FARGATE_PIPELINE_BIN, or a new build.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("FARGATE_PIPELINE_BIN") {
        return Ok(named.into());
    }
    println!("building the program as it ships …");
    dist::build(&dist::host()?)
}
