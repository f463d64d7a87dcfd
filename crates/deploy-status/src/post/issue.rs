//! The only issue about drift. It is found by its marker, like a comment.

use serde::Deserialize;
use serde_json::{Value, json};

use super::github::{GitHub, User, authored_text};
use super::{DriftIssue, PostContent, sticky};
use crate::error::PostError;

/// Issues per page, the maximum of the API.
const PAGE_SIZE: usize = 100;

/// Maximum number of pages that are read. If none contains our issue, a new one is opened.
const MAX_PAGES: usize = 20;

#[derive(Deserialize)]
struct ListedIssue {
    number: u64,
    html_url: Option<String>,
    body: Option<String>,
    user: Option<User>,
    /// Set for pull requests, which the API lists as issues, too.
    pull_request: Option<Value>,
}

impl GitHub {
    /// Opens, updates or closes the issue. Returns `None` if there is neither drift nor an issue.
    pub async fn drift_issue(
        &self,
        is_drift: bool,
        post: &PostContent<'_>,
    ) -> Result<Option<DriftIssue>, PostError> {
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
                // The last drift stays in the text; the state shows that it is resolved.
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
        Ok(Some(DriftIssue {
            number: issue.number,
            url: issue.html_url,
            what,
        }))
    }

    /// Returns our oldest open issue: it has the marker, and we are its author.
    async fn open_issue(&self) -> Result<Option<ListedIssue>, PostError> {
        let author = self.author().await?;
        for page in 1..=MAX_PAGES {
            let route = self.route(&format!(
                "issues?state=open&sort=created&direction=asc&per_page={PAGE_SIZE}&page={page}"
            ));
            let listed: Result<Vec<ListedIssue>, _> = self.client.get(&route).await;
            let listed = listed.map_err(|error| self.error("cannot list the issues", error))?;
            let is_last = listed.len() < PAGE_SIZE;
            let found = listed.into_iter().find(|issue| {
                let text = authored_text(issue.body.as_deref(), issue.user.as_ref());
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
