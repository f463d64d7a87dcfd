//! The command line, with the checks that need no file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ecs_document::lints::LintCode;
use ecs_model::{ParseDurationError, TaskDefinitionRef, is_arn, parse_duration};
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb};

use crate::declare::{LoadBalancerFlag, ServiceFlags};
use crate::error::Error;

/// Create or update an ECS service and print the deployment to wait for
///
/// Registers a new revision only if something changed. Use wait-healthy to wait for the result.
#[derive(Debug, Parser)]
#[command(name = "ecs-deploy", version, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub deploy: DeployArgs,
    #[command(flatten)]
    pub aws: AwsArgs,
    #[command(flatten)]
    pub step: StepArgs,
}

/// The service; every subcommand takes these options.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Service")]
pub struct TargetArgs {
    /// Cluster name or ARN
    ///
    /// [default: from the service definition, then from the outputs]
    #[arg(long, value_name = "NAME", global = true)]
    pub cluster: Option<String>,

    /// Service name
    ///
    /// [default: from the service definition, then from the outputs]
    #[arg(long, value_name = "NAME", global = true)]
    pub service: Option<String>,

    /// Terraform outputs, written by tf-outputs --out
    ///
    /// Fills in ${tf.NAME}, and describes the service if there is no service definition.
    #[arg(long, value_name = "FILE", global = true)]
    pub outputs: Option<PathBuf>,

    /// Show what would change without changing anything
    #[arg(long, global = true)]
    pub dry_run: bool,

    /// Ignore lints of the files with these codes, e.g. misspelled-member
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "CODE,…",
        value_delimiter = ','
    )]
    pub ignore: Vec<LintCode>,
}

/// The subcommands.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Roll back to the last successful deployment
    Rollback(DeploymentArgs),
    /// Continue a deployment that is paused at a lifecycle hook
    Continue(ContinueArgs),
    /// Stop the deployment in progress without a rollback
    Stop(DeploymentArgs),
    /// Scale the service to zero, wait for its tasks to stop, and delete it
    Delete(DeleteArgs),
    /// Write taskdef.json and service.json of a live service
    Init(InitArgs),
    /// Check the definitions and everything that they refer to
    Verify(VerifyArgs),
}

/// What `verify` checks.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VerifyArgs {
    /// Task definition to check: a file, FAMILY:REVISION, FAMILY or an ARN
    #[arg(
        long = "task-definition",
        id = "verified-task-definition",
        value_name = "FILE|NAME"
    )]
    pub task_definition: Option<String>,

    /// Service definition as for CreateService, JSON or YAML
    #[arg(
        long = "service-definition",
        id = "verified-service-definition",
        value_name = "FILE"
    )]
    pub service_definition: Option<PathBuf>,
}

/// Where `init` writes its files.
#[derive(Debug, Clone, clap::Args)]
pub struct InitArgs {
    /// Directory for the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Overwrite existing files
    #[arg(long)]
    pub overwrite: bool,
}

/// The deployment of a subcommand.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DeploymentArgs {
    /// Deployment: an ARN, ecs-svc/ID, or the result file of ecs-deploy
    ///
    /// [default: the last deployment]
    #[arg(long, value_name = "ARN|ID|FILE")]
    pub deployment: Option<String>,
}

/// What `continue` continues.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ContinueArgs {
    #[command(flatten)]
    pub which: DeploymentArgs,

    /// ID of the hook at which the deployment is paused [default: the only one]
    #[arg(long, value_name = "ID")]
    pub hook: Option<String>,
}

/// How `delete` works.
#[derive(Debug, Clone, clap::Args)]
pub struct DeleteArgs {
    /// Maximum time to wait for the tasks to stop, e.g. 15m
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub timeout: Duration,
}

