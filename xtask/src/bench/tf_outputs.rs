//! Reads outputs from a state of 50 MB, and from a small state whose configuration requires a
//! provider, like a pipeline after a fresh checkout. Compared with jq, which does not need `init`
//! either but requires the state as a file, and with the real terraform, which must find its
//! provider first.
//!
//! The provider is unpacked in a local mirror. A pipeline would download it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};
use stories::programs::repository;

use super::measure::{Bound, Contender, check_bounds, cpu, interleaved, peak, table, wall};

const ROUNDS: usize = 9;

/// Size of the large state in bytes.
const LARGE: usize = 50_000_000;

/// The limits for reading the large state, in seconds and MiB.
const LARGE_SECONDS: f64 = 0.150;
const LARGE_MEBIBYTES: f64 = 32.0;

/// The limit for reading the small state, in seconds.
const SMALL_SECONDS: f64 = 0.010;

/// The minimum time of terraform, as a multiple of ours.
const FACTOR: f64 = 50.0;

/// The outputs of the small state.
const OUTPUTS: usize = 20;

const JQ: &str = ".outputs | map_values(.value)";

pub fn run() -> Result<(), String> {
    super::need(&["jq", "terraform", "python3"])?;
    let program = super::program()?;
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut bounds = large(&program, scratch.path())?;
    bounds.extend(small(&program, scratch.path())?);
    check_bounds(&bounds)
}

fn large(program: &Path, folder: &Path) -> Result<Vec<Bound>, String> {
    let state = folder.join("large.tfstate");
    let resources = write_large(&state).map_err(|e| format!("{}: {e}", state.display()))?;
    println!("\na state of {LARGE} bytes, {resources} resources");
    let ours = || read_with(program, &state);
    let jq = || jq_on(&state);
    same(&[values(&mut ours())?, values(&mut jq())?])?;
    let contenders = [contender("tf-outputs", ours), contender("jq", jq)];
    let runs = interleaved(&contenders, ROUNDS)?;
    table(&runs);
    let [ours, jq] = runs.as_slice() else {
        return Err("nothing was measured".to_owned());
    };
    println!(
        "jq takes {:.1} times as long, {:.1} times the processor",
        jq.ratio(ours, wall),
        jq.ratio(ours, cpu)
    );
    Ok(vec![
        Bound {
            what: "the large state, seconds".to_owned(),
            figure: ours.median(wall),
            at_most: LARGE_SECONDS,
        },
        Bound {
            what: "the large state, MiB".to_owned(),
            figure: ours.median(peak),
            at_most: LARGE_MEBIBYTES,
        },
    ])
}

fn small(program: &Path, folder: &Path) -> Result<Vec<Bound>, String> {
    let root = folder.join("root");
    let config = configure(&root)?;
    let terraform = |script: &str| {
        let mut terraform = Command::new("sh");
        terraform.args(["-ec", script]).current_dir(&root);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TF_")) {
            terraform.env_remove(name);
        }
        terraform.envs([("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1")]);
        terraform.env("TF_CLI_CONFIG_FILE", &config);
        terraform
    };
    succeed(&mut terraform(
        "terraform init -input=false\nterraform apply -input=false -auto-approve",
    ))?;
    let state = root.join("terraform.tfstate");
    println!("\na state of {OUTPUTS} outputs, its configuration with a provider");
    let ours = || read_with(program, &state);
    let jq = || jq_on(&state);
    let init = || terraform("terraform init -input=false >init.log\nterraform output -json");
    let printed = values(&mut init())?;
    let of_terraform: Map<String, Value> = printed
        .iter()
        .map(|(name, output)| (name.clone(), output["value"].clone()))
        .collect();
    same(&[
        values(&mut ours())?,
        values(&mut jq())?,
        of_terraform.clone(),
    ])?;
    if of_terraform.len() != OUTPUTS {
        return Err(format!("terraform printed {} outputs", of_terraform.len()));
    }
    let fresh =
        || std::fs::remove_dir_all(root.join(".terraform")).map_err(|e| format!(".terraform: {e}"));
    let contenders = [
        contender("tf-outputs", ours),
        contender("jq", jq),
        Contender {
            prepare: Box::new(fresh),
            ..contender("terraform init, output", init)
        },
    ];
    let runs = interleaved(&contenders, ROUNDS)?;
    table(&runs);
    let [ours, jq, terraform] = runs.as_slice() else {
        return Err("nothing was measured".to_owned());
    };
    println!(
        "terraform takes {:.0} times as long, jq {:.1} times",
        terraform.ratio(ours, wall),
        jq.ratio(ours, wall)
    );
    Ok(vec![
        Bound {
            what: "the small state, seconds".to_owned(),
            figure: ours.median(wall),
            at_most: SMALL_SECONDS,
        },
        Bound {
            what: "the small state, by terraform's time".to_owned(),
            figure: ours.ratio(terraform, wall),
            at_most: 1.0 / FACTOR,
        },
    ])
}

