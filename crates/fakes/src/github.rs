//! The part of GitHub's REST API that reports about a deployment need: issues, comments on them and on pull
//! requests, pull requests, commit statuses, deployments. Also under `/api/v3`, as GitHub Enterprise
//! has it.

mod answers;
mod comments;
mod deployments;
mod issues;
mod people;
mod releases;
mod state;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::wire::{ApiError, Request, Response, header};
use crate::world::{Inner, World};

use answers::{answer, not_found};
pub(crate) use answers::{error, forbidden};
use state::Pull;
pub(crate) use state::State;
pub use state::{Asset, Comment, Issue, Release, WorkflowRun};

/// What a test sets in GitHub and reads from it.
pub struct Github(pub(crate) Arc<Inner>);

impl Github {
    /// The token that is accepted.
    pub fn token(&self) -> String {
        self.0.world().github.token.clone()
    }

    /// Adds a pull request, and its repository (`owner/repo`) if it does not exist.
    pub fn pull_request(&self, repository: &str, number: u64, head_sha: &str) {
        let world = &mut *self.0.world();
        let repositories = &mut world.github.repositories;
        let repository = repositories.entry(repository.into()).or_default();
        let pull = Pull {
            head: head_sha.into(),
            open: true,
        };
        repository.pulls.insert(number, pull);
    }

    /// Makes the token a person's instead of a job's.
    pub fn personal_token(&self, login: &str) {
        let github = &mut self.0.world().github;
        github.login = login.into();
        github.personal = true;
    }

    /// Makes the token read-only, like the one of a fork.
    pub fn read_only(&self) {
        self.0.world().github.read_only = true;
    }

    /// Adds an earlier comment of a person.
    pub fn comment(&self, repository: &str, number: u64, login: &str, body: &str) -> u64 {
        let world = &mut *self.0.world();
        comments::add(world, repository, number, login, body)
    }

    /// The comments on an issue or pull request, oldest first.
    pub fn comments(&self, repository: &str, number: u64) -> Vec<Comment> {
        let world = self.0.world();
        let repository = world.github.repositories.get(repository);
        let comments = repository.into_iter().flat_map(|r| &r.comments);
        comments.filter(|c| c.number == number).cloned().collect()
    }

    /// Adds an earlier issue of a person. Returns its number.
    pub fn issue(&self, repository: &str, login: &str, title: &str, body: &str) -> u64 {
        issues::add(&mut self.0.world(), repository, login, title, body)
    }

    /// The issues of a repository, oldest first.
    pub fn issues(&self, repository: &str) -> Vec<Issue> {
        let world = self.0.world();
        let repository = world.github.repositories.get(repository);
        repository.map_or_else(Vec::new, |r| r.issues.clone())
    }

    /// The commit statuses of a repository, oldest first.
    pub fn statuses(&self, repository: &str) -> Vec<Value> {
        let world = self.0.world();
        let repository = world.github.repositories.get(repository);
        repository.map_or_else(Vec::new, |r| r.statuses.clone())
    }

    /// The releases of a repository, oldest first, drafts included.
    pub fn releases(&self, repository: &str) -> Vec<Release> {
        let world = self.0.world();
        let repository = world.github.repositories.get(repository);
        repository.map_or_else(Vec::new, |r| r.releases.clone())
    }

    /// A completed run of a workflow, its repository made if need be.
    pub fn workflow_run(&self, repository: &str, run: WorkflowRun) {
        let repositories = &mut self.0.world().github.repositories;
        repositories
            .entry(repository.into())
            .or_default()
            .runs
            .push(run);
    }

    /// The deployments of a repository with their statuses, oldest first.
    pub fn deployments(&self, repository: &str) -> Vec<Value> {
        let world = self.0.world();
        let repository = world.github.repositories.get(repository);
        let deployments = repository.into_iter().flat_map(|r| &r.deployments);
        deployments
            .map(|d| json!({"deployment": d.view, "statuses": d.statuses}))
            .collect()
    }
}

