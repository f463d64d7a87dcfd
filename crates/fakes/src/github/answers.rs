//! GitHub's answers and refusals, in its own form.

use serde_json::{Value, json};

use crate::wire::{ApiError, Response};

pub(super) fn answer(status: u16, body: &Value) -> Response {
    Response::json(status, "application/json; charset=utf-8", body)
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-ratelimit-limit", "5000")
        .with("x-ratelimit-remaining", "4999")
}

pub(crate) fn error(error: &ApiError) -> Response {
    answer(
        error.status,
        &json!({
            "message": error.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": error.status.to_string(),
        }),
    )
}

pub(crate) fn forbidden() -> ApiError {
    ApiError::with_status(403, "forbidden", "Resource not accessible by integration")
}

pub(super) fn not_found() -> ApiError {
    ApiError::with_status(404, "not-found", "Not Found")
}

/// 422 with the field that is wrong.
pub(super) fn invalid(resource: &str, field: &str, message: &str) -> Response {
    answer(
        422,
        &json!({
            "message": "Validation Failed",
            "errors": [
                {"resource": resource, "code": "custom", "field": field, "message": message},
            ],
            "documentation_url": "https://docs.github.com/rest",
            "status": "422",
        }),
    )
}
