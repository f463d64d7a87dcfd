//! Runs the real program without the environment of the machine.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a run printed and returned.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// `ecr-push.json`.
    pub result: Value,
    pub took: Duration,
}

impl Run {
    /// The digest in the image URI on stdout.
    pub fn digest(&self) -> &str {
        self.stdout.trim().rsplit('@').next().unwrap()
    }

    /// The number of layers with an outcome.
    pub fn layers(&self, outcome: &str) -> usize {
        let layers = self.result["data"]["layers"].as_array().unwrap();
        layers.iter().filter(|l| l["outcome"] == outcome).count()
    }

    pub fn requests(&self) -> u64 {
        self.result["data"]["requests"].as_u64().unwrap()
    }

    /// Panics with the complete output unless the run ended with this code and verdict.
    #[track_caller]
    pub fn ended(self, code: i32, verdict: &str) -> Self {
        let is_so = self.code == code && self.result["verdict"] == verdict;
        assert!(is_so, "not {code} {verdict}: {self:#?}");
        self
    }

    /// Panics unless stderr contains all of these texts and exactly one error.
    #[track_caller]
    pub fn with_error(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {self:#?}");
        }
        let errors = self.stderr.lines().filter(|l| l.starts_with("error:"));
        assert_eq!(errors.count(), 1, "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        self
    }
}

pub fn command(scratch: &Path, env: &[(String, String)], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-push"));
    command
        .args(args)
        .arg("--results")
        .arg(scratch.join("results"))
        .env_clear()
        .env("HOME", scratch)
        .env("TMPDIR", scratch)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub fn run(env: &[(String, String)], args: &[&str]) -> Run {
    run_with(env, args, None)
}

/// Runs the program with bytes on standard input.
pub fn run_with(env: &[(String, String)], args: &[&str], stdin: Option<&[u8]>) -> Run {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = command(scratch.path(), env, args);
    if stdin.is_some() {
        command.stdin(Stdio::piped());
    }
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // A program that rejects its input closes the pipe early.
        let _ = pipe.write_all(bytes);
    }
    let output = child.wait_with_output().unwrap();
    let took = began.elapsed();
    let file = scratch.path().join("results/ecr-push.json");
    let result = std::fs::read(file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or(Value::Null);
    let left: Vec<_> = std::fs::read_dir(scratch.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "results")
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        result,
        took,
    }
}
