//! An error in the registry's own protocol.

use serde_json::json;

use crate::wire::{ApiError, Response};

pub(crate) fn error(error: &ApiError) -> Response {
    Response::json(
        error.status,
        "application/json; charset=utf-8",
        &json!({"errors": [{"code": error.code, "message": error.message}]}),
    )
    .with("docker-distribution-api-version", "registry/2.0")
}
