//! The command line. What it means is decided in `request`.

use std::path::{Path, PathBuf};

use clap::Parser;
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb};

/// Render a task definition: fill in placeholders, edit, check and compare it
#[derive(Debug, Parser)]
#[command(
    name = "render-taskdef",
    version,
    max_term_width = 100,
    long_about = LONG_ABOUT
)]
pub struct Args {
    /// Task definition: a file, -, FAMILY, FAMILY:REVISION or an ARN
    ///
    /// A file is JSON (comments allowed) or YAML; `-` reads stdin. [default: the one that --service runs]
    #[arg(long, value_name = "FILE|FAMILY|ARN", help_heading = "Source")]
    pub task_definition: Option<String>,

    /// Terraform outputs for ${tf.NAME}, written by tf-outputs
    #[arg(long, value_name = "FILE", help_heading = "Source")]
    pub outputs: Option<PathBuf>,

    /// Cluster of --service [default: default]
    #[arg(long, value_name = "NAME|ARN", help_heading = "Source")]
    pub cluster: Option<String>,

    /// Service whose task definition is used or compared
    #[arg(long, value_name = "NAME|ARN", help_heading = "Source")]
    pub service: Option<String>,

    /// Image of a container, e.g. app=repo/app:1; also ${image.CONTAINER}
    #[arg(long, value_name = "CONTAINER=URI", help_heading = "Edits")]
    pub image: Vec<String>,

    /// Environment variable, e.g. LOG_LEVEL=info or app:LOG_LEVEL=info
    ///
    /// Without a value, the value in the environment of this step is used.
    #[arg(long, value_name = "[CONTAINER:]NAME[=VALUE]", help_heading = "Edits")]
    pub env: Vec<String>,

    /// dotenv file with environment variables, or the ARN of one on S3
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]FILE|ARN",
        help_heading = "Edits"
    )]
    pub env_file: Vec<String>,

    /// Environment variable from a secret, e.g. DB_URL=ssm:/app/db-url
    ///
    /// Values: an ARN (with :json-key:: if needed), ssm:NAME or secretsmanager:NAME[:json-key::].
    #[arg(long, value_name = "[CONTAINER:]NAME=SECRET", help_heading = "Edits")]
    pub secret: Vec<String>,

    /// Remove an environment variable
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]NAME",
        help_heading = "Edits"
    )]
    pub unset_env: Vec<String>,

    /// Remove a secret
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]NAME",
        help_heading = "Edits"
    )]
    pub unset_secret: Vec<String>,

    /// Keep only the variables set by --env and --env-file; * for all containers
    #[arg(
        long,
        hide_short_help = true,
        value_name = "CONTAINER",
        help_heading = "Edits"
    )]
    pub exclusive_env: Vec<String>,

    /// Command of a container: a JSON list, or words with shell quotes
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]WORDS",
        help_heading = "Edits"
    )]
    pub command: Vec<String>,

    /// Log driver
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]DRIVER",
        help_heading = "Edits"
    )]
    pub log_driver: Vec<String>,

    /// Option of the log driver
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]NAME=VALUE",
        help_heading = "Edits"
    )]
    pub log_option: Vec<String>,

    /// Docker label
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]NAME=VALUE",
        help_heading = "Edits"
    )]
    pub label: Vec<String>,

    /// CPU of the task or of a container, in units or vCPU, e.g. 512 or 0.5vCPU
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]SIZE",
        help_heading = "Edits"
    )]
    pub cpu: Vec<String>,

    /// Memory of the task or of a container, in MiB or GB, e.g. 1024 or 1GB
    #[arg(
        long,
        hide_short_help = true,
        value_name = "[CONTAINER:]SIZE",
        help_heading = "Edits"
    )]
    pub memory: Vec<String>,

    /// Role, e.g. execution=arn:aws:iam::123456789012:role/ecs
    #[arg(
        long,
        hide_short_help = true,
        value_name = "task|execution=ARN",
        help_heading = "Edits"
    )]
    pub role: Vec<String>,

    /// AWS tag of the task definition
    #[arg(
        long,
        hide_short_help = true,
        value_name = "KEY=VALUE",
        help_heading = "Edits"
    )]
    pub resource_tag: Vec<String>,

    /// Set any member to JSON or text, e.g. /containerDefinitions/app/stopTimeout=30
    ///
    /// List elements can be addressed by name (`app` in the example).
    #[arg(
        long,
        hide_short_help = true,
        value_name = "/POINTER=VALUE",
        help_heading = "Edits"
    )]
    pub set: Vec<String>,

    /// Show changes against live, a file, a family or an ARN
    ///
    /// `live` is the task definition that --service runs.
    #[arg(long, value_name = "live|FILE|FAMILY|ARN", help_heading = "Checks")]
    pub diff: Option<String>,

    /// Exit with code 5 if --diff finds a difference
    #[arg(
        long,
        hide_short_help = true,
        requires = "diff",
        help_heading = "Checks"
    )]
    pub exit_code: bool,

    /// Show values of environment variables in the diff (terminal only)
    #[arg(
        long,
        hide_short_help = true,
        requires = "diff",
        help_heading = "Checks"
    )]
    pub show_values: bool,

    /// Treat warnings as errors
    #[arg(long, help_heading = "Checks")]
    pub strict: bool,

    /// Ignore lints with these codes, e.g. latest-tag (list: docs/lints)
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        help_heading = "Checks"
    )]
    pub ignore: Vec<String>,

    /// Write to FILE instead of stdout
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub aws: AwsArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

const LONG_ABOUT: &str = "\
Render a task definition: fill in placeholders, edit, check and compare it.

Placeholders in the file: ${tf.NAME} is a Terraform output, ${env.NAME} a variable of this step, and
${image.CONTAINER} an image from --image. Write $${ for a literal ${. All other members are sent to
ECS as written, even if this version does not know them.

An edit that starts with CONTAINER: applies to that container, to several (\"app, side\") or to all
(*). Without it, --cpu and --memory apply to the task, --image and --command need it if there are
several containers, and all other edits apply to all containers. A name that contains a colon needs
it, too: *:Logging:Level=Debug.

Edits are made in this order, independent of the command line: --exclusive-env, --unset-*,
--env-file, --env, --secret, then all others, and --set last.";

/// The end of `--help`.
const EXAMPLES: &str = "\
  render-taskdef --task-definition taskdef.json --image app=$IMAGE >task.json
  render-taskdef --cluster prod --service web --image app=$IMAGE --out task.json
  render-taskdef --task-definition taskdef.json --service web --diff live";

impl Verb for Args {
    const NAME: &'static str = "render-taskdef";
    const EXAMPLES: &'static str = EXAMPLES;

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}