/// What is deployed, and how.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub struct DeployArgs {
    /// Rendered task definition: a file, FAMILY:REVISION, FAMILY or an ARN
    #[arg(long, value_name = "FILE|NAME")]
    pub task_definition: Option<String>,

    /// Service definition as for CreateService, JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub service_definition: Option<PathBuf>,

    /// Also write the plan as Markdown to FILE
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        requires = "dry_run"
    )]
    pub plan_markdown: Option<PathBuf>,

    /// Deploy even if nothing changed
    #[arg(long, hide_short_help = true)]
    pub force_new_deployment: bool,

    /// If a deployment is in progress: proceed, wait or fail
    #[arg(
        long,
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "ACTION",
        value_enum,
        default_value_t
    )]
    pub if_in_progress: IfInProgress,

    /// Maximum time for --if-in-progress wait, e.g. 30m
    #[arg(long, hide_short_help = true, value_name = "DURATION", default_value = "30m", value_parser = duration)]
    pub in_progress_timeout: Duration,

    /// Deregister unused revisions older than the last N successful ones
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub keep_revisions: Option<usize>,

    /// Do not tag the revision with the digest that a re-run recognizes it by
    #[arg(long, hide_short_help = true)]
    pub no_digest_tag: bool,

    /// One-off task before the service is updated, e.g. 'bin/migrate --all'
    ///
    /// It runs with the new revision. Values: a command, a JSON list of words, or a file with members of
    /// RunTask. May be given more than once.
    #[arg(long, value_name = "COMMAND|FILE", help_heading = "One-off tasks")]
    pub pre_deploy_task: Vec<String>,

    /// One-off task after the service was updated
    #[arg(
        long,
        hide_short_help = true,
        value_name = "COMMAND|FILE",
        help_heading = "One-off tasks"
    )]
    pub post_deploy_task: Vec<String>,

    /// Container that runs the command of a one-off task
    ///
    /// Its exit code is the result. [default: the container behind the load balancer, then the first
    /// essential one]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "NAME",
        help_heading = "One-off tasks"
    )]
    pub task_container: Option<String>,

    /// Key that identifies a one-off task in a re-run [default: the CI run ID]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "KEY",
        help_heading = "One-off tasks"
    )]
    pub task_key: Option<String>,

    /// Maximum time for a one-off task, e.g. 15m
    #[arg(long, hide_short_help = true, value_name = "DURATION", default_value = "15m", value_parser = duration, help_heading = "One-off tasks")]
    pub task_timeout: Duration,

    /// Subnets of the tasks
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ID,…",
        value_delimiter = ',',
        help_heading = "Service members"
    )]
    pub subnets: Vec<String>,

    /// Security groups of the tasks
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ID,…",
        value_delimiter = ',',
        help_heading = "Service members"
    )]
    pub security_groups: Vec<String>,

    /// Assign public IP addresses to the tasks
    #[arg(long, hide_short_help = true, help_heading = "Service members")]
    pub assign_public_ip: bool,

    /// Target group of the load balancer; needs --target-container
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ARN",
        help_heading = "Service members"
    )]
    pub target_group: Vec<String>,

    /// Container and port of --target-group, e.g. app:8080
    #[arg(long, hide_short_help = true, value_name = "NAME:PORT", value_parser = container, help_heading = "Service members")]
    pub target_container: Vec<LoadBalancerFlag>,

    /// Number of tasks for a new service; a live service keeps its own
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        help_heading = "Service members"
    )]
    pub desired_count: Option<u32>,

    /// Apply --desired-count to a live service, too
    #[arg(long, hide_short_help = true, help_heading = "Service members")]
    pub update_desired_count: bool,

    /// AWS tag of the service
    #[arg(long, hide_short_help = true, value_name = "KEY=VALUE", value_parser = tag, help_heading = "Service members")]
    pub resource_tag: Vec<(String, String)>,
}

/// `--if-in-progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum IfInProgress {
    /// Replace it
    #[default]
    Proceed,
    /// Wait for its end
    Wait,
    /// End with exit code 7
    Fail,
}

/// The argument of `--task-definition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskDefinitionArg {
    /// A file with a rendered task definition.
    File(PathBuf),
    /// The name of a registered revision or of a family.
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

    /// Parses `--task-definition`, if given: an existing path, or one that looks like a path, is a
    /// file.
    pub fn task_definition_arg(&self) -> Result<Option<TaskDefinitionArg>, Error> {
        let Some(name) = self.task_definition.as_deref() else {
            return Ok(None);
        };
        let looks_like_file = [".json", ".jsonc", ".yaml", ".yml"]
            .iter()
            .any(|e| name.ends_with(e))
            || name.starts_with(['.', '/'])
            || Path::new(name).exists();
        if looks_like_file && !is_arn(name) {
            return Ok(Some(TaskDefinitionArg::File(name.into())));
        }
        if TaskDefinitionRef::try_from(name).is_ok() {
            return Ok(Some(TaskDefinitionArg::Registered(name.to_owned())));
        }
        Err(Error::Usage {
            message: format!(
                "--task-definition `{name}` is not a file, FAMILY:REVISION, FAMILY or ARN"
            ),
            hint: "`render-taskdef --out task.json` writes the file".into(),
        })
    }
}

/// Parses `NAME:PORT`.
fn container(text: &str) -> Result<LoadBalancerFlag, String> {
    let parsed = text.rsplit_once(':').and_then(|(name, port)| {
        let port = port.parse().ok().filter(|p| *p > 0)?;
        (!name.is_empty()).then(|| LoadBalancerFlag {
            container: name.to_owned(),
            port,
        })
    });
    parsed.ok_or_else(|| "expected NAME:PORT, e.g. app:8080".to_owned())
}

/// Parses `KEY=VALUE`, split at the first `=`.
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, e.g. team=shop".to_owned()),
    }
}

/// Parses a duration.
fn duration(text: &str) -> Result<Duration, ParseDurationError> {
    Ok(parse_duration(text)?.unsigned_abs())
}

/// The examples at the end of `--help`.
const EXAMPLES: &str = "\
  ecs-deploy --cluster prod --service web --task-definition task.json
  ecs-deploy --task-definition task.json --service-definition service.json
  ecs-deploy rollback --cluster prod --service web";

impl Verb for Args {
    const NAME: &'static str = "ecs-deploy";
    const EXAMPLES: &'static str = EXAMPLES;

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}
