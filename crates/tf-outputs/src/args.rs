//! The command line, and the validated request.
//!
//! Decided here: which value wins if an option, a variable and the backend block all have one. Never
//! here: how a state is read.

use std::path::{Path, PathBuf};

use clap::Parser;
use pipeline_aws::AwsArgs;
use pipeline_io::{Verb, secret_from_variable_or_file};

use crate::backend::{self, BackendSetting, Overrides};
use crate::select::{OutputRename, Selection};
use crate::source::{StateCredentials, StateLocation, StateSource};
use crate::write::{Format, GITLAB_VARIABLES, ListFormat, RenderOptions, variable_name};
use crate::{Error, error};

/// Read the outputs of a Terraform state and write them as JSON, CI outputs or variables
#[derive(Debug, Parser)]
#[command(name = "tf-outputs", version, max_term_width = 100)]
pub struct Args {
    /// Terraform state: FILE, -, s3://BUCKET/KEY, https://URL, hcp://ORG/WORKSPACE
    ///
    /// `-` reads a state or the output of `terraform output -json` from stdin. https:// is an HTTP
    /// backend, e.g. GitLab's. Terraform Enterprise is tfe://HOST/ORGANIZATION/WORKSPACE.
    #[arg(long, value_name = "STATE", help_heading = "State")]
    state: Option<String>,

    /// Find the state with the backend block of the .tf files in DIR
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "state",
        help_heading = "State"
    )]
    from_backend: Option<PathBuf>,

    /// Backend settings as for `terraform init`: a file, or NAME=VALUE
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE|NAME=VALUE",
        requires = "from_backend",
        help_heading = "State"
    )]
    backend_config: Vec<String>,

    /// Workspace [default: default; with --from-backend, the selected one]
    #[arg(long, value_name = "NAME", help_heading = "State")]
    workspace: Option<String>,

    /// Key prefix of the states of S3 workspaces, e.g. env:
    #[arg(
        long,
        hide_short_help = true,
        value_name = "PREFIX",
        help_heading = "State"
    )]
    workspace_key_prefix: Option<String>,

    /// Region of the state bucket [default: --region, then what S3 reports]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "REGION",
        help_heading = "State"
    )]
    state_region: Option<String>,

    /// Role for reading the state from S3 instead of --role-to-assume
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ARN",
        help_heading = "State"
    )]
    state_role: Option<String>,

    /// User name for the HTTP backend [default: TF_HTTP_USERNAME]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "NAME",
        help_heading = "State"
    )]
    state_username: Option<String>,

    /// File with the password for the HTTP backend
    ///
    /// [default: the variable FARGATE_STATE_PASSWORD, then TF_HTTP_PASSWORD]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        help_heading = "State"
    )]
    state_password_file: Option<PathBuf>,

    /// File with the token for the HTTP backend or HCP Terraform
    ///
    /// [default: the variable FARGATE_STATE_TOKEN; for HCP Terraform TF_TOKEN_… and
    /// `terraform login`; GitLab CI needs none for states of its own project]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        help_heading = "State"
    )]
    state_token_file: Option<PathBuf>,

    /// Write only these outputs, e.g. vpc_id,subnet_ids
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    only: Vec<String>,

    /// Fail if one of these outputs is missing, e.g. vpc_id,subnet_ids
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    require: Vec<String>,

    /// Rename an output, e.g. CLUSTER=ecs_cluster_name
    #[arg(
        long,
        value_name = "NEW=OLD,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    map: Vec<String>,

    /// Include sensitive outputs and mask them in the CI log
    #[arg(long, help_heading = "Outputs")]
    include_sensitive: bool,

    /// Format of the output
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Format"
    )]
    format: Format,

    /// Write to FILE instead of stdout
    #[arg(long, value_name = "FILE", help_heading = "Format")]
    out: Option<PathBuf>,

    /// How to write a list on one line
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Format"
    )]
    list_format: ListFormat,

    /// Write all outputs as JSON into one variable, e.g. INFRA
    #[arg(
        long,
        hide_short_help = true,
        value_name = "NAME",
        help_heading = "Format"
    )]
    json_variable: Option<String>,

    /// Maximum number of variables in a GitLab dotenv report
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = GITLAB_VARIABLES, help_heading = "Format")]
    dotenv_limit: usize,

    /// Set environment variables for later steps of a GitHub job
    #[arg(long, hide_short_help = true, help_heading = "Format")]
    github_env: bool,

    #[command(flatten)]
    aws: AwsArgs,

    /// Write the result to DIR/tf-outputs.json
    ///
    /// deploy-status and later steps read it.
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    results: Option<PathBuf>,
}

/// The end of `--help`.
const EXAMPLES: &str = "\
  tf-outputs --state s3://acme-terraform/platform.tfstate --out outputs.json
  tf-outputs --from-backend Infra --require vpc_id,ecs_cluster_name
  tf-outputs --state terraform.tfstate --format dotenv --out platform.env";

