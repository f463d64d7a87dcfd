//! Renders a definition of 60 KB, compared with a Node program that only replaces the placeholders:
//! no positions, no lints, no check for missing values.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use stories::programs::repository;

use super::measure::{Bound, Contender, check_bounds, cpu, interleaved, table, wall};

const ROUNDS: usize = 25;

/// Size of the definition's file in bytes, as an editor writes it. The limit of ECS is 64 KiB.
const SIZE: usize = 60_000;

/// The limit for rendering, in seconds.
const RENDERING: f64 = 0.010;

/// The minimum time of Node, as a multiple of ours.
const FACTOR: f64 = 20.0;

const CONTAINERS: usize = 4;

pub fn run() -> Result<(), String> {
    super::need(&["node"])?;
    let program = super::program()?;
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let folder = scratch.path();
    let size = set_up(folder)?;
    println!("a definition of {size} bytes, {CONTAINERS} containers");
    let images: Vec<String> = (0..CONTAINERS)
        .map(|n| format!("app{n}=registry.example/app@sha256:{}", "0".repeat(64)))
        .collect();
    let ours = || {
        let mut ours = Command::new(&program);
        ours.current_dir(folder).arg("render-taskdef");
        ours.args(["--task-definition", "definition.json"]);
        ours.args(["--outputs", "outputs.json", "--out", "ours.json"]);
        ours.args(images.iter().flat_map(|image| ["--image", image]));
        ours
    };
    let node = || {
        let mut node = Command::new("node");
        node.current_dir(folder);
        node.arg(repository().join("xtask/src/bench/render.cjs"));
        node.args(["definition.json", "outputs.json", "node.json"]);
        node.args(&images);
        node
    };
    let contenders = [
        Contender {
            name: "render-taskdef",
            prepare: Box::new(|| fresh(&folder.join("ours.json"))),
            command: Box::new(ours),
        },
        Contender {
            name: "node render.cjs",
            prepare: Box::new(|| fresh(&folder.join("node.json"))),
            command: Box::new(node),
        },
    ];
    let runs = interleaved(&contenders, ROUNDS)?;
    if read(&folder.join("ours.json"))? != read(&folder.join("node.json"))? {
        return Err("the two rendered different definitions".to_owned());
    }
    table(&runs);
    let [ours, node] = runs.as_slice() else {
        return Err("nothing was measured".to_owned());
    };
    println!(
        "node takes {:.1} times as long, {:.1} times the processor",
        node.ratio(ours, wall),
        node.ratio(ours, cpu)
    );
    check_bounds(&[
        Bound {
            what: format!("rendering {size} bytes, seconds"),
            figure: ours.median(wall),
            at_most: RENDERING,
        },
        Bound {
            what: "rendering, by node's time".to_owned(),
            figure: ours.ratio(node, wall),
            at_most: 1.0 / FACTOR,
        },
    ])
}

/// Writes the definition and the outputs; returns the size of the definition in bytes.
fn set_up(folder: &Path) -> Result<usize, String> {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).map_err(|e| format!("{name}: {e}"))
    };
    let outputs = json!({
        "stage": "production", "region": "eu-central-1", "log_group": "/ecs/web",
        "execution_role_arn": "arn:aws:iam::123456789012:role/web-execution",
    });
    write("outputs.json", &outputs.to_string())?;
    let mut variables = 0;
    let text = loop {
        variables += 1;
        let text = format!("{:#}\n", definition(variables));
        if text.len() >= SIZE {
            break text;
        }
    };
    write("definition.json", &text)?;
    Ok(text.len())
}

/// Variables for each container. Every second one contains a placeholder.
fn definition(variables: usize) -> Value {
    let environment: Vec<Value> = (0..variables)
        .map(|n| {
            let value = match n % 2 {
                0 => format!("https://service-{n}.${{tf.stage}}.example.com/v1"),
                _ => format!("a setting of some length, the one with number {n}"),
            };
            json!({"name": format!("SETTING_{n:03}"), "value": value})
        })
        .collect();
    let containers: Vec<Value> = (0..CONTAINERS)
        .map(|n| {
            json!({
                "name": format!("app{n}"), "image": "replaced", "essential": n == 0,
                "environment": environment,
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "${tf.log_group}", "awslogs-region": "${tf.region}",
                    "awslogs-stream-prefix": format!("app{n}"),
                }},
            })
        })
        .collect();
    json!({
        "family": "web", "cpu": "1024", "memory": "2048", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"], "executionRoleArn": "${tf.execution_role_arn}",
        "containerDefinitions": containers,
    })
}

/// The checkout of a job has no result of an earlier run to replace.
fn fresh(path: &Path) -> Result<(), String> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}
