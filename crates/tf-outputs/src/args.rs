//! The command line, and the plan that it makes.

use std::path::{Path, PathBuf};

use clap::Parser;
use pipeline_aws::AwsArgs;
use pipeline_io::{Verb, secret_from_variable_or_file};

use crate::backend::{self, Setting};
use crate::select::{Rename, Selection};
use crate::source::{Credentials, Place, Source};
use crate::write::{Format, GITLAB_VARIABLES, Lists, Style, variable_name};
use crate::{Error, error};

/// Gives the outputs of a Terraform state: as JSON, CI outputs, dotenv, shell or properties
#[derive(Debug, Parser)]
#[command(name = "tf-outputs", version, max_term_width = 100)]
pub struct Args {
    /// The state: FILE, - (a state or `terraform output -json`), s3://BUCKET/KEY, https://ADDRESS
    /// (HTTP backend, GitLab's too), hcp://ORGANIZATION/WORKSPACE, tfe://HOST/ORGANIZATION/WORKSPACE
    #[arg(long, value_name = "STATE", help_heading = "State")]
    state: Option<String>,

    /// Read the state's place from the backend block of the .tf files in DIR
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "state",
        help_heading = "State"
    )]
    from_backend: Option<PathBuf>,

    /// What the backend block leaves open: a file as for `terraform init`, or NAME=VALUE
    #[arg(
        long,
        value_name = "FILE|NAME=VALUE",
        requires = "from_backend",
        help_heading = "State"
    )]
    backend_config: Vec<String>,

    /// Workspace [default: the default one; with --from-backend TF_WORKSPACE or the selected one]
    #[arg(long, value_name = "NAME", help_heading = "State")]
    workspace: Option<String>,

    /// Where the S3 backend keeps the states of workspaces
    #[arg(long, value_name = "PREFIX", help_heading = "State")]
    workspace_key_prefix: Option<String>,

    /// Region of the state's bucket [default: --region; another one is found by S3's answer]
    #[arg(long, value_name = "REGION", help_heading = "State")]
    state_region: Option<String>,

    /// Role for reading the state from S3, in place of --role-to-assume
    #[arg(long, value_name = "ARN", help_heading = "State")]
    state_role: Option<String>,

    /// User of the HTTP backend [variable TF_HTTP_USERNAME]
    #[arg(long, value_name = "NAME", help_heading = "State")]
    state_username: Option<String>,

    /// File with the HTTP backend's password [else the variable FARGATE_STATE_PASSWORD or TF_HTTP_PASSWORD]
    #[arg(long, value_name = "FILE", help_heading = "State")]
    state_password_file: Option<PathBuf>,

    /// File with a token for the HTTP backend or HCP Terraform [else the variable FARGATE_STATE_TOKEN;
    /// for HCP TF_TOKEN_… and `terraform login`; in GitLab CI its own states need none]
    #[arg(long, value_name = "FILE", help_heading = "State")]
    state_token_file: Option<PathBuf>,

    /// Give only these outputs
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    only: Vec<String>,

    /// Fail unless these outputs are there
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    require: Vec<String>,

    /// Give an output under another name
    #[arg(
        long,
        value_name = "NEW=OLD,…",
        value_delimiter = ',',
        help_heading = "Outputs"
    )]
    map: Vec<String>,

    /// Give sensitive outputs too; the CI system is told to mask them first
    #[arg(long, help_heading = "Outputs")]
    include_sensitive: bool,

    /// Text that is written
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Text"
    )]
    format: Format,

    /// Write the text to FILE and not to stdout
    #[arg(long, value_name = "FILE", help_heading = "Text")]
    out: Option<PathBuf>,

    /// How a list becomes one line of text
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        help_heading = "Text"
    )]
    list_format: Lists,

    /// Give everything as one variable NAME that holds JSON
    #[arg(long, value_name = "NAME", help_heading = "Text")]
    json_variable: Option<String>,

    /// How many variables GitLab takes of a dotenv report
    #[arg(long, value_name = "COUNT", default_value_t = GITLAB_VARIABLES, help_heading = "Text")]
    dotenv_limit: usize,

    /// Set environment variables for the job's later steps (GitHub)
    #[arg(long, help_heading = "Text")]
    github_env: bool,

    #[command(flatten)]
    aws: AwsArgs,

    /// Write the result to DIR/tf-outputs.json, for deploy-status and later steps
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    results: Option<PathBuf>,
}

