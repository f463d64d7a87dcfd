//! What GitHub remembers: repositories with their issues, pull requests, comments and deployments.

use std::collections::BTreeMap;

use serde_json::Value;

/// The token that GitHub takes unless a test sets another.
pub(super) const TOKEN: &str = "ghs_0000000000000000000000000000fakes";

/// What GitHub remembers.
pub(crate) struct State {
    pub(super) token: String,
    /// The owner of the token; a job's own token belongs to its bot.
    pub(super) login: String,
    pub(super) personal: bool,
    pub(super) read_only: bool,
    pub(super) next_id: u64,
    /// By `owner/repo`.
    pub(super) repositories: BTreeMap<String, Repository>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            token: TOKEN.into(),
            login: "github-actions[bot]".into(),
            personal: false,
            read_only: false,
            next_id: 1000,
            repositories: BTreeMap::new(),
        }
    }
}

#[derive(Default)]
pub(super) struct Repository {
    pub(super) pulls: BTreeMap<u64, Pull>,
    pub(super) comments: Vec<Comment>,
    pub(super) issues: Vec<Issue>,
    pub(super) statuses: Vec<Value>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) releases: Vec<Release>,
    pub(super) runs: Vec<WorkflowRun>,
}

pub(super) struct Pull {
    pub(super) head: String,
    pub(super) open: bool,
}

/// A comment on an issue or a pull request.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub number: u64,
    pub login: String,
    pub body: String,
    pub created: jiff::Timestamp,
    pub updated: jiff::Timestamp,
}

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub login: String,
    pub open: bool,
    pub created: jiff::Timestamp,
    pub updated: jiff::Timestamp,
}

/// A deployment with its statuses.
pub(crate) struct Deployment {
    pub(crate) id: u64,
    pub(crate) view: Value,
    pub(crate) statuses: Vec<Value>,
}

/// A release; a draft is seen only by those who may write.
#[derive(Clone, Debug)]
pub struct Release {
    pub id: u64,
    pub tag: String,
    pub name: String,
    pub body: String,
    pub draft: bool,
    pub prerelease: bool,
    pub is_latest: bool,
    pub assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Clone, Debug)]
pub struct Asset {
    pub id: u64,
    pub name: String,
    pub content_type: String,
    pub content: Vec<u8>,
}

/// A completed run of a workflow.
#[derive(Clone, Debug)]
pub struct WorkflowRun {
    /// The workflow's file name, e.g. `ci.yml`.
    pub workflow: String,
    pub head_sha: String,
    pub branch: String,
    pub event: String,
    /// `success`, `failure`, `cancelled`, …
    pub conclusion: String,
}
