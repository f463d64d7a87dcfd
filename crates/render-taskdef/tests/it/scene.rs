//! A directory with files in which the program runs, independently of the machine's environment.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

pub struct Scene {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The rendered definition.
    pub fn rendered(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// A definition without mistakes.
pub const SOUND: &str = r#"{
  "family": "web",
  "cpu": "256",
  "memory": "512",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "containerDefinitions": [
    {"name": "app", "image": "app:1", "environment": [{"name": "STAGE", "value": "test"}]},
    {"name": "side", "image": "side:1", "essential": false}
  ]
}
"#;

impl Scene {
    /// A directory that contains `t.json`.
    pub fn of(definition: &str) -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
            env: Vec::new(),
        };
        scene.write("t.json", definition);
        scene
    }

    pub fn with_env(mut self, env: impl IntoIterator<Item = (String, String)>) -> Self {
        self.env.extend(env);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[], "")
    }

    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)], stdin: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_render-taskdef"))
            .args(args)
            .env_clear()
            .envs(self.env.iter().map(|(n, v)| (n, v)))
            .envs(env.iter().copied())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input may have ended before this writes it.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Renders `t.json` with further arguments.
    pub fn render(&self, args: &[&str]) -> Ran {
        let mut all = vec!["--task-definition", "t.json"];
        all.extend(args);
        self.run(&all)
    }
}
