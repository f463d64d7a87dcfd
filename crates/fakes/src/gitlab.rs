//! The part of GitLab's REST API (`/api/v4`) that a deployment needs: notes of merge requests, commit
//! statuses, and the Terraform states that GitLab keeps.

mod answers;
mod notes;
mod state;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::clock::iso;
use crate::query::decoded;
use crate::wire::{ApiError, Request, Response, header};
use crate::world::{Inner, World};

use answers::{OURS, invalid, not_found, person, unauthorized};
pub(crate) use answers::{error, forbidden};
pub use state::Note;
pub(crate) use state::State;

/// The access token that GitLab accepts, and the job's own.
const TOKEN: &str = "glpat-000000000000000fakes";
const JOB_TOKEN: &str = "glcbt-64_000000000000fakes";
/// The longest description of a status, in characters.
const DESCRIPTION: usize = 255;

/// What a test sets in GitLab and reads from it.
pub struct Gitlab(pub(crate) Arc<Inner>);

impl Gitlab {
    /// The URL of the API, like `CI_API_V4_URL`.
    pub fn api(&self) -> String {
        format!("{}/api/v4", self.0.world().endpoint)
    }

    /// The access token that is accepted (`PRIVATE-TOKEN`, or `Bearer`).
    pub fn token(&self) -> String {
        TOKEN.into()
    }

    /// A job's own token (`CI_JOB_TOKEN`): it can read states but not write notes.
    pub fn job_token(&self) -> String {
        JOB_TOKEN.into()
    }

    /// Adds a merge request, and its project (`group/name`) if it does not exist.
    pub fn merge_request(&self, project: &str, number: u64, head_sha: &str) {
        let world = &mut *self.0.world();
        let project = world.gitlab.projects.entry(project.into()).or_default();
        project.requests.insert(number, head_sha.into());
    }

    /// Makes the access token read-only.
    pub fn read_only(&self) {
        self.0.world().gitlab.read_only = true;
    }

    /// Adds an earlier note of a person.
    pub fn note(&self, project: &str, number: u64, author: &str, body: &str) -> u64 {
        notes::add(&mut self.0.world(), project, number, author, body, false)
    }

    /// Adds a note of GitLab itself.
    pub fn system_note(&self, project: &str, number: u64, body: &str) -> u64 {
        notes::add(&mut self.0.world(), project, number, "octocat", body, true)
    }

    /// The notes of a merge request, oldest first.
    pub fn notes(&self, project: &str, number: u64) -> Vec<Note> {
        let world = self.0.world();
        let project = world.gitlab.projects.get(project);
        let notes = project.into_iter().flat_map(|project| &project.notes);
        notes.filter(|n| n.number == number).cloned().collect()
    }

    /// The commit statuses of a project, oldest first.
    pub fn statuses(&self, project: &str) -> Vec<Value> {
        let world = self.0.world();
        let project = world.gitlab.projects.get(project);
        project.map_or_else(Vec::new, |project| project.statuses.clone())
    }

    /// A Terraform state that GitLab keeps.
    pub fn state(&self, project: &str, name: &str, state: impl Into<Bytes>) {
        let world = &mut *self.0.world();
        let project = world.gitlab.projects.entry(project.into()).or_default();
        project.states.insert(name.into(), state.into());
    }
}

/// The path after `/api/v4`, split and decoded.
fn parts(request: &Request) -> Option<Vec<String>> {
    let path = request.uri.path().strip_prefix("/api/v4/")?;
    let parts = path.split('/').filter(|part| !part.is_empty());
    Some(
        parts
            .map(|part| decoded(&part.replace('+', "%2B")))
            .collect(),
    )
}

/// The operation of a request; `None` if it is not for GitLab.
pub(crate) fn operation(request: &Request) -> Option<String> {
    let parts = parts(request)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let name = match (&request.method, parts.as_slice()) {
        (&Method::GET, ["user"]) => "GetUser",
        (&Method::GET, ["projects", _, "merge_requests", _]) => "GetMergeRequest",
        (&Method::GET, ["projects", _, "merge_requests", _, "notes"]) => "ListNotes",
        (&Method::POST, ["projects", _, "merge_requests", _, "notes"]) => "CreateNote",
        (&Method::PUT, ["projects", _, "merge_requests", _, "notes", _]) => "UpdateNote",
        (&Method::POST, ["projects", _, "statuses", _]) => "SetStatus",
        (&Method::GET, ["projects", _, "terraform", "state", _]) => "GetState",
        _ => "Unknown",
    };
    Some(name.into())
}

