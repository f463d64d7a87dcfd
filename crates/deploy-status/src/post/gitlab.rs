//! Posts to GitLab with its REST API: notes of a merge request, and statuses of a commit.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_http::RequestLog;
use pipeline_io::{Secret, Step};
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{PostContent, PostedComment, description};
use super::request_log::request_log;
use super::sticky::{self, AuthoredText, TokenOwner};
use super::target::PostTarget;
use crate::error::PostError;

/// Notes per page, the maximum of the API.
const PAGE_SIZE: usize = 100;

/// Maximum number of pages that are read. If none contains our note, a new one is written.
const MAX_PAGES: usize = 50;

/// GitLab's limit for the description of a status, in characters.
const DESCRIPTION_LIMIT: usize = 255;

pub struct GitLab {
    client: Client,
    requests: RequestLog,
    api: String,
    /// `https://HOST/api/v4/projects/GROUP%2FNAME`
    project: String,
    token: Secret,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: String,
    author: User,
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

impl GitLab {
    pub fn open(target: &PostTarget, token: &Secret, step: &Step) -> Result<Self, PostError> {
        let client = pipeline_http::client().map_err(|error| PostError::Client {
            source: error.into(),
        })?;
        let project = utf8_percent_encode(&target.repository, NON_ALPHANUMERIC);
        Ok(GitLab {
            client,
            requests: request_log(step),
            api: target.api.clone(),
            project: format!("{}/projects/{project}", target.api),
            token: token.clone(),
            name: target.name.clone(),
        })
    }

    /// Updates our note, or writes a new one.
    pub async fn comment(
        &self,
        number: u64,
        post: &PostContent<'_>,
    ) -> Result<PostedComment, PostError> {
        let notes = format!("{}/merge_requests/{number}/notes", self.project);
        let find_own_note = self.find_own_note(&notes).await?;
        let body = json!({"body": sticky::body(self.name.as_deref(), post.markdown)});
        let (what, request) = match find_own_note {
            Some(id) => (
                "cannot update the note",
                self.request(Method::PUT, &format!("{notes}/{id}")),
            ),
            None => ("cannot write the note", self.request(Method::POST, &notes)),
        };
        let authored_text: Value = self.send(what, request.json(&body)).await?;
        let web = self.request_url(number).await;
        let id = authored_text["id"].as_u64();
        Ok(PostedComment {
            url: web.zip(id).map(|(web, id)| format!("{web}#note_{id}")),
            is_new: find_own_note.is_none(),
        })
    }

    async fn find_own_note(&self, notes: &str) -> Result<Option<u64>, PostError> {
        let request = self.request(Method::GET, &format!("{}/user", self.api));
        let user: User = self
            .send("cannot read the user of the token", request)
            .await?;
        let author = TokenOwner::User(user.id);
        for page in 1..=MAX_PAGES {
            let address =
                format!("{notes}?per_page={PAGE_SIZE}&page={page}&sort=asc&order_by=created_at");
            let listed: Vec<Note> = self
                .send("cannot list the notes", self.request(Method::GET, &address))
                .await?;
            let is_last = listed.len() < PAGE_SIZE;
            let ours = listed.into_iter().find(|note| {
                let authored_text = AuthoredText {
                    body: note.body.clone(),
                    author: Some(note.author.id),
                    is_bot: false,
                };
                !note.system && sticky::is_ours(&authored_text, self.name.as_deref(), &author)
            });
            if ours.is_some() || is_last {
                return Ok(ours.map(|note| note.id));
            }
        }
        Ok(None)
    }

    /// Returns the page of the merge request, which the responses about notes do not contain.
    async fn request_url(&self, number: u64) -> Option<String> {
        let address = format!("{}/merge_requests/{number}", self.project);
        let request = self.request(Method::GET, &address);
        let found: Value = self.send("", request).await.ok()?;
        found["web_url"].as_str().map(str::to_owned)
    }

    /// Sets the status of the commit.
    pub async fn status(&self, commit: &str, post: &PostContent<'_>) -> Result<(), PostError> {
        let name = self.name.as_deref();
        let mut body = json!({
            "state": post.state.gitlab_status(),
            "name": name.map_or_else(|| "fargate-pipeline".to_owned(), |name| format!("fargate-pipeline/{name}")),
            "description": description(post.summary, DESCRIPTION_LIMIT),
        });
        if let Some(url) = post.run_url {
            body["target_url"] = url.into();
        }
        let request = self.request(Method::POST, &format!("{}/statuses/{commit}", self.project));
        let set: Result<Value, _> = self
            .send("cannot set the commit status", request.json(&body))
            .await;
        set.map(drop)
    }

    fn request(&self, method: Method, address: &str) -> RequestBuilder {
        // This header works for personal, project and group tokens.
        self.client
            .request(method, address)
            .header("PRIVATE-TOKEN", self.token.reveal())
    }

    async fn send<T: for<'de> Deserialize<'de>>(
        &self,
        what: &str,
        request: RequestBuilder,
    ) -> Result<T, PostError> {
        let (what, api) = (what.to_owned(), self.api.clone());
        let response = match self.requests.send(request).await {
            Ok(response) => response,
            Err(error) => {
                let source = error.without_url().into();
                return Err(PostError::Unreachable { what, api, source });
            }
        };
        let status = response.status();
        let body: Result<Value, _> = response.json().await;
        if !status.is_success() {
            let body = body.unwrap_or_default();
            let message = body.get("message").or_else(|| body.get("error"));
            return Err(PostError::Refused {
                what,
                api,
                status: status.as_u16(),
                message: message.map(Value::to_string).unwrap_or_default(),
            });
        }
        let read = body.ok().and_then(|body| T::deserialize(body).ok());
        read.ok_or(PostError::UnexpectedResponse { what, api })
    }
}
