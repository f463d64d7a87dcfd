//! `cargo xtask demo`: one deployment that becomes healthy and one that is rolled back with its
//! cause, by the programs as a pipeline runs them, with explanations.

mod embedded;
mod engine;
mod pipeline;

use std::path::Path;

use stories::programs::repository;

use crate::tools::{self, succeed};

/// Options of the demo.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run real containers: ministack on a Docker engine (requires root)
    #[arg(long)]
    docker: bool,
}

/// Runs the demo.
pub fn run(args: &Args) -> Result<(), String> {
    println!("building the six programs and the sample service …");
    let mut cargo = tools::cargo();
    cargo.args(["build", "--quiet", "--locked"]);
    // xtask is named as well, so that the dependencies have the same features as in this build.
    let packages = ["xtask", "fargate-pipeline", "hello"];
    cargo.args(packages.map(|p| format!("--package={p}")));
    cargo.arg("--bins");
    succeed(&mut cargo)?;
    let scratch = tempfile::Builder::new()
        .prefix("fargate-demo-")
        .tempdir()
        .map_err(message)?;
    if args.docker {
        engine::run(scratch.path())
    } else {
        embedded::run(scratch.path())
    }
}

fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A change like a developer's: a variable that makes the sample service crash.
fn broken_task_definition(folder: &Path) -> Result<std::path::PathBuf, String> {
    let source = repository().join("Apps/hello/taskdef.json");
    let text = std::fs::read_to_string(source).map_err(message)?;
    let mut definition: serde_json::Value = serde_json::from_str(&text).map_err(message)?;
    let variables = definition["containerDefinitions"][0]["environment"].as_array_mut();
    let crash = serde_json::json!({"name": "HELLO_CRASH", "value": "DATABASE_URL is not set"});
    variables
        .ok_or("the sample's container has no environment")?
        .push(crash);
    let path = folder.join("taskdef-broken.json");
    std::fs::write(&path, format!("{definition:#}\n")).map_err(message)?;
    Ok(path)
}
