//! Runs the program without the environment of the machine.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// The result of a run.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program with these arguments.
pub fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tf-outputs"));
    // No proxy is used for loopback, and no file of the user is read.
    command
        .args(args)
        .env_clear()
        .env("NO_PROXY", "127.0.0.1,localhost");
    command.stdin(Stdio::null());
    command
}

/// Runs the program.
pub fn run(args: &[&str]) -> Ran {
    program(args).output().unwrap().into()
}

/// Runs the program with environment variables.
pub fn run_with<N: AsRef<str>, V: AsRef<str>>(args: &[&str], env: &[(N, V)]) -> Ran {
    let env = env
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()));
    program(args).envs(env).output().unwrap().into()
}

/// Runs the program with this text on standard input.
pub fn run_on(input: &[u8], args: &[&str]) -> Ran {
    let mut command = program(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may close its end after an error.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

/// A state with these outputs. A `!` before the name makes an output sensitive.
pub fn state(outputs: Value) -> String {
    let entries: serde_json::Map<String, Value> = outputs
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| match name.strip_prefix('!') {
            Some(name) => (
                name.to_owned(),
                json!({"value": value, "type": "dynamic", "sensitive": true}),
            ),
            None => (name.clone(), json!({"value": value, "type": "dynamic"})),
        })
        .collect();
    json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "x",
        "outputs": entries, "resources": [{"type": "a", "values": [1, 2]}], "check_results": null,
    })
    .to_string()
}

/// Writes a file and returns its path.
pub fn file(directory: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
