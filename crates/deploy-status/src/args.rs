//! The command line, and the validated request.
//!
//! Decided here: to which API and repository the report is posted. Never here: what it contains.

use std::path::{Path, PathBuf};

use clap::Parser;
use pipeline_io::{Ci, Format, Secret, Verb, secret_from_variable_or_file};

use crate::Error;
use crate::markdown::{ReportContext, link_target};
use crate::post::{Forge, PostTarget};

/// Report a deployment: a pull request comment, a commit status and the job summary
#[derive(Debug, Parser)]
#[command(name = "deploy-status", version, max_term_width = 100)]
pub struct Args {
    /// Directory with the results of the steps; may be given more than once
    ///
    /// For several services, give one directory each or the one that contains them. The result of
    /// this program is written into the first one.
    #[arg(long, value_name = "DIR", required_unless_present = "terraform_plan")]
    results: Vec<PathBuf>,

    /// Report a Terraform plan (`terraform show -json`); never shows values
    #[arg(long, value_name = "FILE")]
    terraform_plan: Option<PathBuf>,

    /// Keep one GitHub issue open while the plan has changes
    #[arg(long, hide_short_help = true, requires = "terraform_plan")]
    drift_issue: bool,

    /// Name of the deployment if a pull request has several, e.g. staging
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Include the last log lines of containers; they may contain secrets
    #[arg(long)]
    comment_logs: bool,

    /// Write the report as a web page, too, e.g. deployment.html
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Run whose results are reported [default: this run]
    ///
    /// For a job that gets the results of another run. Result files of other runs are ignored.
    #[arg(long, hide_short_help = true, value_name = "ID")]
    run_id: Option<String>,

    /// Name of a failed step outside these programs, e.g. Build
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    failed_step: Option<String>,

    /// Fail if a comment, status or deployment cannot be written
    #[arg(long, hide_short_help = true)]
    require_comment: bool,

    /// Repository, e.g. octo/app [default: from the CI host]
    #[arg(
        long = "git-repository",
        value_name = "OWNER/NAME",
        help_heading = "Destination"
    )]
    repository: Option<String>,

    /// Number of the GitHub pull request to comment on
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with = "merge_request",
        help_heading = "Destination"
    )]
    pull_request: Option<u64>,

    /// Number of the GitLab merge request to comment on
    #[arg(long, value_name = "NUMBER", help_heading = "Destination")]
    merge_request: Option<u64>,

    /// Commit whose status is set
    #[arg(long, value_name = "SHA", help_heading = "Destination")]
    commit_status: Option<String>,

    /// GitHub environment in which to record the deployment
    ///
    /// For a job without `environment:`, which records a deployment itself. Needs --commit-status.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ENVIRONMENT",
        requires = "commit_status",
        help_heading = "Destination"
    )]
    github_deployment: Option<String>,

    /// URL of the deployed service, e.g. https://app.example.com
    ///
    /// The report links to it if the deployment succeeded, and so does the GitHub deployment.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "URL",
        help_heading = "Destination"
    )]
    environment_url: Option<String>,

    /// File with the token for the API of GitHub or GitLab
    ///
    /// [default: FARGATE_TOKEN, GITHUB_TOKEN or GH_TOKEN; for GitLab GITLAB_TOKEN]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        help_heading = "Destination"
    )]
    token_file: Option<PathBuf>,

    /// URL of the API [default: GITHUB_API_URL, or CI_API_V4_URL for GitLab]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "URL",
        help_heading = "Destination"
    )]
    api_url: Option<String>,

    /// What to print on stdout
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Results"
    )]
    format: Format,
}

/// The end of `--help`.
const EXAMPLES: &str = "\
  deploy-status --results results --pull-request 17
  deploy-status --results results --merge-request 17 --git-repository acme/web
  deploy-status --terraform-plan plan.json --pull-request 17";

impl Verb for Args {
    const NAME: &'static str = "deploy-status";
    const EXAMPLES: &'static str = EXAMPLES;
    const READS_RESULTS: bool = true;

    fn results(&self) -> Option<&Path> {
        self.results.first().map(PathBuf::as_path)
    }

    fn wants_json(&self) -> bool {
        self.format == Format::Json
    }
}

/// The validated arguments.
#[derive(Debug)]
pub struct StatusRequest {
    /// The directories with the results of the steps.
    pub results: Vec<PathBuf>,
    /// Name of a failed step that writes no result.
    pub failed_step: Option<String>,
    /// A Terraform plan, which is reported instead of the results.
    pub terraform_plan: Option<PathBuf>,
    pub drift_issue: bool,
    /// The file for the report as a web page.
    pub html: Option<PathBuf>,
    /// The run whose results are reported. `None` outside CI: the results of any run.
    pub run_id: Option<String>,
    pub context: ReportContext,
    /// Whether it is an error if something cannot be posted.
    pub is_post_required: bool,
    /// Where to post. `None` if the user requested no comment, status or deployment.
    pub target: Option<PostTarget>,
}

/// Space reserved for the marker in a comment, in UTF-16 units.
const MARKER_LENGTH: usize = 200;