impl Verb for Args {
    const NAME: &'static str = "tf-outputs";
    const EXAMPLES: &'static str = EXAMPLES;

    fn results(&self) -> Option<&Path> {
        self.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        // Every format of this program is a document of its own.
        false
    }
}

/// The validated arguments.
#[derive(Debug)]
pub struct OutputsRequest {
    pub source: StateSource,
    pub selection: Selection,
    pub options: RenderOptions,
    pub out: Option<PathBuf>,
    pub github_env: bool,
}

impl Args {
    /// Validates everything that does not need the network.
    ///
    /// # Errors
    /// An argument is invalid, or a file that an argument names cannot be read.
    pub fn request(self, env: impl Fn(&str) -> Option<String>) -> Result<OutputsRequest, Error> {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let selection = Selection {
            only: names(&self.only),
            require: names(&self.require),
            renames: self
                .map
                .iter()
                .map(|text| rename(text))
                .collect::<Result<_, _>>()?,
            include_sensitive: self.include_sensitive,
        };
        if let Some(name) = &self.json_variable
            && !variable_name(name).is_ok_and(|variable| variable == *name)
        {
            return Err(error::usage(format!(
                "--json-variable {name:?} is not a valid name for a variable"
            )));
        }
        let options = RenderOptions {
            format: self.format,
            list_format: self.list_format,
            json_variable: self.json_variable,
            dotenv_limit: self.dotenv_limit,
        };
        let secret = |variables: &[&str], file: &Option<PathBuf>| {
            secret_from_variable_or_file(variables, file.as_deref())
        };
        let mut credentials = StateCredentials {
            username: self
                .state_username
                .clone()
                .or_else(|| env("TF_HTTP_USERNAME")),
            password: secret(
                &["FARGATE_STATE_PASSWORD", "TF_HTTP_PASSWORD"],
                &self.state_password_file,
            )?,
            token: secret(&["FARGATE_STATE_TOKEN"], &self.state_token_file)?,
        };
        let mut aws = self.aws;
        let mut backend_role = None;
        let mut backend_region = None;
        let mut location = match (&self.state, &self.from_backend) {
            (Some(state), _) => StateLocation::parse(state)?,
            (None, Some(directory)) => {
                let settings: Vec<BackendSetting> = self
                    .backend_config
                    .iter()
                    .map(|text| BackendSetting::parse(text))
                    .collect();
                let overrides = Overrides {
                    credentials: self.state_role.is_some() || aws.role_to_assume.is_some(),
                    role: self.state_role.is_some(),
                };
                let found = backend::read(directory, &settings, overrides, &env)?;
                // Options win over the configuration.
                credentials.username = credentials.username.or(found.username);
                credentials.password = credentials.password.or(found.password);
                credentials.token = credentials.token.or(found.token);
                backend_region = found.region;
                backend_role = found.role;
                found.location
            }
            (None, None) => {
                return Err(error::usage(
                    "no state given: use --state STATE, or --from-backend DIR to find it with the backend block in DIR"
                        .to_owned(),
                ));
            }
        };
        // The region of the state comes before the region of the deployment.
        aws.region = self.state_region.or(backend_region).or(aws.region);
        if self.state_role.is_some() {
            aws.role_to_assume = self.state_role;
        }
        let prefix = self.workspace_key_prefix.as_deref();
        let selected = self
            .from_backend
            .as_deref()
            .and_then(|directory| backend::selected(directory, &env));
        location.choose_workspace(self.workspace.or(selected).as_deref(), prefix)?;
        credentials.complete(&location, &env);
        if matches!(location, StateLocation::Http(_)) && credentials.lacks_user() {
            return Err(error::usage(
                "the password for the HTTP backend has no user name: add --state-username NAME"
                    .to_owned(),
            ));
        }
        Ok(OutputsRequest {
            source: StateSource {
                location,
                credentials,
                aws,
                backend_role,
                include_sensitive: self.include_sensitive,
            },
            selection,
            options,
            out: self.out,
            github_env: self.github_env,
        })
    }
}

fn names(given: &[String]) -> Vec<String> {
    let trimmed = given.iter().map(|name| name.trim().to_owned());
    trimmed.filter(|name| !name.is_empty()).collect()
}

fn rename(text: &str) -> Result<OutputRename, Error> {
    let parts = text
        .split_once('=')
        .map(|(new, old)| (new.trim(), old.trim()));
    match parts {
        Some((new, old)) if !new.is_empty() && !old.is_empty() => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !new.chars().all(plain) {
                return Err(error::usage(format!(
                    "--map {text:?}: the new name {new:?} may contain only ASCII letters, digits, `_` and `-`"
                )));
            }
            Ok(OutputRename {
                new: new.to_owned(),
                old: old.to_owned(),
            })
        }
        _ => Err(error::usage(format!(
            "--map {text:?} is not NEW=OLD, e.g. --map cluster=ecs_cluster_name"
        ))),
    }
}
