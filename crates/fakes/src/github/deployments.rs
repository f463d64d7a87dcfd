//! Commit statuses and deployments.

use serde_json::{Value, json};

use super::answers::{answer, invalid, not_found};
use super::people;
use super::state::Deployment;
use crate::clock::iso;
use crate::wire::{ApiError, Response};
use crate::world::World;

/// The longest description of a status, in characters.
const DESCRIPTION: usize = 140;

fn description_fits(body: &Value) -> bool {
    let description = body["description"].as_str().unwrap_or_default();
    description.chars().count() <= DESCRIPTION
}

pub(crate) fn status(
    world: &mut World,
    repository: &str,
    sha: Option<&&str>,
    body: &Value,
) -> Result<Response, ApiError> {
    let state = body["state"].as_str().unwrap_or_default();
    if !["error", "failure", "pending", "success"].contains(&state) {
        return Ok(invalid(
            "Status",
            "state",
            "state is not included in the list",
        ));
    }
    if !description_fits(body) {
        let message = "description is too long (maximum is 140 characters)";
        return Ok(invalid("Status", "description", message));
    }
    world.github.next_id += 1;
    let id = world.github.next_id;
    let sha = sha.copied().unwrap_or_default();
    let view = json!({
        "id": id,
        "node_id": format!("SC_{id}"),
        "url": format!("{}/repos/{repository}/statuses/{sha}", world.endpoint),
        "state": state,
        "description": body["description"],
        "target_url": body["target_url"],
        "context": body["context"].as_str().unwrap_or("default"),
        "creator": people::person(world, &world.github.login),
        "created_at": iso(world.now),
        "updated_at": iso(world.now),
    });
    let known = world.github.repositories.get_mut(repository);
    known.ok_or_else(not_found)?.statuses.push(view.clone());
    Ok(answer(201, &view))
}

pub(crate) fn create(
    world: &mut World,
    repository: &str,
    body: &Value,
) -> Result<Response, ApiError> {
    let Some(reference) = body["ref"].as_str() else {
        return Ok(invalid("Deployment", "ref", "ref cannot be blank"));
    };
    world.github.next_id += 1;
    let id = world.github.next_id;
    let url = format!("{}/repos/{repository}/deployments/{id}", world.endpoint);
    let view = json!({
        "id": id,
        "node_id": format!("DE_{id}"),
        "url": url,
        "sha": reference,
        "ref": reference,
        "task": body["task"].as_str().unwrap_or("deploy"),
        "payload": body.get("payload").cloned().unwrap_or_else(|| json!({})),
        "environment": body["environment"].as_str().unwrap_or("production"),
        "description": body["description"],
        "creator": people::person(world, &world.github.login),
        "created_at": iso(world.now),
        "updated_at": iso(world.now),
        "statuses_url": format!("{url}/statuses"),
        "repository_url": format!("{}/repos/{repository}", world.endpoint),
    });
    let deployment = Deployment {
        id,
        view: view.clone(),
        statuses: Vec::new(),
    };
    let known = world.github.repositories.get_mut(repository);
    known.ok_or_else(not_found)?.deployments.push(deployment);
    Ok(answer(201, &view))
}

pub(crate) fn list(world: &World, repository: &str) -> Response {
    let known = world.github.repositories.get(repository);
    let deployments = known.into_iter().flat_map(|r| &r.deployments);
    let views: Vec<&Value> = deployments.rev().map(|d| &d.view).collect();
    answer(200, &json!(views))
}

fn find<'w>(
    world: &'w mut World,
    repository: &str,
    id: Option<u64>,
) -> Result<&'w mut Deployment, ApiError> {
    let known = world.github.repositories.get_mut(repository);
    known
        .and_then(|r| r.deployments.iter_mut().find(|d| Some(d.id) == id))
        .ok_or_else(not_found)
}

pub(crate) fn add_status(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let state = body["state"].as_str().unwrap_or_default();
    let states = [
        "error",
        "failure",
        "inactive",
        "in_progress",
        "queued",
        "pending",
        "success",
    ];
    if !states.contains(&state) {
        let message = "state is not included in the list";
        return Ok(invalid("DeploymentStatus", "state", message));
    }
    if !description_fits(body) {
        let message = "description is too long (maximum is 140 characters)";
        return Ok(invalid("DeploymentStatus", "description", message));
    }
    world.github.next_id += 1;
    let status_id = world.github.next_id;
    let creator = people::person(world, &world.github.login);
    let now = iso(world.now);
    let deployment = find(world, repository, id)?;
    let url = deployment.view["url"].as_str().unwrap_or_default();
    let view = json!({
        "id": status_id,
        "node_id": format!("DES_{status_id}"),
        "url": format!("{url}/statuses/{status_id}"),
        "state": state,
        "description": body["description"].as_str().unwrap_or_default(),
        "environment": deployment.view["environment"],
        "environment_url": body["environment_url"].as_str().unwrap_or_default(),
        "log_url": body["log_url"].as_str().unwrap_or_default(),
        "target_url": body["log_url"].as_str().unwrap_or_default(),
        "deployment_url": url,
        "repository_url": deployment.view["repository_url"],
        "creator": creator,
        "created_at": now,
        "updated_at": now,
    });
    deployment.statuses.push(view.clone());
    Ok(answer(201, &view))
}

pub(crate) fn statuses(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
) -> Result<Response, ApiError> {
    let deployment = find(world, repository, id)?;
    let newest_first: Vec<&Value> = deployment.statuses.iter().rev().collect();
    Ok(answer(200, &json!(newest_first)))
}
