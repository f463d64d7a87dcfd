//! Notes of merge requests: in pages, at most a million characters each.

use serde_json::{Value, json};

use super::answers::{OURS, forbidden, invalid, not_found, person};
use super::state::Note;
use crate::clock::iso;
use crate::query::Form;
use crate::wire::{ApiError, Request, Response};
use crate::world::World;

/// The longest note, in characters.
const LONGEST: usize = 1_000_000;

fn view(world: &World, note: &Note) -> Value {
    json!({
        "id": note.id,
        "type": null,
        "body": note.body,
        "author": person(world, &note.author),
        "created_at": iso(note.created),
        "updated_at": iso(note.updated),
        "system": note.system,
        "noteable_id": 9000 + note.number,
        "noteable_type": "MergeRequest",
        "noteable_iid": note.number,
        "resolvable": false,
        "internal": false,
    })
}

pub(crate) fn add(
    world: &mut World,
    project: &str,
    number: u64,
    author: &str,
    body: &str,
    system: bool,
) -> u64 {
    world.gitlab.next_id += 1;
    let id = world.gitlab.next_id;
    let note = Note {
        id,
        number,
        author: author.into(),
        body: body.into(),
        system,
        created: world.now,
        updated: world.now,
    };
    let projects = &mut world.gitlab.projects;
    projects.entry(project.into()).or_default().notes.push(note);
    id
}

/// The merge request must exist.
fn of(world: &World, project: &str, number: Option<u64>) -> Result<u64, ApiError> {
    let requests = world.gitlab.projects.get(project).map(|p| &p.requests);
    number
        .filter(|number| requests.is_some_and(|requests| requests.contains_key(number)))
        .ok_or_else(|| not_found("Merge Request"))
}

pub(crate) fn list(
    world: &World,
    project: &str,
    number: Option<u64>,
    request: &Request,
) -> Result<Response, ApiError> {
    let number = of(world, project, number)?;
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let value = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = value("per_page").unwrap_or(20).clamp(1, 100);
    let page = value("page").unwrap_or(1).max(1);
    let projects = world.gitlab.projects.get(project);
    let mut notes: Vec<&Note> = projects
        .into_iter()
        .flat_map(|project| &project.notes)
        .filter(|note| note.number == number)
        .collect();
    // Newest first by default.
    if query.get("sort") != Some("asc") {
        notes.reverse();
    }
    let start = ((page - 1) * size).min(notes.len());
    let end = (start + size).min(notes.len());
    let shown: Vec<Value> = notes[start..end].iter().map(|n| view(world, n)).collect();
    let next = if end < notes.len() {
        (page + 1).to_string()
    } else {
        String::new()
    };
    Ok(Response::json(200, "application/json", &json!(shown))
        .with("x-page", &page.to_string())
        .with("x-per-page", &size.to_string())
        .with("x-next-page", &next)
        .with("x-total", &notes.len().to_string()))
}

/// The body of a write, or the 400 that rejects it.
fn text(body: &Value) -> Result<String, Box<Response>> {
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() {
        let body = json!({"error": "body is missing"});
        return Err(Box::new(Response::json(400, "application/json", &body)));
    }
    if text.chars().count() > LONGEST {
        let why = "is too long (maximum is 1000000 characters)";
        return Err(Box::new(invalid("note", why)));
    }
    Ok(text.to_owned())
}

pub(crate) fn create(
    world: &mut World,
    project: &str,
    number: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let number = of(world, project, number)?;
    let text = match text(body) {
        Ok(text) => text,
        Err(refusal) => return Ok(*refusal),
    };
    let id = add(world, project, number, OURS, &text, false);
    shown(world, project, id, 201)
}

fn shown(world: &World, project: &str, id: u64, status: u16) -> Result<Response, ApiError> {
    let project = world.gitlab.projects.get(project);
    let note = project.and_then(|project| project.notes.iter().find(|note| note.id == id));
    let note = note.ok_or_else(|| not_found("Note"))?;
    Ok(Response::json(
        status,
        "application/json",
        &view(world, note),
    ))
}

pub(crate) fn update(
    world: &mut World,
    project: &str,
    number: Option<u64>,
    id: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let number = of(world, project, number)?;
    let text = match text(body) {
        Ok(text) => text,
        Err(refusal) => return Ok(*refusal),
    };
    let now = world.now;
    let known = world.gitlab.projects.get_mut(project);
    let note = known
        .into_iter()
        .flat_map(|project| &mut project.notes)
        .find(|note| Some(note.id) == id && note.number == number)
        .ok_or_else(|| not_found("Note"))?;
    if note.author != OURS || note.system {
        return Err(forbidden());
    }
    note.body = text;
    note.updated = now;
    let id = note.id;
    shown(world, project, id, 200)
}
