//! A result that cannot be written is an error, in every program and every format.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use fargate_pipeline::VERBS;

fn run(arguments: &[&str], stdout: impl Into<Stdio>) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut program = Command::new(env!("CARGO_BIN_EXE_fargate-pipeline"));
    program.args(arguments).env_clear().env("PATH", path);
    let child = program.stdout(stdout).stderr(Stdio::piped()).spawn();
    child.unwrap().wait_with_output().unwrap()
}

/// A device that behaves like a full disk.
fn full_disk() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe whose reader has read enough.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A command line per program and format that needs no network.
fn command_lines(state: &str) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for format in ["json", "text", "dotenv", "shell", "properties"] {
        lines.push(
            ["tf-outputs", "--state", state, "--format", format]
                .map(str::to_owned)
                .into(),
        );
    }
    for verb in VERBS {
        for option in ["--help", "-h", "--version"] {
            lines.push(vec![verb.name.to_owned(), option.to_owned()]);
        }
    }
    lines.extend([vec!["help".to_owned()], vec!["version".to_owned()]]);
    lines
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("terraform.tfstate");
    let content = r#"{"version":4,"serial":1,"lineage":"x","outputs":{"a":{"value":"1","type":"string"}},"resources":[]}"#;
    std::fs::write(&state, content).unwrap();
    for line in command_lines(state.to_str().unwrap()) {
        let arguments: Vec<&str> = line.iter().map(String::as_str).collect();
        let ran = run(&arguments, full_disk());
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{line:?}: {stderr}");
        let error = "error: cannot write the result to standard output";
        assert!(stderr.contains(error), "{line:?}: {stderr}");
        let ran = run(&arguments, closed_pipe());
        assert_eq!(ran.status.code(), Some(0), "{line:?}");
    }
}
