//! GitLab's responses and errors, in its own format.

use serde_json::{Value, json};

use crate::wire::{ApiError, Response};
use crate::world::World;

/// The owner of the token.
pub(super) const OURS: &str = "deploy-bot";

pub(crate) fn error(error: &ApiError) -> Response {
    let body = json!({"message": error.message});
    Response::json(error.status, "application/json", &body)
}

/// The 403 for a token without the permission.
pub(crate) fn forbidden() -> ApiError {
    ApiError::with_status(403, "forbidden", "403 Forbidden")
}

pub(super) fn not_found(what: &str) -> ApiError {
    ApiError::with_status(404, "not-found", format!("404 {what} Not Found"))
}

pub(super) fn unauthorized() -> ApiError {
    ApiError::with_status(401, "unauthorized", "401 Unauthorized")
}

/// 400 with the wrong member.
pub(super) fn invalid(member: &str, why: &str) -> Response {
    let body = json!({"message": {member: [why]}});
    Response::json(400, "application/json", &body)
}

pub(super) fn person(world: &World, name: &str) -> Value {
    let id: u64 = name.bytes().map(u64::from).sum();
    json!({
        "id": id,
        "username": name,
        "name": name,
        "state": "active",
        "web_url": format!("{}/{name}", world.endpoint),
    })
}