fn contender<'a>(name: &'a str, command: impl Fn() -> Command + 'a) -> Contender<'a> {
    Contender {
        name,
        prepare: Box::new(|| Ok(())),
        command: Box::new(command),
    }
}

fn read_with(program: &Path, state: &Path) -> Command {
    let mut ours = Command::new(program);
    ours.args(["tf-outputs", "--state"]).arg(state);
    ours
}

fn jq_on(state: &Path) -> Command {
    let mut jq = Command::new("jq");
    jq.arg(JQ).arg(state);
    jq
}

/// Writes a state like Terraform does, outputs first; returns the number of its resources.
fn write_large(path: &Path) -> std::io::Result<usize> {
    let statement = json!({
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket"],
    });
    let policy = json!({"Version": "2012-10-17", "Statement": vec![statement; 6]}).to_string();
    let resource = json!({
        "mode": "managed", "type": "aws_iam_policy", "name": "this",
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": [{
            "index_key": "web", "schema_version": 0,
            "attributes": {
                "arn": "arn:aws:iam::123456789012:policy/web", "description": "", "path": "/",
                "id": "arn:aws:iam::123456789012:policy/web", "name_prefix": null, "policy": policy,
                "tags": {"team": "web", "stage": "production"}, "attachment_count": 3,
            },
            "sensitive_attributes": [], "private": "bnVsbA==",
            "dependencies": ["aws_s3_bucket.this", "data.aws_caller_identity.current"],
        }],
    });
    let resource = format!("{resource:#}");
    let outputs: Map<String, Value> = (0..OUTPUTS)
        .map(|n| {
            let entry = json!({"value": format!("subnet-{n:017x}"), "type": "string"});
            (format!("output_{n:02}"), entry)
        })
        .collect();
    let head = format!(
        "{{\n  \"version\": 4,\n  \"serial\": 7,\n  \"lineage\": \"x\",\n  \"outputs\": {:#},\n  \"resources\": [\n",
        Value::Object(outputs)
    );
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(head.as_bytes())?;
    let mut written = head.len();
    let mut resources = 0;
    while written < LARGE {
        let comma = if resources == 0 { "" } else { ",\n" };
        write!(file, "{comma}{resource}")?;
        written += comma.len() + resource.len();
        resources += 1;
    }
    file.write_all(b"\n  ],\n  \"check_results\": null\n}\n")?;
    file.flush()?;
    Ok(resources)
}

/// Writes the small configuration; returns the file that makes terraform use the mirror.
fn configure(root: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir(root).map_err(|e| format!("{}: {e}", root.display()))?;
    let mut text = String::from(
        "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n\
         provider \"aws\" {\n  region = \"eu-central-1\"\n}\n",
    );
    for n in 0..OUTPUTS {
        let value = match n % 4 {
            0 => json!([format!("subnet-{n}a"), format!("subnet-{n}b")]),
            1 => json!(n),
            _ => json!(format!("arn:aws:ecs:eu-central-1:123456789012:thing/{n}")),
        };
        text.push_str(&format!("output \"output_{n:02}\" {{ value = {value} }}\n"));
    }
    std::fs::write(root.join("main.tf"), text).map_err(|e| format!("main.tf: {e}"))?;
    // The checks of Infra/ know how to get a real provider.
    let mirror = "import sys, tools\nfrom pathlib import Path\n\
                  print(tools.cli_config(tools.old_provider_mirror(), Path(sys.argv[1])))";
    let mut python = Command::new("python3");
    python.args(["-c", mirror]).arg(root);
    python.env("PYTHONPATH", repository().join("tests/infra"));
    let output = succeed(&mut python)?;
    let path = output.lines().last().unwrap_or_default();
    Ok(PathBuf::from(path))
}

/// Runs a command that must succeed; returns its stdout.
fn succeed(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let output = command.output().map_err(|e| format!("{name}: {e}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{name}: {}\n{message}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("{name}: {e}"))
}

/// The JSON object that a command printed.
fn values(command: &mut Command) -> Result<Map<String, Value>, String> {
    serde_json::from_str(&succeed(command)?).map_err(|e| format!("no JSON object: {e}"))
}

fn same(all: &[Map<String, Value>]) -> Result<(), String> {
    let is_same = all.windows(2).all(|pair| pair[0] == pair[1]);
    is_same
        .then_some(())
        .ok_or_else(|| "the programs printed different outputs".to_owned())
}
