//! `deploy`: the whole pipeline in one process.
//!
//! Decided here: the order of the steps, that the first failure ends the deployment with the exit code of
//! its step, and that the report runs in every case. Never here: what a step does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ecs_document::{Document, Syntax};
use pipeline_io::{
    Done, Exit, Interrupt, SourceLocation, Step, StepOutcome, check_results, read_text,
};
use serde_json::{Map, Value};

mod build;
mod error;
mod live;
mod plan;

use crate::config;
use crate::config::args::DeployArgs;
use crate::config::settings::{Origin, Settings};
use error::Error;
use plan::{Facts, Files};

/// The largest definition that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// The result files of the steps, which an earlier deployment may have left.
const RESULTS: [&str; 6] = [
    "tf-outputs.json",
    "ecr-push.json",
    "render-taskdef.json",
    "ecs-deploy.json",
    "wait-healthy.json",
    "deploy-status.json",
];

/// Runs the command.
pub(crate) fn main(argv: Vec<OsString>) -> ExitCode {
    pipeline_io::run(argv, run)
}

async fn run(
    args: DeployArgs,
    step: &Step,
    signals: &mut Interrupt,
) -> Result<Done, pipeline_io::Error> {
    let mut settings = config::load(args.0)?;
    let results = results(&settings)?;
    let facts = Facts {
        service_definition: definition(&settings, "service-definition")?,
        task_definition: definition(&settings, "task-definition")?,
        ..Facts::default()
    };
    plan::check_target(&settings, &facts)?;
    let of_job = step.ci().job().change_request;
    if let Some(number) = of_job.filter(|_| settings.get("merge-request").is_none()) {
        let flag = match step.ci().host().name() {
            "GitHub" => Some("pull-request"),
            "GitLab" => Some("merge-request"),
            _ => None,
        };
        if let Some(flag) = flag.filter(|_| settings.get("pull-request").is_none()) {
            settings.fill(flag, vec![number.to_string()], Origin::Default);
        }
    }
    plan::check(&settings, Files(&results))?;
    clear(&results)?;
    step.output("results", results.display().to_string());
    let mut deployment = Deployment {
        settings,
        facts,
        results,
        step,
        signals,
        steps: Vec::new(),
        failed_step: None,
    };
    let started = Instant::now();
    let ended = deployment.steps().await;
    let reported = deployment.report().await;
    if let (Err(error), true) = (&reported, !matches!(ended, Ok(Exit::Done))) {
        // The error of the deployment is the one that it ends with.
        step.warn(format!("the report could not be written: {error}"));
    }
    deployment.summarize(started);
    let exit = match ended? {
        // A report that was required and could not be written fails a deployment that succeeded.
        Exit::Done => reported?,
        exit => exit,
    };
    let verdict = deployment.verdict(exit);
    let mut done = Done::value(verdict.clone(), verdict);
    done.exit = exit;
    Ok(done)
}

/// The directory for the result files: `--results`, or a new one.
fn results(settings: &Settings) -> Result<PathBuf, pipeline_io::Error> {
    if let Some(directory) = settings.get("results") {
        check_results(Path::new(directory))?;
        return Ok(directory.into());
    }
    let parent = std::env::var_os("RUNNER_TEMP").filter(|parent| !parent.is_empty());
    let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
    let created = tempfile::Builder::new()
        .prefix("fargate-pipeline.")
        .tempdir_in(parent)
        .map_err(|source| Error::Results { source })?;
    Ok(created.keep())
}

