//! Comments on issues and pull requests: in pages, at most 65,536 characters each.

use serde_json::{Value, json};

use super::answers::{answer, forbidden, invalid, not_found};
use super::people;
use super::state::Comment;
use crate::clock::iso;
use crate::query::Form;
use crate::wire::{ApiError, Request, Response};
use crate::world::World;

/// The longest body, in characters.
const LONGEST: usize = 65_536;

fn view(world: &World, repository: &str, comment: &Comment) -> Value {
    let url = format!("{}/repos/{repository}/issues", world.endpoint);
    json!({
        "id": comment.id,
        "node_id": format!("IC_{}", comment.id),
        "url": format!("{url}/comments/{}", comment.id),
        "html_url": format!(
            "{}/{repository}/pull/{}#issuecomment-{}",
            world.endpoint, comment.number, comment.id
        ),
        "issue_url": format!("{url}/{}", comment.number),
        "body": comment.body,
        "user": people::person(world, &comment.login),
        "author_association": "CONTRIBUTOR",
        "created_at": iso(comment.created),
        "updated_at": iso(comment.updated),
    })
}

pub(crate) fn add(
    world: &mut World,
    repository: &str,
    number: u64,
    login: &str,
    body: &str,
) -> u64 {
    world.github.next_id += 1;
    let comment = Comment {
        id: world.github.next_id,
        number,
        login: login.into(),
        body: body.into(),
        created: world.now,
        updated: world.now,
    };
    let id = comment.id;
    let repositories = &mut world.github.repositories;
    let repository = repositories.entry(repository.into()).or_default();
    repository.comments.push(comment);
    id
}

/// The issue must be there: here, a pull request.
fn issue(world: &World, repository: &str, number: Option<u64>) -> Result<u64, ApiError> {
    let pulls = world.github.repositories.get(repository);
    number
        .filter(|number| pulls.is_some_and(|r| r.pulls.contains_key(number)))
        .ok_or_else(not_found)
}

pub(crate) fn list(
    world: &World,
    repository: &str,
    number: Option<u64>,
    request: &Request,
) -> Result<Response, ApiError> {
    let number = issue(world, repository, number)?;
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let value = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = value("per_page").unwrap_or(30).clamp(1, 100);
    let page = value("page").unwrap_or(1).max(1);
    let all: Vec<&Comment> = world
        .github
        .repositories
        .get(repository)
        .into_iter()
        .flat_map(|r| &r.comments)
        .filter(|comment| comment.number == number)
        .collect();
    let start = ((page - 1) * size).min(all.len());
    let end = (start + size).min(all.len());
    let shown: Vec<Value> = all[start..end]
        .iter()
        .map(|comment| view(world, repository, comment))
        .collect();
    let url = format!(
        "{}/repos/{repository}/issues/{number}/comments",
        world.endpoint
    );
    let link =
        |page: usize, rel: &str| format!("<{url}?per_page={size}&page={page}>; rel=\"{rel}\"");
    let last = all.len().div_ceil(size).max(1);
    let mut links = Vec::new();
    if page > 1 {
        links.push(link(page - 1, "prev"));
        links.push(link(1, "first"));
    }
    if page < last {
        links.push(link(page + 1, "next"));
        links.push(link(last, "last"));
    }
    let response = answer(200, &json!(shown));
    Ok(if links.is_empty() {
        response
    } else {
        response.with("link", &links.join(", "))
    })
}

/// The body of a write, or why it is refused.
fn text(body: &Value) -> Result<&str, &'static str> {
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() {
        return Err("body cannot be blank");
    }
    if text.chars().count() > LONGEST {
        return Err("body is too long (maximum is 65536 characters)");
    }
    Ok(text)
}

pub(crate) fn create(
    world: &mut World,
    repository: &str,
    number: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let number = issue(world, repository, number)?;
    let text = match text(body) {
        Ok(text) => text,
        Err(why) => return Ok(invalid("IssueComment", "body", why)),
    };
    let login = world.github.login.clone();
    let id = add(world, repository, number, &login, text);
    let (_, comment) = find(world, repository, Some(id))?;
    let view = view(world, repository, comment);
    let url = view["url"].as_str().unwrap_or_default().to_owned();
    Ok(answer(201, &view).with("location", &url))
}

fn find<'w>(
    world: &'w World,
    repository: &str,
    id: Option<u64>,
) -> Result<(usize, &'w Comment), ApiError> {
    world
        .github
        .repositories
        .get(repository)
        .and_then(|repository| {
            let comments = repository.comments.iter().enumerate();
            let mut comments = comments.filter(|(_, comment)| Some(comment.id) == id);
            comments.next()
        })
        .ok_or_else(not_found)
}

pub(crate) fn get(world: &World, repository: &str, id: Option<u64>) -> Result<Response, ApiError> {
    let (_, comment) = find(world, repository, id)?;
    Ok(answer(200, &view(world, repository, comment)))
}

pub(crate) fn update(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let (index, comment) = find(world, repository, id)?;
    // A job's token may edit only the comments of its own bot.
    if comment.login != world.github.login {
        return Err(forbidden());
    }
    let text = match text(body) {
        Ok(text) => text.to_owned(),
        Err(why) => return Ok(invalid("IssueComment", "body", why)),
    };
    let now = world.now;
    if let Some(known) = world.github.repositories.get_mut(repository)
        && let Some(comment) = known.comments.get_mut(index)
    {
        comment.body = text;
        comment.updated = now;
    }
    get(world, repository, id)
}

pub(crate) fn delete(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
) -> Result<Response, ApiError> {
    let (index, _) = find(world, repository, id)?;
    if let Some(known) = world.github.repositories.get_mut(repository) {
        known.comments.remove(index);
    }
    Ok(Response::empty(204))
}
