//! The command line, and the plan that it makes: what is asked for, checked before anything is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ecs_model::{ParseDurationError, TaskDefinitionRef, is_arn, parse_duration};
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb};

use crate::declare::{LoadBalancerFlag, ServiceFlags};
use crate::error::Error;

/// Makes an ECS service be what its files say: registers the revision if it is new, creates or
/// updates the service, and gives the deployment to wait for. It does not wait.
#[derive(Debug, Parser)]
#[command(name = "ecs-deploy", version, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub deploy: DeployArgs,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub aws: AwsArgs,
    #[command(flatten)]
    pub step: StepArgs,
}

/// Which service; every subcommand takes these.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Service")]
pub struct TargetArgs {
    /// Cluster, by name or ARN [default: the service definition's, else the output ecs_cluster_name]
    #[arg(long, value_name = "NAME", global = true)]
    pub cluster: Option<String>,

    /// Service [default: the service definition's, else the output ecs_service_name]
    #[arg(long, value_name = "NAME", global = true)]
    pub service: Option<String>,

    /// Terraform's outputs as tf-outputs writes them: for ${tf.NAME}, and for a service without a
    /// definition
    #[arg(long, value_name = "FILE", global = true)]
    pub outputs: Option<PathBuf>,

    /// Say what would be done, and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
}

/// What else there is to do with a service.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Go back to the last deployment that succeeded; one in progress is stopped and rolled back
    Rollback(DeploymentArgs),
    /// Let a deployment go on that is paused at a lifecycle hook
    Continue(ContinueArgs),
    /// Stop the deployment in progress where it is, without a rollback
    Stop(DeploymentArgs),
    /// Scale the service to zero, wait until its tasks are gone, and delete it
    Delete(DeleteArgs),
    /// Write taskdef.json and service.json from a service that runs
    Init(InitArgs),
    /// Check images, target groups, log groups and cluster before anything changes
    Verify(VerifyArgs),
}

/// What is checked.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VerifyArgs {
    /// Rendered task definition: a file, or a registered one as FAMILY:REVISION, FAMILY or ARN
    #[arg(
        long = "task-definition",
        id = "verified-task-definition",
        value_name = "FILE|NAME"
    )]
    pub task_definition: Option<String>,

    /// Service definition in the shape of CreateService, JSON or YAML
    #[arg(
        long = "service-definition",
        id = "verified-service-definition",
        value_name = "FILE"
    )]
    pub service_definition: Option<PathBuf>,
}

/// Where the files go.
#[derive(Debug, Clone, clap::Args)]
pub struct InitArgs {
    /// Folder for the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Replace files that are there
    #[arg(long)]
    pub overwrite: bool,
}

/// Which deployment.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DeploymentArgs {
    /// Deployment: its ARN, ecs-svc/ID, or ecs-deploy's result file [default: the last one]
    #[arg(long, value_name = "ARN|ID|FILE")]
    pub deployment: Option<String>,
}

/// What goes on.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ContinueArgs {
    #[command(flatten)]
    pub which: DeploymentArgs,

    /// Hook at which it is paused [default: the only one]
    #[arg(long, value_name = "ID")]
    pub hook: Option<String>,
}

/// How a service is deleted.
#[derive(Debug, Clone, clap::Args)]
pub struct DeleteArgs {
    /// How long its tasks may take to stop
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    pub timeout: Duration,
}

