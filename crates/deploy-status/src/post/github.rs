//! GitHub through octocrab: only the answers' members that are used are read, so that an older
//! GitHub Enterprise Server or a newer GitHub is no obstacle.

use octocrab::Octocrab;
use pipeline_io::{Secret, Step};
use serde::Deserialize;
use serde_json::{Value, json};

use super::github_calls::GitHubCalls;
use super::message::{Comment, Post, description};
use super::request_log::request_log;
use super::sticky::{self, Author, Written};
use super::target::Target;
use crate::error::PostError;

/// Comments on a page: the API's largest.
const PAGE: usize = 100;

/// Pages that are read at most; beyond, a new comment is written.
const PAGES: usize = 50;

/// GitHub's limit of a status's description, in characters.
const DESCRIPTION: usize = 140;

pub struct GitHub {
    pub(super) client: GitHubCalls,
    api: String,
    /// `/repos/OWNER/NAME`
    repository: String,
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
struct ListedComment {
    id: u64,
    html_url: Option<String>,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
pub(super) struct User {
    id: u64,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl ListedComment {
    fn written(&self) -> Written {
        written(self.body.as_deref(), self.user.as_ref())
    }
}

/// A text and its author, as the marker's rule wants them.
pub(super) fn written(body: Option<&str>, user: Option<&User>) -> Written {
    Written {
        body: body.unwrap_or_default().to_owned(),
        author: user.map(|user| user.id),
        is_bot: user.is_some_and(|user| user.kind.as_deref() == Some("Bot")),
    }
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

impl GitHub {
    pub fn open(target: &Target, token: &Secret, step: &Step) -> Result<Self, PostError> {
        let client = pipeline_http::client().map_err(|error| PostError::Client {
            source: error.into(),
        })?;
        let failed = |error: octocrab::Error| PostError::Client {
            source: error.into(),
        };
        let client = Octocrab::builder()
            .base_uri(format!("{}/", target.api))
            .map_err(failed)?
            .personal_token(token.reveal().to_owned())
            .build_with_reqwest(client)
            .map_err(failed)?;
        Ok(GitHub {
            client: GitHubCalls {
                client,
                requests: request_log(step),
                api: target.api.clone(),
            },
            api: target.api.clone(),
            repository: format!("repos/{}", target.repository),
            name: target.name.clone(),
        })
    }

    /// Rewrites our comment, or writes it.
    pub async fn comment(&self, number: u64, post: &Post<'_>) -> Result<Comment, PostError> {
        let name = self.name.as_deref();
        let body = json!({"body": sticky::body(name, post.markdown)});
        for id in self.candidates(number).await? {
            let route = self.route(&format!("issues/comments/{id}"));
            let rewritten: Result<ListedComment, _> = self.client.patch(&route, &body).await;
            match rewritten {
                Ok(comment) => {
                    return Ok(Comment {
                        url: comment.html_url,
                        is_new: false,
                    });
                }
                // Another bot's, or deleted since it was listed.
                Err(error) if matches!(status(&error), Some(403 | 404)) => {}
                Err(error) => return Err(self.error("cannot rewrite the comment", error)),
            }
        }
        let route = self.route(&format!("issues/{number}/comments"));
        let written: Result<ListedComment, _> = self.client.post(&route, &body).await;
        let written = written.map_err(|error| self.error("cannot write the comment", error))?;
        Ok(Comment {
            url: written.html_url,
            is_new: true,
        })
    }

    /// The comments that look like ours, oldest first; one page with such comments is enough.
    async fn candidates(&self, number: u64) -> Result<Vec<u64>, PostError> {
        let author = self.author().await?;
        for page in 1..=PAGES {
            let route = self.route(&format!(
                "issues/{number}/comments?per_page={PAGE}&page={page}"
            ));
            let listed: Vec<ListedComment> = self
                .client
                .get(&route)
                .await
                .map_err(|error| self.error("cannot list the comments", error))?;
            let is_last = listed.len() < PAGE;
            let ours: Vec<u64> = listed
                .into_iter()
                .filter(|comment| {
                    sticky::is_ours(&comment.written(), self.name.as_deref(), &author)
                })
                .map(|comment| comment.id)
                .collect();
            if is_last || !ours.is_empty() {
                return Ok(ours);
            }
        }
        Ok(Vec::new())
    }

    /// The token's user. An installation's token (a job's GITHUB_TOKEN) may not ask: it is a bot's.
    pub(super) async fn author(&self) -> Result<Author, PostError> {
        match self.client.get::<User>("/user").await {
            Ok(user) => Ok(Author::User(user.id)),
            Err(error) if status(&error) == Some(403) => Ok(Author::SomeBot),
            Err(error) => Err(self.error("cannot ask whose token it is", error)),
        }
    }

    /// Sets the commit's status.
    pub async fn status(&self, commit: &str, post: &Post<'_>) -> Result<(), PostError> {
        let mut body = json!({
            "state": post.state.commit_status(),
            "context": context(self.name.as_deref()),
            "description": description(post.sentence, DESCRIPTION),
        });
        if let Some(url) = post.run_url {
            body["target_url"] = url.into();
        }
        let route = self.route(&format!("statuses/{commit}"));
        let set: Result<Value, _> = self.client.post(&route, &body).await;
        set.map(drop)
            .map_err(|error| self.error("cannot set the commit's status", error))
    }

    /// Records a deployment and its end.
    pub async fn deployment(
        &self,
        commit: &str,
        environment: &str,
        post: &Post<'_>,
    ) -> Result<(), PostError> {
        let body = json!({
            "ref": commit,
            "environment": environment,
            "description": description(post.sentence, DESCRIPTION),
            // What is recorded has happened: nothing is to be merged or waited for.
            "auto_merge": false,
            "required_contexts": [],
        });
        let route = self.route("deployments");
        let made: Result<Made, _> = self.client.post(&route, &body).await;
        let made = made.map_err(|error| self.error("cannot record the deployment", error))?;
        let mut body = json!({
            "state": post.state.deployment_status(),
            "description": description(post.sentence, DESCRIPTION),
        });
        if let Some(url) = post.run_url {
            body["log_url"] = url.into();
        }
        let route = self.route(&format!("deployments/{}/statuses", made.id));
        let set: Result<Value, _> = self.client.post(&route, &body).await;
        set.map(drop)
            .map_err(|error| self.error("cannot set the deployment's state", error))
    }

    pub(super) fn route(&self, rest: &str) -> String {
        format!("/{}/{rest}", self.repository)
    }

    pub(super) fn error(&self, what: &str, error: octocrab::Error) -> PostError {
        let (what, api) = (what.to_owned(), self.api.clone());
        match error {
            octocrab::Error::GitHub { source, .. } => PostError::Refused {
                what,
                api,
                status: source.status_code.as_u16(),
                message: source.message,
            },
            octocrab::Error::Serde { .. } | octocrab::Error::Json { .. } => {
                PostError::Garbled { what, api }
            }
            other => PostError::Unreachable {
                what,
                api,
                source: other.into(),
            },
        }
    }
}

/// The HTTP status that GitHub refused with.
fn status(error: &octocrab::Error) -> Option<u16> {
    match error {
        octocrab::Error::GitHub { source, .. } => Some(source.status_code.as_u16()),
        _ => None,
    }
}

/// Tells this status from others of the same commit.
fn context(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("fargate-pipeline/{name}"),
        None => "fargate-pipeline".to_owned(),
    }
}
