//! act plays GitHub's runner. This repository's actions are mapped in as the remote that users
//! name.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stories::counterparts::{Unavailable, tool};
use stories::programs::{command, program, repository, run};

use super::scene::{PULL_REQUEST, Scene, copy, script};

const OURS: &str = "fargate-pipeline/fargate-pipeline@v1";

/// The path of act, or why it is not available.
pub fn act() -> Result<PathBuf, Unavailable> {
    tool("python/bin/act").ok_or_else(|| Unavailable {
        what: "act",
        why: "cargo xtask test installs it into .tools/".to_owned(),
    })
}

/// One run of a workflow.
pub struct Job<'s> {
    scene: &'s Scene,
    event: &'static str,
    payload: Value,
    environment: Vec<(String, String)>,
    /// Directories with programs, in the order in which they are searched.
    path: Vec<PathBuf>,
    more: Vec<String>,
}

/// The log that act wrote for a run.
pub struct Log {
    pub succeeded: bool,
    lines: Vec<Value>,
    text: String,
}

impl<'s> Job<'s> {
    /// A push to main.
    pub fn push(scene: &'s Scene) -> Self {
        let mut environment: Vec<(String, String)> = scene
            .cloud
            .env()
            .into_iter()
            .filter(|(name, _)| !name.starts_with("AWS_ACCESS") && !name.starts_with("AWS_SECRET"))
            .filter(|(name, _)| name != "AWS_REGION")
            .collect();
        environment.extend(scene.cloud.sts().github_env());
        let endpoint = scene.cloud.endpoint_url();
        environment.push(("FARGATE_ENDPOINT_URL".into(), endpoint.clone()));
        // act sets GITHUB_API_URL itself.
        environment.push(("FARGATE_API_URL".into(), endpoint));
        let program = program("fargate-pipeline").display().to_string();
        environment.push(("FARGATE_PIPELINE_BIN".into(), program));
        Self {
            scene,
            event: "push",
            payload: json!({}),
            environment,
            path: vec![ending_late(scene)],
            more: Vec::new(),
        }
    }

    /// A pull request whose branch has this name.
    pub fn pull_request(scene: &'s Scene, branch: &str, title: &str) -> Self {
        let payload = json!({
            "action": "synchronize",
            "number": PULL_REQUEST,
            "pull_request": {
                "number": PULL_REQUEST,
                "title": title,
                "head": {"ref": branch, "sha": "5c0ffee", "repo": {"full_name": super::scene::PROJECT}},
                "base": {"ref": "main"},
            },
            "repository": {"full_name": super::scene::PROJECT, "default_branch": "main"},
        });
        Self {
            event: "pull_request",
            payload,
            ..Self::push(scene)
        }
    }

    pub fn payload(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.payload);
        self
    }

    pub fn event(mut self, event: &'static str) -> Self {
        self.event = event;
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts programs before those of the machine.
    pub fn programs(mut self, folder: &Path) -> Self {
        self.path.push(folder.to_owned());
        self
    }

    /// Uses the program of the release, and no other.
    pub fn released(mut self) -> Self {
        release(self.scene);
        let machine = run(command("uname").arg("-m")).stdout;
        let name = format!("fargate-pipeline-{}-linux", machine.trim());
        let dist = self.scene.at("release/dist");
        std::fs::create_dir_all(&dist).unwrap();
        std::fs::copy(program("fargate-pipeline"), dist.join(name)).unwrap();
        self.environment
            .retain(|(name, _)| name != "FARGATE_PIPELINE_BIN");
        self
    }

    /// Additional flags for act.
    pub fn flags(mut self, flags: &[&str]) -> Self {
        self.more
            .extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// Runs one workflow of the repository.
    pub fn run(self, workflow: &str) -> Log {
        let scene = self.scene;
        release(scene);
        let event = scene.at("event.json");
        std::fs::write(&event, self.payload.to_string()).unwrap();
        let mut act = command(act().unwrap());
        act.current_dir(scene.repo());
        for variable in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            act.env(variable, scene.at("home"));
        }
        act.env("GIT_CONFIG_GLOBAL", "/dev/null");
        act.arg(self.event)
            .arg("--workflows")
            .arg(workflow)
            .arg("--eventpath")
            .arg(&event);
        act.args([
            "--platform",
            "ubuntu-latest=-self-hosted",
            "--no-cache-server",
        ]);
        act.args(["--action-offline-mode", "--pull=false", "--json"]);
        act.arg("--secret")
            .arg(format!("GITHUB_TOKEN={}", scene.cloud.github().token()));
        act.arg("--local-repository")
            .arg(format!("{OURS}={}", scene.at("release").display()));
        let of_machine = std::env::var_os("PATH").unwrap_or_default();
        let path = self.path.into_iter();
        let path = std::env::join_paths(path.chain(std::env::split_paths(&of_machine))).unwrap();
        act.arg("--env").arg(format!("PATH={}", path.display()));
        for (name, value) in &self.environment {
            act.arg("--env").arg(format!("{name}={value}"));
        }
        let ran = run(act.args(&self.more));
        let text = ran.stdout + &ran.stderr;
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        Log {
            succeeded: ran.code == 0,
            lines,
            text,
        }
    }
}

