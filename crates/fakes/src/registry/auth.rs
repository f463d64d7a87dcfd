//! Who may use the registry: ECR's Basic passwords, valid for twelve hours, or bearer tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::refusal::error;
use crate::wire::{ApiError, Request, Response, header};
use crate::world::World;

/// The user name that belongs to every password of ECR.
pub(crate) const USER: &str = "AWS";
const LIFE: Duration = Duration::from_secs(12 * 3600);

/// A new password.
pub(crate) fn password(world: &mut World) -> String {
    let password = world.ids.token(512);
    let expires = world.now + LIFE;
    world.registry.passwords.push((password.clone(), expires));
    password
}

/// When a password issued now expires.
pub(crate) fn expiry(world: &World) -> jiff::Timestamp {
    world.now + LIFE
}

fn basic(world: &World, request: &Request) -> bool {
    let given = header(request, "authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = given.as_deref().and_then(|given| given.split_once(':')) else {
        return false;
    };
    let passwords = &world.registry.passwords;
    user == USER
        && passwords
            .iter()
            .any(|(known, expires)| known == password && *expires > world.now)
}

/// The 401 for a request without the right credentials.
pub(crate) fn challenge(world: &World, request: &Request) -> Option<Response> {
    let options = world.registry.options;
    let bearer = || {
        header(request, "authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .is_some_and(|token| world.registry.bearers.contains(token))
    };
    let passes = match (options.bearer, options.plain) {
        (true, _) => bearer(),
        (false, true) => true,
        (false, false) => basic(world, request),
    };
    if passes {
        return None;
    }
    let endpoint = &world.endpoint;
    let challenge = if options.bearer {
        format!("Bearer realm=\"{endpoint}/registry-token\",service=\"ecr.amazonaws.com\"")
    } else {
        format!("Basic realm=\"{endpoint}/\",service=\"ecr.amazonaws.com\"")
    };
    let text = if options.bearer {
        Response::json(
            401,
            "application/json",
            &json!({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}),
        )
    } else {
        Response::new(401, "text/plain; charset=utf-8", "Not Authorized\n")
    };
    Some(
        text.with("www-authenticate", &challenge)
            .with("docker-distribution-api-version", "registry/2.0"),
    )
}

/// The token endpoint of the Bearer challenge.
pub(crate) fn token(world: &mut World, request: &Request) -> Response {
    if !world.registry.options.plain && !basic(world, request) {
        let refusal = ApiError::with_status(401, "UNAUTHORIZED", "authentication required");
        return error(&refusal);
    }
    let token = world.ids.token(64);
    world.registry.bearers.insert(token.clone());
    let body = json!({"token": token, "access_token": token, "expires_in": 300});
    Response::json(200, "application/json", &body)
}