/// Removes the results of an earlier deployment, which the report would show, too.
fn clear(results: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(results).map_err(|source| Error::Results { source })?;
    for name in RESULTS {
        match std::fs::remove_file(results.join(name)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Results { source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A definition file as written, if the setting names a file.
fn definition(settings: &Settings, flag: &str) -> Result<Option<Value>, Error> {
    let Some(name) = settings.get(flag).filter(|name| Path::new(name).is_file()) else {
        return Ok(None);
    };
    let text = read_text("definition", Path::new(name), LIMIT)?;
    let document = Document::parse(&text, name, Syntax::of(name, &text));
    let document = document.map_err(|error| Error::Definition {
        location: SourceLocation {
            file: name.to_owned(),
            line: error.location.line,
            column: error.location.column,
        },
        message: error.message,
    })?;
    Ok(Some(document.into_value()))
}

/// A deployment while it runs.
struct Deployment<'a> {
    settings: Settings,
    facts: Facts,
    results: PathBuf,
    step: &'a Step,
    signals: &'a mut Interrupt,
    /// The steps that ended, with their verdict and their duration in seconds.
    steps: Vec<(&'static str, String, f64)>,
    /// The step that runs, if it writes no result file.
    failed_step: Option<&'static str>,
}

impl Deployment<'_> {
    /// All steps before the report, until the first one that fails.
    async fn steps(&mut self) -> Result<Exit, pipeline_io::Error> {
        if plan::has_state(&self.settings) {
            let argv = plan::tf_outputs(&self.settings, Files(&self.results));
            let verbosity = self.begin().await?;
            let group = self.step.group("Read the outputs of the state");
            let ended = tf_outputs::step(argv, verbosity).await?;
            drop(group);
            if let Some(exit) = self.record("outputs", &ended) {
                return Ok(exit);
            }
            self.facts.outputs = self.read_outputs()?;
        }
        self.inspect().await?;
        let pushed = if plan::pushes(&self.settings) {
            match self.push().await? {
                Ok(image) => Some(image),
                Err(exit) => return Ok(exit),
            }
        } else {
            None
        };
        let verbosity = self.begin().await?;
        let group = self.step.group("Render the task definition");
        let target = |flag| plan::target(&self.settings, &self.facts, flag);
        let ended = render_taskdef::step(
            plan::render_taskdef(
                &self.settings,
                Files(&self.results),
                (target("cluster"), target("service")),
                pushed.as_deref(),
            ),
            verbosity,
        )
        .await?;
        drop(group);
        if let Some(exit) = self.record("render", &ended) {
            return Ok(exit);
        }
        let verbosity = self.begin().await?;
        let group = self.step.group("Deploy the service");
        let argv = plan::ecs_deploy(&self.settings, Files(&self.results));
        let ended = ecs_deploy::step(argv, verbosity).await?;
        drop(group);
        if let Some(exit) = self.record("deploy", &ended) {
            return Ok(exit);
        }
        if self.settings.is_on("dry-run") {
            return Ok(Exit::Done);
        }
        let verbosity = self.begin().await?;
        let group = self.step.group("Wait for the verdict");
        let data = &ended.result.data;
        let text = |member: &str| data[member].as_str().unwrap_or_default();
        let deployment = self.results.join("ecs-deploy.json").display().to_string();
        let argv = plan::wait_healthy(
            &self.settings,
            Files(&self.results),
            (text("cluster"), text("service")),
            Some(&deployment),
        );
        let ended = wait_healthy::step(argv, verbosity).await?;
        drop(group);
        Ok(self.record("wait", &ended).unwrap_or(Exit::Done))
    }

    /// Reads what the live service shows, as far as it is needed, and completes the settings.
    async fn inspect(&mut self) -> Result<(), pipeline_io::Error> {
        self.failed_step = Some("Check the service");
        self.begin().await?;
        let (cluster, service) = (
            plan::target(&self.settings, &self.facts, "cluster").map(str::to_owned),
            plan::target(&self.settings, &self.facts, "service").map(str::to_owned),
        );
        if plan::needs_live(&self.settings, &self.facts) {
            let (Some(cluster), Some(service)) = (cluster, service) else {
                return Err(Error::Unknown {
                    what: "service",
                    why: "its name has placeholders, or the state does not have it".to_owned(),
                    hint: "set --cluster and --service, or add taskdef.json and set --repository",
                }
                .into());
            };
            let group = self.step.group("Read the live service");
            let aws = plan::aws(&self.settings, &self.facts)?;
            let read = live::read(&aws, &cluster, &service, self.step);
            self.facts.live = tokio::select! {
                found = read => found?,
                () = self.signals.received() => return Err(Error::Interrupted.into()),
            };
            drop(group);
            if self.facts.live.is_none() && self.settings.get("task-definition").is_none() {
                return Err(Error::NoService { cluster, service }.into());
            }
        }
        plan::complete(&mut self.settings, &self.facts)?;
        self.failed_step = None;
        Ok(())
    }

    /// Builds the image if none is given, and pushes it: the image by digest, or the exit code.
    async fn push(&mut self) -> Result<Result<String, Exit>, pipeline_io::Error> {
        let archive = Files(&self.results).archive();
        let source = match self.settings.get("source") {
            Some(source) => source.to_owned(),
            None => {
                self.begin().await?;
                self.failed_step = Some("Build the image");
                let started = Instant::now();
                let group = self.step.group("Build the image");
                let built = build::build(&self.settings, &archive, self.step, self.signals).await;
                drop(group);
                let source = built?;
                self.failed_step = None;
                let seconds = started.elapsed().as_secs_f64();
                self.steps.push(("build", "built".to_owned(), seconds));
                source
            }
        };
        let verbosity = self.begin().await?;
        let group = self.step.group("Push the image");
        let argv = plan::ecr_push(&self.settings, Files(&self.results), &source);
        let ended = ecr_push::step(argv, verbosity).await?;
        drop(group);
        if plan::builds(&self.settings) && Path::new(&archive).exists() {
            std::fs::remove_file(&archive).map_err(|source| Error::Results { source })?;
        }
        Ok(match self.record("push", &ended) {
            Some(exit) => Err(exit),
            None => Ok(ended.stdout),
        })
    }

    fn read_outputs(&self) -> Result<Map<String, Value>, Error> {
        let file = Files(&self.results).outputs();
        let text = read_text("outputs", Path::new(&file), LIMIT)?;
        match serde_json::from_str(&text) {
            Ok(Value::Object(outputs)) => Ok(outputs),
            _ => Err(Error::Outputs { file }),
        }
    }

    /// Reports the deployment, however it ended. A dry run changes nothing, so it has no report.
    async fn report(&mut self) -> Result<Exit, pipeline_io::Error> {
        if self.settings.is_on("dry-run") {
            return Ok(Exit::Done);
        }
        let argv = plan::deploy_status(&self.settings, Files(&self.results), self.failed_step);
        let group = self.step.group("Report the result");
        let ended = deploy_status::step(argv, self.step.verbosity()).await?;
        drop(group);
        let report = self.results.join("deployment.md");
        pipeline_io::write_atomically(&report, ended.stdout.as_bytes())?;
        Ok(ended.exit)
    }

    /// Before each step: ends the deployment if a signal arrived since the last one. Returns how much to
    /// show of each request.
    async fn begin(&mut self) -> Result<u8, Error> {
        tokio::select! {
            biased;
            () = self.signals.received() => Err(Error::Interrupted),
            () = std::future::ready(()) => Ok(self.step.verbosity()),
        }
    }

    /// Remembers how a step ended. Returns its exit code if the deployment ends with it.
    fn record(&mut self, name: &'static str, ended: &StepOutcome) -> Option<Exit> {
        let verdict = ended.result.verdict.clone();
        self.steps.push((name, verdict, ended.result.seconds));
        (ended.exit != Exit::Done).then_some(ended.exit)
    }

    /// The verdict of the last step.
    fn verdict(&self, exit: Exit) -> String {
        let last = self.steps.last().map(|(_, verdict, _)| verdict.clone());
        last.unwrap_or_else(|| exit.name().to_owned())
    }

    fn summarize(&self, started: Instant) {
        let steps = self.steps.iter();
        let steps: Vec<String> = steps
            .map(|(name, verdict, seconds)| format!("{name} {verdict} ({seconds:.1} s)"))
            .collect();
        self.step.info(format!(
            "deployment ended after {:.1} s: {}; results in {}",
            started.elapsed().as_secs_f64(),
            match steps.as_slice() {
                [] => "no step ran".to_owned(),
                steps => steps.join(", "),
            },
            self.results.display()
        ));
    }
}
