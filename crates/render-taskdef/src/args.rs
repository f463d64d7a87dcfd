//! The command line as it is written; what it means is in `plan`.

use std::path::{Path, PathBuf};

use clap::Parser;
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb};

/// Renders a task definition: placeholders filled in, edits made, mistakes found, differences shown
#[derive(Debug, Parser)]
#[command(
    name = "render-taskdef",
    version,
    max_term_width = 100,
    long_about = LONG_ABOUT
)]
pub struct Args {
    /// The task definition: a file (JSON, JSON with comments, YAML; - for stdin), FAMILY,
    /// FAMILY:REVISION or an ARN [default: what --service of --cluster runs]
    #[arg(long, value_name = "FILE|FAMILY|ARN", help_heading = "Source")]
    pub task_definition: Option<String>,

    /// Terraform's outputs, for ${tf.NAME}: what tf-outputs gives, a flat JSON object
    #[arg(long, value_name = "FILE", help_heading = "Source")]
    pub outputs: Option<PathBuf>,

    /// Cluster of --service [default: default]
    #[arg(long, value_name = "NAME|ARN", help_heading = "Source")]
    pub cluster: Option<String>,

    /// Service whose task definition is rendered, where --task-definition is left out, or compared
    #[arg(long, value_name = "NAME|ARN", help_heading = "Source")]
    pub service: Option<String>,

    /// The image a container runs; also ${image.CONTAINER}
    #[arg(long, value_name = "CONTAINER=URI", help_heading = "Edits")]
    pub image: Vec<String>,

    /// A variable; without a value, the one of this step's environment
    #[arg(long, value_name = "[CONTAINER:]NAME[=VALUE]", help_heading = "Edits")]
    pub env: Vec<String>,

    /// A dotenv file of variables, or the ARN of one on S3
    #[arg(long, value_name = "[CONTAINER:]FILE|ARN", help_heading = "Edits")]
    pub env_file: Vec<String>,

    /// A variable from a secret: ARN (with :json-key:: where wanted), ssm:NAME,
    /// secretsmanager:NAME[:json-key::]
    #[arg(long, value_name = "[CONTAINER:]NAME=SECRET", help_heading = "Edits")]
    pub secret: Vec<String>,

    /// Take a variable away
    #[arg(long, value_name = "[CONTAINER:]NAME", help_heading = "Edits")]
    pub unset_env: Vec<String>,

    /// Take a secret away
    #[arg(long, value_name = "[CONTAINER:]NAME", help_heading = "Edits")]
    pub unset_secret: Vec<String>,

    /// Keep only the variables that --env and --env-file give; * for all containers
    #[arg(long, value_name = "CONTAINER", help_heading = "Edits")]
    pub exclusive_env: Vec<String>,

    /// What a container runs: a JSON list, or words with a shell's quotes
    #[arg(long, value_name = "[CONTAINER:]WORDS", help_heading = "Edits")]
    pub command: Vec<String>,

    /// Log driver
    #[arg(long, value_name = "[CONTAINER:]DRIVER", help_heading = "Edits")]
    pub log_driver: Vec<String>,

    /// An option of the log driver
    #[arg(long, value_name = "[CONTAINER:]NAME=VALUE", help_heading = "Edits")]
    pub log_option: Vec<String>,

    /// A docker label
    #[arg(long, value_name = "[CONTAINER:]NAME=VALUE", help_heading = "Edits")]
    pub label: Vec<String>,

    /// CPU of the task, or of a container: units or vCPU
    #[arg(long, value_name = "[CONTAINER:]SIZE", help_heading = "Edits")]
    pub cpu: Vec<String>,

    /// Memory of the task, or of a container: MiB or GB
    #[arg(long, value_name = "[CONTAINER:]SIZE", help_heading = "Edits")]
    pub memory: Vec<String>,

    /// A role
    #[arg(long, value_name = "task|execution=ARN", help_heading = "Edits")]
    pub role: Vec<String>,

    /// An AWS tag of the task definition
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Edits")]
    pub resource_tag: Vec<String>,

    /// Any value at any place: JSON, or text; a list's element by its name, as
    /// /containerDefinitions/app/stopTimeout=30
    #[arg(long, value_name = "/POINTER=VALUE", help_heading = "Edits")]
    pub set: Vec<String>,

    /// Show what changes against live (what --service runs), a file, a family or an ARN
    #[arg(long, value_name = "live|FILE|FAMILY|ARN", help_heading = "Checks")]
    pub diff: Option<String>,

    /// End with exit code 5 where --diff finds a difference
    #[arg(long, requires = "diff", help_heading = "Checks")]
    pub exit_code: bool,

    /// Show the values of variables in the difference, on a terminal only
    #[arg(long, requires = "diff", help_heading = "Checks")]
    pub show_values: bool,

    /// Take warnings for errors
    #[arg(long, help_heading = "Checks")]
    pub strict: bool,

    /// Say nothing of a kind of finding (docs/lints)
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        help_heading = "Checks"
    )]
    pub ignore: Vec<String>,

    /// Write the rendered definition to FILE and not to stdout
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub aws: AwsArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

const LONG_ABOUT: &str = "\
Renders a task definition: placeholders filled in, edits made, mistakes found, differences shown.

In a file, ${tf.NAME} is an output of Terraform, ${env.NAME} a variable of this step,
${image.CONTAINER} an image given by --image; $${ writes ${. Whatever else the file says goes to
ECS as it is, members that nobody knows yet too.

An edit with CONTAINER: is for that container, or several (\"app, side\"), or all (*). Without it,
--cpu and --memory are the task's, --image and --command need it where there are several
containers, and the others are for all. A name with a colon needs it too: *:Logging:Level=Debug.

Edits are made in this order, whatever theirs on the command line: --exclusive-env, --unset-*,
--env-file, --env, --secret, and then the rest, --set last.";

impl Verb for Args {
    const NAME: &'static str = "render-taskdef";

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}