impl StatusRequest {
    /// Maximum length of a comment without its marker, in UTF-16 units. Text that is not posted has the
    /// limit of the strictest forge.
    pub fn comment_limit(&self) -> usize {
        let forge = self.target.as_ref().map(|target| target.forge);
        forge.unwrap_or(Forge::GitHub).api().comment_limit - MARKER_LENGTH
    }
}

/// Names are used in headlines and markers, so only harmless characters are allowed.
fn check_name(flag: &str, name: Option<&str>) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ' ');
    match name {
        Some(name) if name.len() > 80 || !name.chars().all(plain) => Err(Error::Usage(format!(
            "{flag} {name:?} may contain only ASCII letters, digits, spaces and . - _ / (at most 80)"
        ))),
        _ => Ok(()),
    }
}

impl Args {
    /// Validates everything that does not need the network.
    ///
    /// # Errors
    /// An argument is invalid, or the token file cannot be read.
    pub fn request(self, env: impl Fn(&str) -> Option<String>) -> Result<StatusRequest, Error> {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        check_name("--name", self.name.as_deref())?;
        check_name("--failed-step", self.failed_step.as_deref())?;
        if let Some(commit) = &self.commit_status
            && !(commit.len() >= 7 && commit.chars().all(|c| c.is_ascii_hexdigit()))
        {
            return Err(Error::Usage(format!(
                "--commit-status {commit:?} is not the SHA of a commit"
            )));
        }
        if let Some(url) = &self.environment_url
            && link_target(url).is_none()
        {
            return Err(Error::Usage(format!(
                "--environment-url {url:?} is not an http:// or https:// URL"
            )));
        }
        let ci = Ci::detect(env);
        let job = ci.job().clone();
        let target = self.target(&ci, &env)?;
        Ok(StatusRequest {
            context: ReportContext {
                name: self.name,
                run_url: job.run_url,
                environment_url: self.environment_url,
                commit: self.commit_status.or(job.commit),
                with_logs: self.comment_logs,
            },
            results: self.results,
            failed_step: self.failed_step,
            terraform_plan: self.terraform_plan,
            drift_issue: self.drift_issue,
            html: self.html,
            run_id: self.run_id.or(job.run_id),
            is_post_required: self.require_comment,
            target,
        })
    }

    fn target(
        &self,
        ci: &Ci,
        env: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<PostTarget>, Error> {
        let is_wanted = self.pull_request.is_some()
            || self.merge_request.is_some()
            || self.commit_status.is_some()
            || self.drift_issue;
        if !is_wanted {
            return Ok(None);
        }
        let forge = match (self.merge_request, self.pull_request) {
            (Some(_), _) => Forge::GitLab,
            (None, Some(_)) => Forge::GitHub,
            (None, None) => Forge::of(ci.host()),
        };
        let is_gitlab = forge == Forge::GitLab;
        if is_gitlab && self.drift_issue {
            return Err(Error::Usage(
                "--drift-issue works only for GitHub; GitLab notifies the owner of a failed schedule".to_owned(),
            ));
        }
        if is_gitlab && self.github_deployment.is_some() {
            return Err(Error::Usage(
                "--github-deployment works only for GitHub; use `environment:` in a GitLab job"
                    .to_owned(),
            ));
        }
        let forge_api = forge.api();
        let repository_variable = forge_api.repository_variable;
        let repository = self
            .repository
            .clone()
            .or_else(|| env(repository_variable))
            .ok_or_else(|| {
                Error::Usage(format!(
                    "no repository given: use --git-repository OWNER/NAME, or set {repository_variable}"
                ))
            })?;
        check_repository(&repository, forge)?;
        let token: Option<Secret> =
            secret_from_variable_or_file(forge_api.token_variables, self.token_file.as_deref())?;
        let api = self.api_url.clone().or_else(|| env(forge_api.url_variable));
        let api = api.unwrap_or_else(|| forge_api.default_url.to_owned());
        if !(api.starts_with("https://") || api.starts_with("http://")) {
            return Err(Error::Usage(format!(
                "--api-url {api:?} is not an http:// or https:// URL"
            )));
        }
        Ok(Some(PostTarget {
            forge,
            api: api.trim_end_matches('/').to_owned(),
            repository,
            request: self.pull_request.or(self.merge_request),
            commit: self.commit_status.clone(),
            environment: self.github_deployment.clone(),
            token,
            name: match (&self.terraform_plan, &self.name) {
                (None, name) => name.clone(),
                // A plan and a deployment with the same name have separate comments.
                (Some(_), None) => Some("terraform-plan".to_owned()),
                (Some(_), Some(name)) => Some(format!("terraform-plan {name}")),
            },
        }))
    }
}

fn check_repository(repository: &str, forge: Forge) -> Result<(), Error> {
    let plain = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        !part.is_empty() && part.chars().all(is_plain) && part != "." && part != ".."
    };
    let parts: Vec<&str> = repository.split('/').collect();
    let fits = match forge {
        Forge::GitHub => parts.len() == 2,
        // Groups can be nested, and a project also has a number.
        Forge::GitLab => parts.len() >= 2 || repository.chars().all(|c| c.is_ascii_digit()),
    };
    if fits && parts.iter().all(|part| plain(part)) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "--git-repository {repository:?} is not OWNER/NAME"
    )))
}