impl Verb for Args {
    const NAME: &'static str = "tf-outputs";

    fn results(&self) -> Option<&Path> {
        self.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        // Every format of this program is a document of its own.
        false
    }
}

/// What the arguments say, checked.
#[derive(Debug)]
pub struct Plan {
    pub source: Source,
    pub selection: Selection,
    pub style: Style,
    pub out: Option<PathBuf>,
    pub github_env: bool,
}

impl Args {
    /// Checks everything that needs no network.
    pub fn plan(self, env: impl Fn(&str) -> Option<String>) -> Result<Plan, Error> {
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
                "--json-variable {name:?} is no name that a variable can have"
            )));
        }
        let style = Style {
            format: self.format,
            list_format: self.list_format,
            json_variable: self.json_variable,
            dotenv_limit: self.dotenv_limit,
        };
        let secret = |variables: &[&str], file: &Option<PathBuf>| {
            secret_from_variable_or_file(variables, file.as_deref())
        };
        let mut credentials = Credentials {
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
        let mut place = match (&self.state, &self.from_backend) {
            (Some(state), _) => Place::parse(state)?,
            (None, Some(folder)) => {
                let settings: Vec<Setting> = self
                    .backend_config
                    .iter()
                    .map(|text| Setting::parse(text))
                    .collect();
                let found = backend::read(folder, &settings, &env)?;
                // What the command line says wins over what the configuration says.
                credentials.username = credentials.username.or(found.username);
                credentials.password = credentials.password.or(found.password);
                credentials.token = credentials.token.or(found.token);
                backend_region = found.region;
                backend_role = found.role;
                found.place
            }
            (None, None) => {
                return Err(error::usage(
                    "no state is named: give --state, or --from-backend for the place that a configuration names"
                        .to_owned(),
                ));
            }
        };
        // The state's region, as said here or there, comes before the deployment's.
        aws.region = self.state_region.or(backend_region).or(aws.region);
        if self.state_role.is_some() {
            aws.role_to_assume = self.state_role;
            backend_role = None;
        }
        let prefix = self.workspace_key_prefix.as_deref();
        let selected = self
            .from_backend
            .as_deref()
            .and_then(|folder| backend::selected(folder, &env));
        place.choose_workspace(self.workspace.or(selected).as_deref(), prefix)?;
        credentials.complete(&place, &env);
        if matches!(place, Place::Http(_)) && credentials.lacks_user() {
            return Err(error::usage(
                "a password for the HTTP backend is given, and no user: give --state-username"
                    .to_owned(),
            ));
        }
        Ok(Plan {
            source: Source {
                place,
                credentials,
                aws,
                backend_role,
                include_sensitive: self.include_sensitive,
            },
            selection,
            style,
            out: self.out,
            github_env: self.github_env,
        })
    }
}

fn names(given: &[String]) -> Vec<String> {
    let trimmed = given.iter().map(|name| name.trim().to_owned());
    trimmed.filter(|name| !name.is_empty()).collect()
}

fn rename(text: &str) -> Result<Rename, Error> {
    let parts = text
        .split_once('=')
        .map(|(new, old)| (new.trim(), old.trim()));
    match parts {
        Some((new, old)) if !new.is_empty() && !old.is_empty() => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !new.chars().all(plain) {
                return Err(error::usage(format!(
                    "--map {text:?}: the new name {new:?} has characters other than ASCII letters, digits, `_` and `-`"
                )));
            }
            Ok(Rename {
                new: new.to_owned(),
                old: old.to_owned(),
            })
        }
        _ => Err(error::usage(format!(
            "--map {text:?} is not NEW=OLD, as in --map cluster=ecs_cluster_name"
        ))),
    }
}