/// The kinds of token that a request may carry.
#[derive(PartialEq)]
enum Caller {
    Access,
    Job,
}

fn caller(request: &Request) -> Result<Caller, ApiError> {
    let authorization = header(request, "authorization");
    let basic = authorization
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let password = basic.as_deref().and_then(|pair| pair.split_once(':'));
    let given = header(request, "private-token")
        .or_else(|| header(request, "job-token"))
        .or_else(|| authorization?.strip_prefix("Bearer "))
        .or_else(|| password.map(|(_, password)| password));
    match given {
        Some(TOKEN) => Ok(Caller::Access),
        Some(JOB_TOKEN) => Ok(Caller::Job),
        _ => Err(unauthorized()),
    }
}

pub(crate) fn handle(world: &mut World, operation: &str, request: &Request) -> Response {
    let parts = parts(request).unwrap_or_default();
    let name = parts.get(1).cloned().unwrap_or_default();
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u64>().ok());
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let result = caller(request).and_then(|caller| {
        if operation != "GetUser" && !world.gitlab.projects.contains_key(&name) {
            return Err(not_found("Project"));
        }
        // A job's token gives access to the states only.
        if caller == Caller::Job && operation != "GetState" {
            return Err(unauthorized());
        }
        if world.gitlab.read_only && request.method != Method::GET {
            return Err(forbidden());
        }
        match operation {
            "GetUser" => Ok(Response::json(
                200,
                "application/json",
                &person(world, OURS),
            )),
            "GetMergeRequest" => merge_request(world, &name, number(3)),
            "ListNotes" => notes::list(world, &name, number(3), request),
            "CreateNote" => notes::create(world, &name, number(3), &body),
            "UpdateNote" => notes::update(world, &name, number(3), number(5), &body),
            "SetStatus" => status(world, &name, parts.get(3), &body),
            "GetState" => state(world, &name, parts.get(4)),
            _ => Err(not_found("Route")),
        }
    });
    result.unwrap_or_else(|refusal| error(&refusal))
}

fn merge_request(world: &World, name: &str, number: Option<u64>) -> Result<Response, ApiError> {
    let project = world.gitlab.projects.get(name);
    let found = project.zip(number).and_then(|(project, number)| {
        let sha = project.requests.get(&number)?;
        Some(json!({
            "id": 9000 + number,
            "iid": number,
            "state": "opened",
            "title": format!("Merge request {number}"),
            "sha": sha,
            "author": person(world, "octocat"),
            "web_url": format!("{}/{name}/-/merge_requests/{number}", world.endpoint),
        }))
    });
    let found = found.ok_or_else(|| not_found("Merge Request"))?;
    Ok(Response::json(200, "application/json", &found))
}

fn status(
    world: &mut World,
    name: &str,
    sha: Option<&String>,
    body: &Value,
) -> Result<Response, ApiError> {
    let state = body["state"].as_str().unwrap_or_default();
    let states = [
        "pending", "running", "success", "failed", "canceled", "skipped",
    ];
    if !states.contains(&state) {
        let body = json!({"error": "state does not have a valid value"});
        return Ok(Response::json(400, "application/json", &body));
    }
    let description = body["description"].as_str().unwrap_or_default();
    if description.chars().count() > DESCRIPTION {
        return Ok(invalid(
            "description",
            "is too long (maximum is 255 characters)",
        ));
    }
    world.gitlab.next_id += 1;
    let view = json!({
        "id": world.gitlab.next_id,
        "sha": sha,
        "status": state,
        "name": body["name"].as_str().unwrap_or("default"),
        "description": body["description"],
        "target_url": body["target_url"],
        "created_at": iso(world.now),
        "author": person(world, OURS),
    });
    if let Some(project) = world.gitlab.projects.get_mut(name) {
        project.statuses.push(view.clone());
    }
    Ok(Response::json(201, "application/json", &view))
}

/// A state; 204 if it was never written, like GitLab.
fn state(world: &World, name: &str, state: Option<&String>) -> Result<Response, ApiError> {
    let project = world.gitlab.projects.get(name);
    let found = project
        .zip(state)
        .and_then(|(p, state)| p.states.get(state));
    Ok(match found {
        Some(state) => Response::new(200, "application/json", state.clone()),
        None => Response::empty(204),
    })
}
