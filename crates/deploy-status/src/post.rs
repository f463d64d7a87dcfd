//! Posting: one comment that is kept up to date, a commit's status, a deployment's record.

mod github;
mod github_calls;
mod gitlab;
mod issue;
mod message;
mod request_log;
mod sticky;
mod target;

use std::time::Duration;

use pipeline_http::RetryPolicy;
use pipeline_io::Step;

use crate::error::PostError;

use message::Comment;
pub use message::Post;
pub use target::{Forge, Target};

/// What became of it.
#[derive(Debug, Default)]
pub struct Posted {
    pub comment_url: Option<String>,
    /// `created` or `updated`.
    pub comment: Option<&'static str>,
    /// What could not be written, and why.
    pub failed: Vec<PostError>,
}

/// Pauses of 500 ms and 2 s.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 3,
    first: Duration::from_millis(500),
    factor: 4.0,
    longest: Duration::from_secs(2),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

impl Target {
    /// Posts all that was asked for; one that fails does not keep the others back.
    pub async fn post(&self, post: &Post<'_>, step: &Step) -> Posted {
        let mut posted = Posted::default();
        let Some(token) = &self.token else {
            let api = self.api.clone();
            posted.failed.push(PostError::NoToken { api });
            return posted;
        };
        let api = match self.forge {
            Forge::GitHub => github::GitHub::open(self, token, step).map(Api::GitHub),
            Forge::GitLab => gitlab::GitLab::open(self, token, step).map(Api::GitLab),
        };
        let api = match api {
            Ok(api) => api,
            Err(error) => {
                posted.failed.push(error);
                return posted;
            }
        };
        if let Some(number) = self.request {
            // A try begins with the list: a comment whose answer was lost is found, not written twice.
            let written = repeatedly(step, async || api.comment(number, post).await).await;
            match written {
                Ok(comment) => {
                    posted.comment_url = comment.url;
                    posted.comment = Some(if comment.is_new { "created" } else { "updated" });
                }
                Err(error) => posted.failed.push(error),
            }
        }
        if let Some(commit) = &self.commit {
            let set = repeatedly(step, async || api.status(commit, post).await).await;
            posted.failed.extend(set.err());
        }
        if let (Some(commit), Some(environment), Api::GitHub(github)) =
            (&self.commit, &self.environment, &api)
        {
            // Never tried again: it would make a second deployment.
            let recorded = github.deployment(commit, environment, post).await;
            posted.failed.extend(recorded.err());
        }
        posted
    }
}

/// What became of the issue about drift.
#[derive(Debug)]
pub struct Issue {
    pub number: u64,
    pub url: Option<String>,
    /// `opened`, `updated` or `closed`.
    pub what: &'static str,
}

impl Target {
    /// Keeps one issue: open and up to date while there is drift, closed when there is none.
    pub async fn drift_issue(
        &self,
        is_drift: bool,
        post: &Post<'_>,
        step: &Step,
    ) -> Result<Option<Issue>, PostError> {
        let api = self.api.clone();
        let token = self.token.as_ref().ok_or(PostError::NoToken { api })?;
        let github = github::GitHub::open(self, token, step)?;
        repeatedly(step, async || github.drift_issue(is_drift, post).await).await
    }
}

enum Api {
    GitHub(github::GitHub),
    GitLab(gitlab::GitLab),
}

impl Api {
    async fn comment(&self, number: u64, post: &Post<'_>) -> Result<Comment, PostError> {
        match self {
            Api::GitHub(github) => github.comment(number, post).await,
            Api::GitLab(gitlab) => gitlab.comment(number, post).await,
        }
    }

    async fn status(&self, commit: &str, post: &Post<'_>) -> Result<(), PostError> {
        match self {
            Api::GitHub(github) => github.status(commit, post).await,
            Api::GitLab(gitlab) => gitlab.status(commit, post).await,
        }
    }
}

async fn repeatedly<T>(
    step: &Step,
    attempt: impl AsyncFnMut() -> Result<T, PostError>,
) -> Result<T, PostError> {
    RETRIES
        .retry(attempt, |error, pause| {
            step.info(format!("{error}; trying again in {} ms", pause.as_millis()));
        })
        .await
}
