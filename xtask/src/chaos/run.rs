//! One run: the steps of a pipeline one after another, repeated after a failure or a kill as a person would.

use std::path::{Path, PathBuf};
use std::process::Command;

use fakes::Cloud;
use serde_json::Value;
use stories::programs::{command, program, repository};

use super::history::{Attempt, End, History};
use super::judge::goes_on;
use super::plan::{Credentials, DISTURBED_ATTEMPTS, Restart, Scenario};
use super::planted::Planted;
use super::step::Step;
use super::{process, scene};
use crate::platform::{PROJECT, PULL_REQUEST, STATE};

/// How often a pipeline starts again from its first step.
const RESTARTS: usize = 2;

/// What all runs share.
pub struct Setting<'a> {
    /// An OCI layout.
    pub image: &'a Path,
    /// A file with one certificate. No connection here uses TLS, and reading those of the system takes longer
    /// than most steps.
    pub certificate: &'a Path,
    /// A mistake that is made on purpose.
    pub planted: Option<Planted>,
}

/// Runs the pipeline of a scenario in an empty directory.
pub fn run(scenario: &Scenario, setting: &Setting<'_>, scratch: &Path) -> Result<History, String> {
    let cloud = scene::make(scenario)?;
    let pipeline = Pipeline {
        scenario,
        setting,
        cloud: &cloud,
        scratch,
    };
    let mut history = History {
        scenario: scenario.clone(),
        attempts: Vec::new(),
        calls: Vec::new(),
        services: 0,
        deployments: Vec::new(),
        foreign_deployments: 0,
        comments: Vec::new(),
    };
    let mut at = 0;
    let mut restarts = 0;
    while let Some(step) = Step::ALL.get(at).copied() {
        let number = history.attempts.iter().filter(|a| a.step == step).count();
        let attempt = pipeline.attempt(step, number)?;
        let (end, is_done) = (attempt.end, goes_on(&attempt));
        history.attempts.push(attempt);
        if is_done {
            at += 1;
            continue;
        }
        // The attempt was not disturbed and failed, or AWS rejects every request.
        if number >= DISTURBED_ATTEMPTS + restarts || scenario.is_clock_wrong() {
            break;
        }
        if end == End::Killed && scenario.restart == Restart::FirstStep && restarts < RESTARTS {
            restarts += 1;
            at = 0;
        }
    }
    scene::read(&cloud, &mut history)?;
    Ok(history)
}

struct Pipeline<'a> {
    scenario: &'a Scenario,
    setting: &'a Setting<'a>,
    cloud: &'a Cloud,
    scratch: &'a Path,
}

