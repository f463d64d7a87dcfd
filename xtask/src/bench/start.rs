//! The start-up time of a step: `--help` of each program, compared with Node running an empty
//! script, which is how most existing actions start.

use std::process::Command;

use fargate_pipeline::VERBS;

use super::measure::{Bound, Contender, check_bounds, interleaved, table, wall};

const ROUNDS: usize = 25;

/// The limit for `--help`, in seconds.
const HELP: f64 = 0.010;

pub fn run() -> Result<(), String> {
    let program = super::program()?;
    let ours = VERBS.iter().map(|verb| Contender {
        name: verb.name,
        prepare: Box::new(|| Ok(())),
        command: Box::new(|| {
            let mut help = Command::new(&program);
            help.args([verb.name, "--help"]);
            help
        }),
    });
    let node = Contender {
        name: "node",
        prepare: Box::new(|| Ok(())),
        command: Box::new(|| {
            let mut node = Command::new("node");
            node.args(["--eval", ""]);
            node
        }),
    };
    let contenders: Vec<_> = ours.chain([node]).collect();
    let runs = interleaved(&contenders, ROUNDS)?;
    table(&runs);
    let (node, ours) = runs.split_last().ok_or("nothing was measured")?;
    let mut bounds = Vec::new();
    for verb in ours {
        bounds.push(Bound {
            what: format!("{} --help, seconds", verb.name),
            figure: verb.median(wall),
            at_most: HELP,
        });
        bounds.push(Bound {
            what: format!("{} --help, by node's start", verb.name),
            figure: verb.ratio(node, wall),
            at_most: 0.5,
        });
    }
    check_bounds(&bounds)
}
