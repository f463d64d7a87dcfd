//! Issues: listed with the pull requests among them, as GitHub does; opened, rewritten, closed.

use serde_json::{Value, json};

use super::answers::{answer, invalid, not_found};
use super::people;
use super::state::Issue;
use crate::clock::iso;
use crate::query::Form;
use crate::wire::{ApiError, Request, Response};
use crate::world::World;

/// Numbers are shared with pull requests, which tests number themselves, from 1 on.
const FIRST: u64 = 5000;

fn view(world: &World, repository: &str, issue: &Issue) -> Value {
    let url = format!(
        "{}/repos/{repository}/issues/{}",
        world.endpoint, issue.number
    );
    json!({
        "id": issue.number,
        "node_id": format!("I_{}", issue.number),
        "number": issue.number,
        "url": url,
        "html_url": format!("{}/{repository}/issues/{}", world.endpoint, issue.number),
        "title": issue.title,
        "body": issue.body,
        "user": people::person(world, &issue.login),
        "state": if issue.open { "open" } else { "closed" },
        "labels": [],
        "comments": 0,
        "created_at": iso(issue.created),
        "updated_at": iso(issue.updated),
    })
}

pub(crate) fn add(
    world: &mut World,
    repository: &str,
    login: &str,
    title: &str,
    body: &str,
) -> u64 {
    let now = world.now;
    let repositories = &mut world.github.repositories;
    let issues = &mut repositories.entry(repository.into()).or_default().issues;
    let number = issues.last().map_or(FIRST, |last| last.number + 1);
    issues.push(Issue {
        number,
        title: title.into(),
        body: body.into(),
        login: login.into(),
        open: true,
        created: now,
        updated: now,
    });
    number
}

pub(crate) fn list(
    world: &World,
    repository: &str,
    request: &Request,
) -> Result<Response, ApiError> {
    let known = world.github.repositories.get(repository);
    let known = known.ok_or_else(not_found)?;
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let value = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = value("per_page").unwrap_or(30).clamp(1, 100);
    let start = (value("page").unwrap_or(1).max(1) - 1) * size;
    let state = query.get("state").unwrap_or("open");
    let pulls = known.pulls.iter().map(|(number, pull)| {
        let mut listed = json!({
            "number": number,
            "title": format!("pull request {number}"),
            "body": null,
            "user": people::person(world, "octocat"),
            "state": if pull.open { "open" } else { "closed" },
        });
        listed["pull_request"] =
            json!({"url": format!("{}/repos/{repository}/pulls/{number}", world.endpoint)});
        (pull.open, listed)
    });
    let issues = known
        .issues
        .iter()
        .map(|issue| (issue.open, view(world, repository, issue)));
    let shown: Vec<Value> = pulls
        .chain(issues)
        .filter(|(open, _)| state == "all" || *open == (state == "open"))
        .map(|(_, listed)| listed)
        .skip(start)
        .take(size)
        .collect();
    Ok(answer(200, &json!(shown)))
}

pub(crate) fn create(
    world: &mut World,
    repository: &str,
    body: &Value,
) -> Result<Response, ApiError> {
    let Some(title) = body["title"].as_str().filter(|title| !title.is_empty()) else {
        return Ok(invalid("Issue", "title", "title cannot be blank"));
    };
    let login = world.github.login.clone();
    let text = body["body"].as_str().unwrap_or_default();
    let number = add(world, repository, &login, title, text);
    let known = world.github.repositories.get(repository);
    let issue = known.and_then(|known| known.issues.last());
    let issue = issue.filter(|issue| issue.number == number);
    let issue = issue.ok_or_else(not_found)?;
    Ok(answer(201, &view(world, repository, issue)))
}

pub(crate) fn update(
    world: &mut World,
    repository: &str,
    number: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let now = world.now;
    let known = world.github.repositories.get_mut(repository);
    let issue = known.and_then(|known| {
        let mut issues = known.issues.iter_mut();
        issues.find(|issue| Some(issue.number) == number)
    });
    let issue = issue.ok_or_else(not_found)?;
    if let Some(text) = body["body"].as_str() {
        issue.body = text.into();
    }
    if let Some(title) = body["title"].as_str() {
        issue.title = title.into();
    }
    if let Some(state) = body["state"].as_str() {
        issue.open = state == "open";
    }
    issue.updated = now;
    let issue = issue.clone();
    Ok(answer(200, &view(world, repository, &issue)))
}
