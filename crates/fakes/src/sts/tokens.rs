//! Web identity tokens: the CI system's endpoint that gives them out, and what a role asks of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::signature::hmac_sha256;
use super::trust::{GITHUB_ISSUER, Trust};
use crate::query::Form;
use crate::wire::{ApiError, Request, Response, header};
use crate::world::World;

/// The bearer token of the CI system's token endpoint.
pub(crate) const REQUEST_TOKEN: &str = "ci-request-token";
/// A token with these claims; `iat` and `exp` are added if they are missing.
pub(crate) fn jwt(world: &mut World, mut claims: Value) -> String {
    let now = world.now.as_second();
    for (name, value) in [("iat", now), ("exp", now + 600)] {
        if claims[name].is_null() {
            claims[name] = json!(value);
        }
    }
    if claims["jti"].is_null() {
        claims["jti"] = json!(world.ids.uuid());
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({"alg": "HS256", "typ": "JWT", "kid": "fake"});
    let signed = format!("{}.{}", part(&head), part(&claims));
    let signature = signature(&signed);
    format!("{signed}.{signature}")
}

/// The issuers of these tokens share one key: what counts is that a changed token is found out.
fn signature(signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(b"the key of all issuers", signed.as_bytes()))
}

/// The claims of a token; `None` if it is not a token.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Whether a token is as it was given out.
fn genuine(token: &str) -> bool {
    token
        .rsplit_once('.')
        .is_some_and(|(signed, given)| given == signature(signed))
}

/// GitHub's token endpoint.
pub(crate) fn token(world: &mut World, request: &Request) -> Response {
    let bearer = format!("Bearer {REQUEST_TOKEN}");
    if header(request, "authorization") != Some(&bearer) {
        let error = ApiError::with_status(401, "unauthorized", "Unauthorized");
        return self::error(&error);
    }
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let audience = query
        .get("audience")
        .unwrap_or("https://github.com/octo-org");
    let subject = world
        .sts
        .subject
        .clone()
        .unwrap_or_else(|| "repo:octo-org/app:ref:refs/heads/main".into());
    let claims = json!({"iss": GITHUB_ISSUER, "aud": audience, "sub": subject});
    let value = jwt(world, claims);
    let body = json!({"count": value.len(), "value": value});
    Response::json(200, "application/json", &body)
}

pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidIdentityToken", message)
}

/// One of the trusts must fit; without any, all tokens are taken.
pub(crate) fn check_trust(
    world: &World,
    token: &str,
    claims: &Value,
    refused: impl Fn() -> ApiError,
) -> Result<(), ApiError> {
    if world.sts.trusts.is_empty() {
        return Ok(());
    }
    if !genuine(token) {
        return Err(invalid(
            "The web identity token that was passed could not be validated: its signature is invalid.",
        ));
    }
    let issuer = claims["iss"].as_str().unwrap_or_default();
    let trusts: Vec<&Trust> = world
        .sts
        .trusts
        .iter()
        .filter(|trust| trust.issuer == issuer)
        .collect();
    if trusts.is_empty() {
        return Err(invalid(format!(
            "No OpenIDConnect provider found in your account for {issuer}"
        )));
    }
    let now = world.now.as_second();
    let expires = claims["exp"].as_i64().unwrap_or(0);
    if expires <= now {
        return Err(ApiError::new(
            "ExpiredTokenException",
            format!(
                "Token expired: current date/time {now} must be before the expiration date/time \
                 {expires}"
            ),
        ));
    }
    let audience = |trust: &&&Trust| {
        trust
            .audience
            .as_ref()
            .is_none_or(|a| claims["aud"] == a.as_str())
    };
    if !trusts.iter().any(|trust| audience(&trust)) {
        return Err(invalid("Incorrect token audience"));
    }
    let fits = trusts.iter().filter(audience).any(|trust| {
        trust
            .subject
            .as_ref()
            .is_none_or(|s| claims["sub"] == s.as_str())
    });
    if fits { Ok(()) } else { Err(refused()) }
}

/// A refusal of the token endpoint, in its own form.
pub(crate) fn error(error: &ApiError) -> Response {
    let body = json!({"message": error.message});
    Response::json(error.status, "application/json", &body)
}