/// What is deployed, and how.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub struct DeployArgs {
    /// Rendered task definition: a file, or a registered one as FAMILY:REVISION, FAMILY or ARN
    #[arg(long, value_name = "FILE|NAME")]
    pub task_definition: Option<String>,

    /// Service definition in the shape of CreateService, JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub service_definition: Option<PathBuf>,

    /// Write the plan as Markdown to FILE, too
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub plan_markdown: Option<PathBuf>,

    /// Deploy even if nothing differs
    #[arg(long)]
    pub force_new_deployment: bool,

    /// What to do about another deployment that is in progress
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub if_in_progress: IfInProgress,

    /// How long --if-in-progress wait waits
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub in_progress_timeout: Duration,

    /// Afterwards deregister revisions that are older than the last KEEP successful ones and that
    /// no service or task uses
    #[arg(long, value_name = "KEEP")]
    pub keep_revisions: Option<usize>,

    /// Do not tag the revision with its document's digest, by which a rerun knows it
    #[arg(long)]
    pub no_digest_tag: bool,

    /// One-off task on the new revision before the service is touched, such as a migration: a
    /// command, a JSON list of words, or a file of RunTask's members
    #[arg(long, value_name = "COMMAND|FILE", help_heading = "One-off tasks")]
    pub pre_deploy_task: Vec<String>,

    /// One-off task right after the service was written
    #[arg(long, value_name = "COMMAND|FILE", help_heading = "One-off tasks")]
    pub post_deploy_task: Vec<String>,

    /// Container that the command goes to, and whose exit code counts [default: the one behind the
    /// load balancer, else the first essential one]
    #[arg(long, value_name = "NAME", help_heading = "One-off tasks")]
    pub task_container: Option<String>,

    /// What a task is found again by when this run is repeated [default: the CI run's id]
    #[arg(long, value_name = "KEY", help_heading = "One-off tasks")]
    pub task_key: Option<String>,

    /// How long a task may take
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration, help_heading = "One-off tasks")]
    pub task_timeout: Duration,

    /// Subnet of the tasks
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        help_heading = "Service members"
    )]
    pub subnets: Vec<String>,

    /// Security group of the tasks
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        help_heading = "Service members"
    )]
    pub security_groups: Vec<String>,

    /// Give the tasks public addresses
    #[arg(long, help_heading = "Service members")]
    pub assign_public_ip: bool,

    /// Target group of the load balancer; each with its --target-container
    #[arg(long, value_name = "ARN", help_heading = "Service members")]
    pub target_group: Vec<String>,

    /// Container and port that a target group sends to
    #[arg(long, value_name = "NAME:PORT", value_parser = container, help_heading = "Service members")]
    pub target_container: Vec<LoadBalancerFlag>,

    /// Number of tasks at creation; a live service keeps its own
    #[arg(long, value_name = "N", help_heading = "Service members")]
    pub desired_count: Option<u32>,

    /// Apply the declared number of tasks to a live service, too
    #[arg(long, help_heading = "Service members")]
    pub update_desired_count: bool,

    /// Tag of the service
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag, help_heading = "Service members")]
    pub resource_tag: Vec<(String, String)>,
}

/// `--if-in-progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum IfInProgress {
    /// Replace it, as ECS does
    #[default]
    Proceed,
    /// Wait for its end
    Wait,
    /// End with exit code 7
    Fail,
}

/// What is to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A rendered document.
    File(PathBuf),
    /// A registered revision or a family.
    Registered(String),
}

impl DeployArgs {
    /// The flags that declare members of the service.
    pub fn service_flags(&self) -> ServiceFlags {
        ServiceFlags {
            subnets: self.subnets.clone(),
            security_groups: self.security_groups.clone(),
            assign_public_ip: self.assign_public_ip,
            target_groups: self.target_group.clone(),
            containers: self.target_container.clone(),
            desired_count: self.desired_count,
            tags: self.resource_tag.clone(),
        }
    }

    /// The task definition that is named, if any: a path that exists or looks like one is a file.
    pub fn wanted(&self) -> Result<Option<Wanted>, Error> {
        let Some(name) = self.task_definition.as_deref() else {
            return Ok(None);
        };
        let looks_like_file = [".json", ".jsonc", ".yaml", ".yml"]
            .iter()
            .any(|e| name.ends_with(e))
            || name.starts_with(['.', '/'])
            || Path::new(name).exists();
        if looks_like_file && !is_arn(name) {
            return Ok(Some(Wanted::File(name.into())));
        }
        if TaskDefinitionRef::try_from(name).is_ok() {
            return Ok(Some(Wanted::Registered(name.to_owned())));
        }
        Err(Error::Usage {
            message: format!(
                "--task-definition {name} is no file here, and no FAMILY:REVISION or ARN"
            ),
            hint: "render-taskdef --out writes the file".into(),
        })
    }
}

/// `NAME:PORT`.
fn container(text: &str) -> Result<LoadBalancerFlag, String> {
    let parsed = text.rsplit_once(':').and_then(|(name, port)| {
        let port = port.parse().ok().filter(|p| *p > 0)?;
        (!name.is_empty()).then(|| LoadBalancerFlag {
            container: name.to_owned(),
            port,
        })
    });
    parsed.ok_or_else(|| "expected NAME:PORT, as app:8080".to_owned())
}

/// `KEY=VALUE`, split at the first `=`.
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A duration, for the timeouts.
fn duration(text: &str) -> Result<Duration, ParseDurationError> {
    Ok(parse_duration(text)?.unsigned_abs())
}

impl Verb for Args {
    const NAME: &'static str = "ecs-deploy";

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}
