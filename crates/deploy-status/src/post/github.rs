//! Posts to GitHub with octocrab. Only the members of a response that are used are read, so older
//! versions of GitHub Enterprise Server and newer versions of GitHub work, too.

use octocrab::Octocrab;
use pipeline_io::{Secret, Step};
use serde::Deserialize;
use serde_json::{Value, json};

use super::github_calls::GitHubCalls;
use super::message::{PostContent, PostedComment, description};
use super::request_log::request_log;
use super::sticky::{self, AuthoredText, TokenOwner};
use super::target::PostTarget;
use crate::error::PostError;

/// Comments per page, the maximum of the API.
const PAGE_SIZE: usize = 100;

/// Maximum number of pages that are read. If none contains our comment, a new one is written.
const MAX_PAGES: usize = 50;

/// GitHub's limit for the description of a status, in characters.
const DESCRIPTION_LIMIT: usize = 140;

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
    fn authored_text(&self) -> AuthoredText {
        authored_text(self.body.as_deref(), self.user.as_ref())
    }
}

/// The text and the author of a comment or an issue.
pub(super) fn authored_text(body: Option<&str>, user: Option<&User>) -> AuthoredText {
    AuthoredText {
        body: body.unwrap_or_default().to_owned(),
        author: user.map(|user| user.id),
        is_bot: user.is_some_and(|user| user.kind.as_deref() == Some("Bot")),
    }
}

#[derive(Deserialize)]
struct CreatedDeployment {
    id: u64,
}

impl GitHub {
    pub fn open(target: &PostTarget, token: &Secret, step: &Step) -> Result<Self, PostError> {
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

    /// Updates our comment, or writes a new one.
    pub async fn comment(
        &self,
        number: u64,
        post: &PostContent<'_>,
    ) -> Result<PostedComment, PostError> {
        let name = self.name.as_deref();
        let body = json!({"body": sticky::body(name, post.markdown)});
        for id in self.find_own_comments(number).await? {
            let route = self.route(&format!("issues/comments/{id}"));
            let rewritten: Result<ListedComment, _> = self.client.patch(&route, &body).await;
            match rewritten {
                Ok(comment) => {
                    return Ok(PostedComment {
                        url: comment.html_url,
                        is_new: false,
                    });
                }
                // The comment of another bot, or deleted since it was listed.
                Err(error) if matches!(status(&error), Some(403 | 404)) => {}
                Err(error) => return Err(self.error("cannot update the comment", error)),
            }
        }
        let route = self.route(&format!("issues/{number}/comments"));
        let authored_text: Result<ListedComment, _> = self.client.post(&route, &body).await;
        let authored_text =
            authored_text.map_err(|error| self.error("cannot write the comment", error))?;
        Ok(PostedComment {
            url: authored_text.html_url,
            is_new: true,
        })
    }

    /// Returns the comments that may be ours, oldest first. The first page with such comments is enough.
    async fn find_own_comments(&self, number: u64) -> Result<Vec<u64>, PostError> {
        let author = self.author().await?;
        for page in 1..=MAX_PAGES {
            let route = self.route(&format!(
                "issues/{number}/comments?per_page={PAGE_SIZE}&page={page}"
            ));
            let listed: Vec<ListedComment> = self
                .client
                .get(&route)
                .await
                .map_err(|error| self.error("cannot list the comments", error))?;
            let is_last = listed.len() < PAGE_SIZE;
            let ours: Vec<u64> = listed
                .into_iter()
                .filter(|comment| {
                    sticky::is_ours(&comment.authored_text(), self.name.as_deref(), &author)
                })
                .map(|comment| comment.id)
                .collect();
            if is_last || !ours.is_empty() {
                return Ok(ours);
            }
        }
        Ok(Vec::new())
    }

    /// Returns the user of the token. An installation token (e.g. GITHUB_TOKEN) is not allowed to ask for
    /// its user, which is a bot.
    pub(super) async fn author(&self) -> Result<TokenOwner, PostError> {
        match self.client.get::<User>("/user").await {
            Ok(user) => Ok(TokenOwner::User(user.id)),
            Err(error) if status(&error) == Some(403) => Ok(TokenOwner::SomeBot),
            Err(error) => Err(self.error("cannot read the user of the token", error)),
        }
    }

    /// Sets the status of the commit.
    pub async fn status(&self, commit: &str, post: &PostContent<'_>) -> Result<(), PostError> {
        let mut body = json!({
            "state": post.state.commit_status(),
            "context": context(self.name.as_deref()),
            "description": description(post.summary, DESCRIPTION_LIMIT),
        });
        if let Some(url) = post.run_url {
            body["target_url"] = url.into();
        }
        let route = self.route(&format!("statuses/{commit}"));
        let set: Result<Value, _> = self.client.post(&route, &body).await;
        set.map(drop)
            .map_err(|error| self.error("cannot set the commit status", error))
    }

    /// Records a deployment and its result.
    pub async fn deployment(
        &self,
        commit: &str,
        environment: &str,
        post: &PostContent<'_>,
    ) -> Result<(), PostError> {
        let body = json!({
            "ref": commit,
            "environment": environment,
            "description": description(post.summary, DESCRIPTION_LIMIT),
            // The deployment has already happened, so there is nothing to merge or to wait for.
            "auto_merge": false,
            "required_contexts": [],
        });
        let route = self.route("deployments");
        let made: Result<CreatedDeployment, _> = self.client.post(&route, &body).await;
        let made = made.map_err(|error| self.error("cannot record the deployment", error))?;
        let mut body = json!({
            "state": post.state.deployment_status(),
            "description": description(post.summary, DESCRIPTION_LIMIT),
        });
        if let Some(url) = post.run_url {
            body["log_url"] = url.into();
        }
        if let Some(url) = post.environment_url {
            body["environment_url"] = url.into();
        }
        let route = self.route(&format!("deployments/{}/statuses", made.id));
        let set: Result<Value, _> = self.client.post(&route, &body).await;
        set.map(drop)
            .map_err(|error| self.error("cannot set the status of the deployment", error))
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
                PostError::UnexpectedResponse { what, api }
            }
            other => PostError::Unreachable {
                what,
                api,
                source: other.into(),
            },
        }
    }
}

/// The HTTP status of a request that GitHub rejected.
fn status(error: &octocrab::Error) -> Option<u16> {
    match error {
        octocrab::Error::GitHub { source, .. } => Some(source.status_code.as_u16()),
        _ => None,
    }
}

/// The name of the status, which distinguishes it from other statuses of the commit.
fn context(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("fargate-pipeline/{name}"),
        None => "fargate-pipeline".to_owned(),
    }
}