/// The segments of a request's path, without a leading `/api/v3`.
fn parts(request: &Request) -> Vec<&str> {
    let path = request.uri.path();
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// The operation of a request; `None` if it is not for GitHub.
pub(crate) fn operation(request: &Request) -> Option<String> {
    let get = request.method == Method::GET;
    let post = request.method == Method::POST;
    let patch = request.method == Method::PATCH;
    let name = match parts(request).as_slice() {
        ["user"] if get => "GetUser",
        ["rate_limit"] if get => "GetRateLimit",
        ["repos", _, _] if get => "GetRepository",
        ["repos", _, _, "issues", "comments", _] if get => "GetComment",
        ["repos", _, _, "issues", "comments", _] if patch => "UpdateComment",
        ["repos", _, _, "issues", "comments", _] if request.method == Method::DELETE => {
            "DeleteComment"
        }
        ["repos", _, _, "issues", _, "comments"] if get => "ListComments",
        ["repos", _, _, "issues", _, "comments"] if post => "CreateComment",
        ["repos", _, _, "issues"] if get => "ListIssues",
        ["repos", _, _, "issues"] if post => "CreateIssue",
        ["repos", _, _, "issues", _] if patch => "UpdateIssue",
        ["repos", _, _, "issues", _] if get => "GetIssue",
        ["repos", _, _, "pulls", _] if get => "GetPull",
        ["repos", _, _, "commits", _, "pulls"] if get => "ListPullsOfCommit",
        ["repos", _, _, "statuses", _] if post => "CreateStatus",
        ["repos", _, _, "deployments"] if post => "CreateDeployment",
        ["repos", _, _, "deployments"] if get => "ListDeployments",
        ["repos", _, _, "deployments", _, "statuses"] if post => "CreateDeploymentStatus",
        ["repos", _, _, "deployments", _, "statuses"] if get => "ListDeploymentStatuses",
        ["repos", _, _, "releases"] if get => "ListReleases",
        ["repos", _, _, "releases"] if post => "CreateRelease",
        ["repos", _, _, "releases", "assets", _] if request.method == Method::DELETE => {
            "DeleteReleaseAsset"
        }
        ["repos", _, _, "releases", _] if patch => "UpdateRelease",
        ["repos", _, _, "releases", _, "assets"] if post => "UploadReleaseAsset",
        ["repos", _, _, "actions", "workflows", _, "runs"] if get => "ListWorkflowRuns",
        ["repos", ..] => "Unknown",
        _ => return None,
    };
    Some(name.into())
}

/// The caller: the token must be the accepted one.
fn authorized(world: &World, request: &Request) -> Result<(), ApiError> {
    let unauthorized = |message: &str| ApiError::with_status(401, "unauthorized", message);
    let given =
        header(request, "authorization").ok_or_else(|| unauthorized("Requires authentication"))?;
    let token = given.split_once(' ').map_or(given, |(_, token)| token);
    if token == world.github.token {
        Ok(())
    } else {
        Err(unauthorized("Bad credentials"))
    }
}

pub(crate) fn handle(world: &mut World, operation: &str, request: &Request) -> Response {
    if let Err(refusal) = authorized(world, request) {
        return error(&refusal);
    }
    if world.github.read_only && request.method != Method::GET {
        return error(&forbidden());
    }
    let parts = parts(request);
    let name = match parts.as_slice() {
        ["repos", owner, repository, ..] => format!("{owner}/{repository}"),
        _ => String::new(),
    };
    if !name.is_empty() && !world.github.repositories.contains_key(&name) {
        return error(&not_found());
    }
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u64>().ok());
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let result = match operation {
        "GetUser" => people::user(world),
        "GetRateLimit" => Ok(answer(
            200,
            &json!({"rate": {"limit": 5000, "remaining": 4999}}),
        )),
        "GetRepository" => Ok(answer(200, &people::repository(world, &name))),
        "ListComments" => comments::list(world, &name, number(4), request),
        "CreateComment" => comments::create(world, &name, number(4), &body),
        "GetComment" => comments::get(world, &name, number(5)),
        "UpdateComment" => comments::update(world, &name, number(5), &body),
        "DeleteComment" => comments::delete(world, &name, number(5)),
        "GetPull" => people::pull(world, &name, number(4)),
        "GetIssue" => people::issue(world, &name, number(4)),
        "ListPullsOfCommit" => Ok(people::pulls_of(world, &name, parts.get(4))),
        "ListIssues" => issues::list(world, &name, request),
        "CreateIssue" => issues::create(world, &name, &body),
        "UpdateIssue" => issues::update(world, &name, number(4), &body),
        "CreateStatus" => deployments::status(world, &name, parts.get(4), &body),
        "CreateDeployment" => deployments::create(world, &name, &body),
        "ListDeployments" => Ok(deployments::list(world, &name)),
        "CreateDeploymentStatus" => deployments::add_status(world, &name, number(4), &body),
        "ListReleases" => Ok(releases::list(world, &name)),
        "CreateRelease" => releases::create(world, &name, &body),
        "UpdateRelease" => releases::update(world, &name, number(4), &body),
        "UploadReleaseAsset" => releases::upload(world, &name, number(4), request),
        "DeleteReleaseAsset" => releases::delete_asset(world, &name, number(5)),
        "ListWorkflowRuns" => Ok(releases::runs(world, &name, parts.get(5), request)),
        "ListDeploymentStatuses" => deployments::statuses(world, &name, number(4)),
        _ => Err(not_found()),
    };
    result.unwrap_or_else(|refusal| error(&refusal))
}
