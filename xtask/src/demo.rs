//! `cargo xtask demo`: one deployment that becomes healthy, and one that is refused with its
//! cause, by the programs as a pipeline runs them, told so that a person can follow.

mod embedded;
mod engine;
mod pipeline;

use std::path::Path;

use stories::programs::repository;

use crate::tools::{self, succeed};

/// How to run it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run real containers: ministack on a Docker engine (started here; needs root)
    #[arg(long)]
    docker: bool,
}

/// Runs the demo.
pub fn run(args: &Args) -> Result<(), String> {
    println!("building the six programs and the sample service …");
    let mut cargo = tools::cargo();
    cargo.args(["build", "--quiet", "--locked"]);
    // With xtask named, dependencies get the features that they were just built with for it.
    let packages = ["xtask", "fargate-pipeline", "hello"];
    cargo.args(packages.map(|p| format!("--package={p}")));
    cargo.arg("--bins");
    succeed(&mut cargo)?;
    let scratch = tempfile::Builder::new()
        .prefix("fargate-demo-")
        .tempdir()
        .map_err(said)?;
    if args.docker {
        engine::run(scratch.path())
    } else {
        embedded::run(scratch.path())
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A change as a developer might make one: a variable that makes the sample service crash.
fn broken_task_definition(folder: &Path) -> Result<std::path::PathBuf, String> {
    let source = repository().join("Apps/hello/taskdef.json");
    let text = std::fs::read_to_string(source).map_err(said)?;
    let mut definition: serde_json::Value = serde_json::from_str(&text).map_err(said)?;
    let variables = definition["containerDefinitions"][0]["environment"].as_array_mut();
    let crash = serde_json::json!({"name": "HELLO_CRASH", "value": "DATABASE_URL is not set"});
    variables
        .ok_or("the sample's container has no environment")?
        .push(crash);
    let path = folder.join("taskdef-broken.json");
    std::fs::write(&path, format!("{definition:#}\n")).map_err(said)?;
    Ok(path)
}
