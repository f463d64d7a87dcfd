//! The one issue about drift: found by its marker, as a comment is.

use serde::Deserialize;
use serde_json::{Value, json};

use super::github::{GitHub, User, written};
use super::{Issue, Post, sticky};
use crate::error::PostError;

/// Issues on a page: the API's largest.
const PAGE: usize = 100;

/// Pages that are read at most; beyond, a new issue is opened.
const PAGES: usize = 20;

#[derive(Deserialize)]
struct ListedIssue {
    number: u64,
    html_url: Option<String>,
    body: Option<String>,
    user: Option<User>,
    /// The API lists pull requests among the issues.
    pull_request: Option<Value>,
}

impl GitHub {
    /// Opens, rewrites or closes it; `None` where there is no drift and no issue.
    pub async fn drift_issue(
        &self,
        is_drift: bool,
        post: &Post<'_>,
    ) -> Result<Option<Issue>, PostError> {
        let name = self.name.as_deref();
        let open = self.open_issue().await?;
        let (route, body, what) = match (&open, is_drift) {
            (None, false) => return Ok(None),
            (None, true) => {
                let body = json!({"title": title(name), "body": sticky::body(name, post.markdown)});
                (self.route("issues"), body, "opened")
            }
            (Some(issue), true) => {
                let body = json!({"body": sticky::body(name, post.markdown)});
                (
                    self.route(&format!("issues/{}", issue.number)),
                    body,
                    "updated",
                )
            }
            (Some(issue), false) => {
                // What was the matter stays in it; that it is over, its state says.
                let body = json!({"state": "closed", "state_reason": "completed"});
                (
                    self.route(&format!("issues/{}", issue.number)),
                    body,
                    "closed",
                )
            }
        };
        let sent: Result<ListedIssue, _> = match open {
            None => self.client.post(&route, &body).await,
            Some(_) => self.client.patch(&route, &body).await,
        };
        let issue =
            sent.map_err(|error| self.error("cannot write the issue about drift", error))?;
        Ok(Some(Issue {
            number: issue.number,
            url: issue.html_url,
            what,
        }))
    }

    /// The oldest open issue with our marker and by us.
    async fn open_issue(&self) -> Result<Option<ListedIssue>, PostError> {
        let author = self.author().await?;
        for page in 1..=PAGES {
            let route = self.route(&format!(
                "issues?state=open&sort=created&direction=asc&per_page={PAGE}&page={page}"
            ));
            let listed: Result<Vec<ListedIssue>, _> = self.client.get(&route).await;
            let listed = listed.map_err(|error| self.error("cannot list the issues", error))?;
            let is_last = listed.len() < PAGE;
            let found = listed.into_iter().find(|issue| {
                let text = written(issue.body.as_deref(), issue.user.as_ref());
                issue.pull_request.is_none()
                    && sticky::is_ours(&text, self.name.as_deref(), &author)
            });
            if is_last || found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// `Terraform drift: Infra`
fn title(name: Option<&str>) -> String {
    let name = name.and_then(|name| name.strip_prefix("terraform-plan "));
    match name {
        Some(name) => format!("Terraform drift: {name}"),
        None => "Terraform drift".to_owned(),
    }
}
