//! The steps of a pipeline, shown as they run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use stories::programs::{command, program, repository};

use super::message;

/// The working directory and environment of a pipeline.
pub struct Pipeline<'a> {
    pub folder: &'a Path,
    /// What a CI system would set for every step.
    pub environment: Vec<(String, String)>,
}

/// What is deployed, and to which service.
pub struct Deployment<'a> {
    pub state: &'a str,
    pub source: PathBuf,
    pub tag: &'a str,
    pub task_definition: PathBuf,
    pub service_definition: PathBuf,
    /// The registry, if it is not ECR's own.
    pub registry: Option<String>,
    /// The exit code that wait-healthy must return.
    pub verdict: i32,
}

impl Pipeline<'_> {
    /// Runs tf-outputs, ecr-push, render-taskdef, ecs-deploy and wait-healthy.
    pub fn deploy(&self, deployment: &Deployment<'_>) -> Result<(), String> {
        let path = |path: &Path| path.display().to_string();
        let outputs = path(&self.folder.join("outputs.json"));
        let rendered = path(&self.folder.join("task.json"));
        let results = path(&self.folder.join("results"));
        self.step(
            0,
            "Where is the platform? Its Terraform outputs",
            "tf-outputs",
            &[
                "--state",
                deployment.state,
                "--require",
                "ecs_cluster_name,ecr_repository_name",
                "--out",
                &outputs,
            ],
        )?;
        let known: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&outputs).map_err(message)?).map_err(message)?;
        let output = |name: &str| known[name].as_str().unwrap_or_default().to_owned();
        let repository = output("ecr_repository_name");
        let source = format!("oci:{}", path(&deployment.source));
        let mut push = vec![
            "--source",
            &source,
            "--repository",
            &repository,
            "--tag",
            deployment.tag,
        ];
        if let Some(registry) = &deployment.registry {
            push.extend(["--registry", registry]);
        }
        let image = self.step(
            0,
            "Push the image: only what the registry lacks",
            "ecr-push",
            &push,
        )?;
        let image = format!("app={image}");
        self.step(
            0,
            "Render the task definition: outputs and image filled in",
            "render-taskdef",
            &[
                "--task-definition",
                &path(&deployment.task_definition),
                "--outputs",
                &outputs,
                "--image",
                &image,
                "--out",
                &rendered,
            ],
        )?;
        let cluster = output("ecs_cluster_name");
        let service = output("ecs_service_name");
        self.step(
            0,
            "Register it and create or update the service",
            "ecs-deploy",
            &[
                "--task-definition",
                &rendered,
                "--service-definition",
                &path(&deployment.service_definition),
                "--outputs",
                &outputs,
                "--cluster",
                &cluster,
                "--service",
                &service,
            ],
        )?;
        let handle = format!("{results}/ecs-deploy.json");
        self.step(
            deployment.verdict,
            "Wait for the verdict on this very deployment",
            "wait-healthy",
            &[
                "--cluster",
                &cluster,
                "--service",
                &service,
                "--deployment",
                &handle,
                "--timeout",
                "10m",
            ],
        )?;
        Ok(())
    }

    /// Runs one program as a step and shows its output as it comes; returns its stdout.
    pub fn step(&self, code: i32, why: &str, verb: &str, args: &[&str]) -> Result<String, String> {
        println!("\n\u{1b}[1m▶ {why}\u{1b}[0m");
        println!("  $ {verb} {}", shown(args, self.folder));
        let began = Instant::now();
        let mut process: Command = command(program("fargate-pipeline"));
        process
            .arg(verb)
            .args(args)
            .envs(self.environment.iter().cloned());
        process.env("FARGATE_RESULTS", self.folder.join("results"));
        process
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        std::io::stdout().flush().map_err(message)?;
        let output = process
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(message)?;
        let value = String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned();
        for line in value.lines() {
            println!("  {line}");
        }
        let ended = output.status.code().unwrap_or(-1);
        println!(
            "  exit code {ended} after {:.2} s",
            began.elapsed().as_secs_f64()
        );
        if ended == code {
            Ok(value)
        } else {
            Err(format!("{verb} should have ended with {code}"))
        }
    }
}

/// The arguments as a person would type them, without the paths of the scratch directory and the
/// repository.
fn shown(args: &[&str], folder: &Path) -> String {
    let folder = format!("{}/", folder.display());
    let repository = format!("{}/", repository().display());
    let mut text = String::new();
    for arg in args {
        if arg.starts_with("--") && !text.is_empty() {
            text.push_str("\\\n      ");
        }
        text.push_str(&arg.replace(&folder, "").replace(&repository, ""));
        text.push(' ');
    }
    text.trim_end().to_owned()
}
