//! Resolves the names of repositories, and splits lists into pages.

use serde_json::{Value, json};

use super::state::Repository;
use crate::wire::ApiError;
use crate::world::World;

pub(super) fn host(world: &World) -> String {
    if world.ecr.real_hosts {
        format!("{}.dkr.ecr.{}.amazonaws.com", world.account, world.region)
    } else {
        world.endpoint.trim_start_matches("http://").to_owned()
    }
}

pub(super) fn parameter(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

pub(super) fn not_found(world: &World, name: &str) -> ApiError {
    ApiError::new(
        "RepositoryNotFoundException",
        format!(
            "The repository with name '{name}' does not exist in the registry with id '{}'",
            world.account
        ),
    )
}

/// The repository that a body names; one of another account is not found.
pub(super) fn named<'w>(
    world: &'w World,
    body: &Value,
) -> Result<(String, &'w Repository), ApiError> {
    let name = body["repositoryName"].as_str().unwrap_or_default();
    let other = body["registryId"]
        .as_str()
        .is_some_and(|registry| registry != world.account);
    match world.ecr.repositories.get(name) {
        Some(repository) if !other => Ok((name.to_owned(), repository)),
        _ => Err(not_found(world, name)),
    }
}

/// One page of a list: `maxResults`, `nextToken`.
pub(super) fn page(body: &Value, items: Vec<Value>, member: &str) -> Result<Value, ApiError> {
    let size = body["maxResults"].as_u64().unwrap_or(100) as usize;
    if !(1..=1000).contains(&size) {
        return Err(parameter("maxResults must be between 1 and 1000"));
    }
    let start = match body["nextToken"].as_str() {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|start| *start < items.len())
            .ok_or_else(|| parameter("Invalid parameter at 'nextToken'"))?,
    };
    let end = (start + size).min(items.len());
    let mut answer = json!({member: items[start..end]});
    if end < items.len() {
        answer["nextToken"] = json!(end.to_string());
    }
    Ok(answer)
}
