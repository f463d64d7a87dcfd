//! Posts a report: one comment that is kept up to date, a commit status, a deployment.
//!
//! Decided here: the order of the requests, and which ones are retried. Never here: what is posted.

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

pub use message::PostContent;
use message::PostedComment;
pub use target::{Forge, PostTarget};

/// What was posted, and what was not.
#[derive(Debug, Default)]
pub struct PostOutcome {
    pub comment_url: Option<String>,
    /// `created` or `updated`.
    pub comment: Option<&'static str>,
    /// Why something could not be written.
    pub failed: Vec<PostError>,
}

/// Three attempts, with pauses of 500 ms and 2 s.
const RETRIES: RetryPolicy = RetryPolicy {
    tries: 3,
    first: Duration::from_millis(500),
    factor: 4.0,
    longest: Duration::from_secs(2),
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

impl PostTarget {
    /// Posts everything that was requested. If one part fails, the others are still posted.
    pub async fn post(&self, post: &PostContent<'_>, step: &Step) -> PostOutcome {
        let mut posted = PostOutcome::default();
        let Some(token) = &self.token else {
            let api = self.api.clone();
            posted.failed.push(PostError::NoToken { api });
            return posted;
        };
        let api = match self.forge {
            Forge::GitHub => github::GitHub::open(self, token, step).map(ForgeClient::GitHub),
            Forge::GitLab => gitlab::GitLab::open(self, token, step).map(ForgeClient::GitLab),
        };
        let api = match api {
            Ok(api) => api,
            Err(error) => {
                posted.failed.push(error);
                return posted;
            }
        };
        if let Some(number) = self.request {
            // Each attempt starts with the list. So if the response was lost, the comment is found and not
            // written twice.
            let authored_text = with_retries(step, async || api.comment(number, post).await).await;
            match authored_text {
                Ok(comment) => {
                    posted.comment_url = comment.url;
                    posted.comment = Some(if comment.is_new { "created" } else { "updated" });
                }
                Err(error) => posted.failed.push(error),
            }
        }
        if let Some(commit) = &self.commit {
            let set = with_retries(step, async || api.status(commit, post).await).await;
            posted.failed.extend(set.err());
        }
        if let (Some(commit), Some(environment), ForgeClient::GitHub(github)) =
            (&self.commit, &self.environment, &api)
        {
            // Never retried, because that would create a second deployment.
            let recorded = github.deployment(commit, environment, post).await;
            posted.failed.extend(recorded.err());
        }
        posted
    }
}

/// What happened to the issue about drift.
#[derive(Debug)]
pub struct DriftIssue {
    pub number: u64,
    pub url: Option<String>,
    /// `opened`, `updated` or `closed`.
    pub what: &'static str,
}

impl PostTarget {
    /// Keeps one issue open and up to date while there is drift, and closes it afterwards.
    ///
    /// # Errors
    /// There is no token, or GitHub rejects a request.
    pub async fn drift_issue(
        &self,
        is_drift: bool,
        post: &PostContent<'_>,
        step: &Step,
    ) -> Result<Option<DriftIssue>, PostError> {
        let api = self.api.clone();
        let token = self.token.as_ref().ok_or(PostError::NoToken { api })?;
        let github = github::GitHub::open(self, token, step)?;
        with_retries(step, async || github.drift_issue(is_drift, post).await).await
    }
}

enum ForgeClient {
    GitHub(github::GitHub),
    GitLab(gitlab::GitLab),
}

impl ForgeClient {
    async fn comment(
        &self,
        number: u64,
        post: &PostContent<'_>,
    ) -> Result<PostedComment, PostError> {
        match self {
            ForgeClient::GitHub(github) => github.comment(number, post).await,
            ForgeClient::GitLab(gitlab) => gitlab.comment(number, post).await,
        }
    }

    async fn status(&self, commit: &str, post: &PostContent<'_>) -> Result<(), PostError> {
        match self {
            ForgeClient::GitHub(github) => github.status(commit, post).await,
            ForgeClient::GitLab(gitlab) => gitlab.status(commit, post).await,
        }
    }
}

async fn with_retries<T>(
    step: &Step,
    attempt: impl AsyncFnMut() -> Result<T, PostError>,
) -> Result<T, PostError> {
    RETRIES
        .retry(attempt, |error, pause| {
            step.info(format!("{error}; retrying in {} ms", pause.as_millis()));
        })
        .await
}