impl Pipeline<'_> {
    fn path(&self, name: &str) -> String {
        self.scratch.join(name).display().to_string()
    }

    fn attempt(&self, step: Step, number: usize) -> Result<Attempt, String> {
        let result = self
            .scratch
            .join(format!("results/{}.json", step.program()));
        let modified = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
        let earlier = modified(&result);
        let first = self.cloud.request_count();
        let disturbance = self.scenario.disturbance(step, number);
        let mut command = self.command(step)?;
        let finished = process::run(&mut command, self.cloud, &disturbance, self.scratch)?;
        if step == Step::Push && finished.end == End::Exit(0) {
            std::fs::write(self.scratch.join("image"), finished.stdout.trim_end())
                .map_err(|e| format!("cannot write the image URI: {e}"))?;
        }
        if let Some(planted) = &self.setting.planted {
            planted.make(step, self.cloud);
        }
        let is_new = modified(&result) != earlier;
        Ok(Attempt {
            step,
            number,
            end: finished.end,
            calls: first..self.cloud.request_count(),
            stderr: finished.stderr,
            result: is_new.then(|| json_file(&result).ok().flatten()).flatten(),
            broken_files: self.broken_files(),
            has_expired_sessions: finished.has_expired_sessions,
            seconds: finished.seconds,
            ended_at: self.cloud.clock().now().as_millisecond() as f64 / 1000.0,
        })
    }

    /// The files of the pipeline that are neither absent nor complete.
    fn broken_files(&self) -> Vec<String> {
        let mut documents = vec!["outputs.json".to_owned(), "task.json".to_owned()];
        documents.extend(Step::ALL.map(|step| format!("results/{}.json", step.program())));
        let mut broken: Vec<String> = documents
            .iter()
            .filter_map(|name| {
                let error = json_file(&self.scratch.join(name)).err()?;
                Some(format!("{name} half-written: {error}"))
            })
            .collect();
        // The runner reads complete lines only.
        for name in ["github-output", "github-summary"] {
            let text = std::fs::read_to_string(self.scratch.join(name)).unwrap_or_default();
            if !text.is_empty() && !text.ends_with('\n') {
                broken.push(format!("{name} with an incomplete last line"));
            }
        }
        broken
    }

    fn command(&self, step: Step) -> Result<Command, String> {
        let mut command = command(program("fargate-pipeline"));
        command
            .arg(step.program())
            .args(self.arguments(step)?)
            .current_dir(self.scratch)
            .envs(self.cloud.env())
            .envs(self.ci_host())
            .env("SSL_CERT_FILE", self.setting.certificate);
        if let Credentials::Role(_) = self.scenario.credentials {
            let role = format!("arn:aws:iam::{}:role/deployer", self.cloud.account());
            command
                .env_remove("AWS_ACCESS_KEY_ID")
                .env_remove("AWS_SECRET_ACCESS_KEY")
                .env("FARGATE_ROLE_TO_ASSUME", role)
                .envs(self.cloud.sts().github_env());
        }
        Ok(command)
    }

    fn ci_host(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", self.cloud.endpoint_url()),
            ("GITHUB_SERVER_URL", self.cloud.endpoint_url()),
            ("GITHUB_REPOSITORY", PROJECT.to_owned()),
            ("GITHUB_REF", format!("refs/pull/{PULL_REQUEST}/merge")),
            ("GITHUB_RUN_ID", "42".to_owned()),
            ("GITHUB_OUTPUT", self.path("github-output")),
            ("GITHUB_STEP_SUMMARY", self.path("github-summary")),
            ("FARGATE_TOKEN", self.cloud.github().token()),
            ("FARGATE_ENDPOINT_URL", self.cloud.endpoint_url()),
            ("FARGATE_RESULTS", self.path("results")),
        ]
    }

    fn arguments(&self, step: Step) -> Result<Vec<String>, String> {
        let sample = |name: &str| repository().join("Apps/hello").join(name);
        let outputs = self.path("outputs.json");
        let text = |path: PathBuf| path.display().to_string();
        let arguments = match step {
            Step::Outputs => vec![
                "--state",
                STATE,
                "--require",
                "ecs_cluster_name",
                "--out",
                &outputs,
            ]
            .into_iter()
            .map(str::to_owned)
            .collect(),
            Step::Push => vec![
                "--source".to_owned(),
                format!("oci:{}", self.setting.image.display()),
                "--repository".to_owned(),
                scene::SERVICE.to_owned(),
                "--tag".to_owned(),
                "v1".to_owned(),
            ],
            Step::Render => {
                let image = std::fs::read_to_string(self.scratch.join("image"));
                let image = image.map_err(|e| format!("cannot read the image URI: {e}"))?;
                vec![
                    "--task-definition".to_owned(),
                    text(sample("taskdef.json")),
                    "--outputs".to_owned(),
                    outputs,
                    "--image".to_owned(),
                    format!("app={image}"),
                    "--out".to_owned(),
                    self.path("task.json"),
                ]
            }
            Step::Deploy => vec![
                "--task-definition".to_owned(),
                self.path("task.json"),
                "--service-definition".to_owned(),
                text(sample("service.json")),
                "--outputs".to_owned(),
                outputs,
                "--cluster".to_owned(),
                scene::CLUSTER.to_owned(),
                "--service".to_owned(),
                scene::SERVICE.to_owned(),
            ],
            Step::Wait => vec![
                "--cluster".to_owned(),
                scene::CLUSTER.to_owned(),
                "--service".to_owned(),
                scene::SERVICE.to_owned(),
                "--deployment".to_owned(),
                self.path("results/ecs-deploy.json"),
                "--timeout".to_owned(),
                "2m".to_owned(),
            ],
            Step::Report => vec![
                "--require-comment".to_owned(),
                "--pull-request".to_owned(),
                PULL_REQUEST.to_string(),
                "--commit-status".to_owned(),
                "5c0ffee".repeat(6)[..40].to_owned(),
            ],
        };
        Ok(arguments)
    }
}

/// A JSON document; `None` if the file does not exist.
fn json_file(path: &Path) -> Result<Option<Value>, String> {
    match std::fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.to_string()),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| e.to_string()),
    }
}
