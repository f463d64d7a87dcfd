//! GitLab: notes of a merge request and statuses of a commit, over its REST API.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_http::RequestLog;
use pipeline_io::{Secret, Step};
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Comment, Post, description};
use super::request_log::request_log;
use super::sticky::{self, Author, Written};
use super::target::Target;
use crate::error::PostError;

const PAGE: usize = 100;
const PAGES: usize = 50;

/// GitLab's limit of a status's description, in characters.
const DESCRIPTION: usize = 255;

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
    pub fn open(target: &Target, token: &Secret, step: &Step) -> Result<Self, PostError> {
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

    /// Rewrites our note, or writes it.
    pub async fn comment(&self, number: u64, post: &Post<'_>) -> Result<Comment, PostError> {
        let notes = format!("{}/merge_requests/{number}/notes", self.project);
        let existing = self.existing(&notes).await?;
        let body = json!({"body": sticky::body(self.name.as_deref(), post.markdown)});
        let (what, request) = match existing {
            Some(id) => (
                "cannot rewrite the note",
                self.request(Method::PUT, &format!("{notes}/{id}")),
            ),
            None => ("cannot write the note", self.request(Method::POST, &notes)),
        };
        let written: Value = self.send(what, request.json(&body)).await?;
        let web = self.request_url(number).await;
        let id = written["id"].as_u64();
        Ok(Comment {
            url: web.zip(id).map(|(web, id)| format!("{web}#note_{id}")),
            is_new: existing.is_none(),
        })
    }

    async fn existing(&self, notes: &str) -> Result<Option<u64>, PostError> {
        let request = self.request(Method::GET, &format!("{}/user", self.api));
        let user: User = self.send("cannot ask whose token it is", request).await?;
        let author = Author::User(user.id);
        for page in 1..=PAGES {
            let address =
                format!("{notes}?per_page={PAGE}&page={page}&sort=asc&order_by=created_at");
            let listed: Vec<Note> = self
                .send("cannot list the notes", self.request(Method::GET, &address))
                .await?;
            let is_last = listed.len() < PAGE;
            let ours = listed.into_iter().find(|note| {
                let written = Written {
                    body: note.body.clone(),
                    author: Some(note.author.id),
                    is_bot: false,
                };
                !note.system && sticky::is_ours(&written, self.name.as_deref(), &author)
            });
            if ours.is_some() || is_last {
                return Ok(ours.map(|note| note.id));
            }
        }
        Ok(None)
    }

    /// The merge request's page. The API's answers about notes do not name it.
    async fn request_url(&self, number: u64) -> Option<String> {
        let address = format!("{}/merge_requests/{number}", self.project);
        let request = self.request(Method::GET, &address);
        let found: Value = self.send("", request).await.ok()?;
        found["web_url"].as_str().map(str::to_owned)
    }

    /// Sets the commit's status.
    pub async fn status(&self, commit: &str, post: &Post<'_>) -> Result<(), PostError> {
        let name = self.name.as_deref();
        let mut body = json!({
            "state": post.state.gitlab_status(),
            "name": name.map_or_else(|| "fargate-pipeline".to_owned(), |name| format!("fargate-pipeline/{name}")),
            "description": description(post.sentence, DESCRIPTION),
        });
        if let Some(url) = post.run_url {
            body["target_url"] = url.into();
        }
        let request = self.request(Method::POST, &format!("{}/statuses/{commit}", self.project));
        let set: Result<Value, _> = self
            .send("cannot set the commit's status", request.json(&body))
            .await;
        set.map(drop)
    }

    fn request(&self, method: Method, address: &str) -> RequestBuilder {
        // Works for personal, project and group tokens alike.
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
        let answer = match self.requests.send(request).await {
            Ok(answer) => answer,
            Err(error) => {
                let source = error.without_url().into();
                return Err(PostError::Unreachable { what, api, source });
            }
        };
        let status = answer.status();
        let body: Result<Value, _> = answer.json().await;
        if !status.is_success() {
            let body = body.unwrap_or_default();
            let said = body.get("message").or_else(|| body.get("error"));
            return Err(PostError::Refused {
                what,
                api,
                status: status.as_u16(),
                message: said.map(Value::to_string).unwrap_or_default(),
            });
        }
        let read = body.ok().and_then(|body| T::deserialize(body).ok());
        read.ok_or(PostError::Garbled { what, api })
    }
}