/// act does not wait for the remaining output of a failed step. So here the shell of a failing step
/// takes a moment to end.
fn ending_late(scene: &Scene) -> PathBuf {
    let folder = scene.at("ending-late");
    let shell = "#!/bin/sh\n/bin/sh \"$@\" && exit\ncode=$?\nsleep 0.3\nexit $code\n";
    script(&folder.join("sh"), shell);
    folder
}

/// What a release tag contains of this repository. act does not know `$/` (the called repository at
/// the running commit), so it is replaced by the mapped remote, and the test prints that.
#[expect(clippy::print_stdout, reason = "a test's output is where it says so")]
fn release(scene: &Scene) {
    let to = scene.at("release");
    if to.exists() {
        return;
    }
    for part in ["action.yml", "actions", ".github/workflows/deploy.yml"] {
        copy(&repository().join(part), &to.join(part));
    }
    let path = to.join(".github/workflows/deploy.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (repository, tag) = OURS.split_once('@').unwrap();
    let mut rewritten = 0;
    let lines = text.lines().map(|line| match line.split_once("uses: $/") {
        Some((lead, path)) => {
            rewritten += 1;
            let path = format!("/{path}");
            format!(
                "{lead}uses: {repository}{}@{tag}",
                path.trim_end_matches("/.")
            )
        }
        None => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    assert!(rewritten > 0, "deploy.yml names this repository by $/");
    println!("act has no $/: {rewritten} references rewritten to {OURS}");
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

impl Log {
    /// Panics with the log if the run ended differently.
    #[track_caller]
    pub fn expect(self, succeeded: bool) -> Self {
        assert_eq!(self.succeeded, succeeded, "{}", self.readable());
        self
    }

    /// The complete output as people read it.
    pub fn readable(&self) -> String {
        let messages = self.lines.iter().map(|line| {
            let step = line["stepID"].as_array().map(|ids| {
                ids.iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join("/")
            });
            format!(
                "{}: {}",
                step.unwrap_or_default(),
                line["msg"].as_str().unwrap_or("").trim_end()
            )
        });
        messages.collect::<Vec<_>>().join("\n")
    }

    /// The raw log.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The annotations of a level: title and message.
    pub fn annotations(&self, level: &str) -> Vec<(String, String)> {
        let of = self.lines.iter().filter(|line| line["command"] == level);
        // Read from the command itself, as GitHub does: up to the first `::`. act would split at
        // the last one.
        of.map(|line| {
            let raw = line["raw"]
                .as_str()
                .unwrap_or_default()
                .trim()
                .trim_start_matches("::");
            let (properties, message) = raw.split_once("::").unwrap_or((raw, ""));
            let title = properties.split_once("title=").map_or("", |(_, t)| t);
            let title = title.split(',').next().unwrap_or_default();
            let message = message
                .replace("%0A", "\n")
                .replace("%0D", "\r")
                .replace("%25", "%");
            (title.to_owned(), message)
        })
        .collect()
    }

    /// The last value of a step's output, e.g. `["deployment"]` or `["deployment", "push"]`.
    pub fn output(&self, step: &[&str], name: &str) -> Option<String> {
        let set = self.lines.iter().rev().find(|line| {
            line["command"] == "set-output" && line["name"] == name && line["stepID"] == json!(step)
        });
        set.and_then(|line| line["arg"].as_str().map(str::to_owned))
    }

    /// The names of all outputs of a step.
    pub fn outputs(&self, step: &[&str]) -> Vec<&str> {
        let set = self.lines.iter();
        let set = set.filter(|l| l["command"] == "set-output" && l["stepID"] == json!(step));
        set.filter_map(|line| line["name"].as_str()).collect()
    }

    /// The job summary.
    pub fn summary(&self) -> String {
        let of = self
            .lines
            .iter()
            .filter(|line| line["command"] == "summary");
        of.filter_map(|line| line["content"].as_str()).collect()
    }
}
