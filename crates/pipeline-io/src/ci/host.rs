//! The interface of a CI host: one trait, and the types that it uses.
//!
//! Decided here: what the programs can ask of a CI host. Never here: what a host answers (each has
//! its own file), or which host runs the step.

use std::fmt::Debug;
use std::path::PathBuf;

use crate::{Secret, Severity, SourceLocation};

/// Reads one environment variable. An empty one counts as unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A system that runs pipelines. A function that most hosts do not support has a default.
pub trait CiHost: Debug + Send + Sync {
    /// The name in messages.
    fn name(&self) -> &'static str;

    /// Whether this host runs the step.
    fn runs_here(&self, env: Env<'_>) -> bool;

    /// The job's facts, read from the host's variables. It is called even if the host does not run
    /// the step; a fact whose variable is not set is absent.
    fn job(&self, env: Env<'_>) -> Job;

    /// False if a person may be watching, e.g. in a terminal.
    fn is_ci(&self) -> bool {
        true
    }

    /// What to do if the job should have an OIDC token and has none. Without it the error lists every
    /// way to get credentials.
    fn token_hint(&self) -> Option<&'static str> {
        None
    }

    /// The API for comments and commit statuses, if deploy-status can write them.
    fn forge_api(&self) -> Option<&'static ForgeApi> {
        None
    }

    /// The longest job summary, in characters. `None` means that the host has no job summary.
    fn summary_limit(&self) -> Option<usize> {
        None
    }

    /// The limit for all outputs of a job, in bytes of UTF-16.
    fn outputs_limit(&self) -> Option<usize> {
        None
    }

    /// Whether a step can set environment variables for later steps.
    fn sets_environment(&self) -> bool {
        false
    }

    /// The line that begins a collapsible group.
    fn group_start(&self, _: &LogGroup) -> Option<String> {
        None
    }

    /// The line that ends a group.
    fn group_end(&self, _: &LogGroup) -> Option<String> {
        None
    }

    /// The command that hides a line wherever it appears in the log.
    fn mask(&self, _line: &str) -> Option<String> {
        None
    }

    /// The command that shows a message on the job's page or beside the code.
    fn annotation(&self, _: &Annotation<'_>) -> Option<String> {
        None
    }

    /// The files to append to, and what to append, so that later steps and people receive it.
    fn handover(&self, _: &Handover, _: Env<'_>) -> Vec<(PathBuf, String)> {
        Vec::new()
    }
}

/// What is known about the job. Every fact may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// Identifies the pipeline run within the repository. Running a job again keeps it; a new run
    /// has another one.
    pub run_id: Option<String>,
    /// The page with the log.
    pub run_url: Option<String>,
    /// The repository as the host names it, e.g. `owner/name`.
    pub repository: Option<String>,
    /// The hash of the commit.
    pub commit: Option<String>,
    /// The number of the pull request or merge request, as its page shows it.
    pub change_request: Option<u64>,
    pub oidc_token: Option<OidcToken>,
    pub job_token: Option<JobToken>,
    /// Whether the job was started with debug logging.
    pub wants_debug: bool,
}

impl Job {
    /// These facts; the absent ones are taken from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            run_id: self.run_id.or(other.run_id),
            run_url: self.run_url.or(other.run_url),
            repository: self.repository.or(other.repository),
            commit: self.commit.or(other.commit),
            change_request: self.change_request.or(other.change_request),
            oidc_token: self.oidc_token.or(other.oidc_token),
            job_token: self.job_token.or(other.job_token),
            // The variable of another host does not start debug logging.
            wants_debug: self.wants_debug,
        }
    }
}

/// Where the job's OIDC token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OidcToken {
    /// From this variable, which does not change while the job runs.
    Variable(&'static str),
    /// From an endpoint with GitHub's protocol, which returns a new token for any audience.
    Endpoint { url: String, request_token: Secret },
}

/// The job's credentials for the API of its own host, e.g. for Terraform states stored there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobToken {
    /// The URL of the API. The token must not be sent anywhere else.
    pub api: String,
    pub username: &'static str,
    pub token: Secret,
}

/// The API of a host of repositories: its URL, its token and its limits.
#[derive(Debug, PartialEq, Eq)]
pub struct ForgeApi {
    /// The variable with the repository's name.
    pub repository_variable: &'static str,
    /// The variable with the URL of the API.
    pub url_variable: &'static str,
    /// The URL if the variable is not set.
    pub default_url: &'static str,
    /// The variables that may contain a token. The first one that is set wins.
    pub token_variables: &'static [&'static str],
    /// The longest comment, in UTF-16 units.
    pub comment_limit: usize,
}

/// A group of lines in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Letters, digits, `_`, `.` and `-`, unique in the job.
    pub name: String,
    /// One line that cannot contain a command.
    pub title: String,
    /// When the group begins or ends, in seconds since 1970.
    pub at: i64,
}

/// A message, and the location in a file that it is about.
#[derive(Debug, Clone)]
pub struct Annotation<'a> {
    pub severity: Severity,
    pub title: &'a str,
    pub location: Option<&'a SourceLocation>,
    pub message: &'a str,
}

/// What a step hands over to later steps and to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handover {
    /// Names and values.
    pub outputs: Vec<(String, String)>,
    /// Names and values.
    pub environment: Vec<(String, String)>,
    /// Markdown.
    pub summary: String,
}
