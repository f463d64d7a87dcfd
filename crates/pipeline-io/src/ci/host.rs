//! What a CI host is to a step: one trait, and the facts and texts that pass through it.
//!
//! Decided here: what the programs may ask of a CI host. Never here: what one host answers (its own
//! file says that), or which host runs the step.

use std::fmt::Debug;
use std::path::PathBuf;

use crate::{Secret, Severity, SourceLocation};

/// Reads one environment variable. An empty one counts as unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A system that runs pipelines. What most hosts lack has a default.
pub trait CiHost: Debug + Send + Sync {
    /// The name as messages show it.
    fn name(&self) -> &'static str;

    /// Whether this host runs the step.
    fn runs_here(&self, env: Env<'_>) -> bool;

    /// What the host's variables say about the job. A variable that is not set is a fact that is
    /// absent, whether or not the host runs the step.
    fn job(&self, env: Env<'_>) -> Job;

    /// False if a person may be watching.
    fn is_ci(&self) -> bool {
        true
    }

    /// What to do if a job was expected to have an OIDC token and has none. Without it the error
    /// lists every way to get credentials.
    fn token_hint(&self) -> Option<&'static str> {
        None
    }

    /// The API on which comments and statuses are written, if deploy-status can write them.
    fn forge_api(&self) -> Option<&'static ForgeApi> {
        None
    }

    /// The longest job summary, in characters. Without one the host has no job summary.
    fn summary_limit(&self) -> Option<usize> {
        None
    }

    /// The most that a job's outputs may take, in bytes of UTF-16.
    fn outputs_limit(&self) -> Option<usize> {
        None
    }

    /// Whether a step can set environment variables for later steps.
    fn sets_environment(&self) -> bool {
        false
    }

    /// The line that begins a foldable group. The title is one harmless line.
    fn group_start(&self, _: &LogGroup) -> Option<String> {
        None
    }

    /// The line that ends a group.
    fn group_end(&self, _: &LogGroup) -> Option<String> {
        None
    }

    /// The command that hides a line wherever the log repeats it.
    fn mask(&self, _line: &str) -> Option<String> {
        None
    }

    /// The command that shows a message beside the job or the code.
    fn annotation(&self, _: &Annotation<'_>) -> Option<String> {
        None
    }

    /// What to append to which file, so that later steps and people get it.
    fn handover(&self, _: &Handover, _: Env<'_>) -> Vec<(PathBuf, String)> {
        Vec::new()
    }
}

/// What is known about the job. Every fact may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// Identifies the pipeline run among all of the repository's: running one of its jobs again
    /// keeps it, a new run has another.
    pub run_id: Option<String>,
    /// The page on which a person reads the log.
    pub run_url: Option<String>,
    /// The repository as the host names it, e.g. `owner/name`.
    pub repository: Option<String>,
    /// The commit's hash.
    pub commit: Option<String>,
    /// The number of the pull or merge request, as its page shows it.
    pub change_request: Option<u64>,
    pub oidc_token: Option<OidcToken>,
    pub job_token: Option<JobToken>,
    /// The job was started with the host's debug logging.
    pub wants_debug: bool,
}

impl Job {
    /// These facts, and `other`'s for those that are absent.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            run_id: self.run_id.or(other.run_id),
            run_url: self.run_url.or(other.run_url),
            repository: self.repository.or(other.repository),
            commit: self.commit.or(other.commit),
            change_request: self.change_request.or(other.change_request),
            oidc_token: self.oidc_token.or(other.oidc_token),
            job_token: self.job_token.or(other.job_token),
            // Another host's variable in this job asks for nothing.
            wants_debug: self.wants_debug,
        }
    }
}

/// Where the host keeps the job's OIDC token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OidcToken {
    /// In this variable, for the job's whole life.
    Variable(&'static str),
    /// Behind an address that GitHub's protocol is spoken with: a fresh token for each audience.
    Endpoint { url: String, request_token: Secret },
}

/// What a job may use on its own host's API, e.g. for Terraform states that the host keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobToken {
    /// The address of the API, which alone may be sent the token.
    pub api: String,
    pub username: &'static str,
    pub token: Secret,
}

/// The API of a host that keeps repositories: where it is, who may write, how much it takes.
#[derive(Debug, PartialEq, Eq)]
pub struct ForgeApi {
    /// The variable with the repository's name.
    pub repository_variable: &'static str,
    /// The variable with the API's address.
    pub url_variable: &'static str,
    /// The address if the variable is not set.
    pub default_url: &'static str,
    /// The variables that may hold a token, the first that is set wins.
    pub token_variables: &'static [&'static str],
    /// The longest comment, in UTF-16 units.
    pub comment_limit: usize,
}

/// A group of lines in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Letters, digits, `_`, `.` and `-`; no other group of the job has this name.
    pub name: String,
    /// One harmless line.
    pub title: String,
    /// When the group begins or ends, in seconds since 1970.
    pub at: i64,
}

/// A message, and the place in a file that it is about.
#[derive(Debug, Clone)]
pub struct Annotation<'a> {
    pub severity: Severity,
    pub title: &'a str,
    pub place: Option<&'a SourceLocation>,
    pub message: &'a str,
}

/// What a step leaves to later steps and to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handover {
    /// Names and values.
    pub outputs: Vec<(String, String)>,
    /// Names and values.
    pub environment: Vec<(String, String)>,
    /// Markdown.
    pub summary: String,
}
