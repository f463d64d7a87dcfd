//! STS, the identity providers that it trusts, and the CI system's token endpoint; who calls, and whether
//! the caller's credentials are still valid.

mod signature;
mod skew;
mod state;
mod tokens;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::iso;
use crate::query::{self, Form, Xml};
use crate::record::credential_scope;
use crate::service::Service;
use crate::wire::{ApiError, Request, Response, header};
use crate::world::{Inner, World};

use state::Session;
pub(crate) use state::State;
use tokens::{REQUEST_TOKEN, check_trust, claims, invalid, jwt};
pub(crate) use tokens::{error as token_error, token};
pub use trust::Trust;

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
pub(crate) const LONG_TERM_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const LONG_TERM_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Settings of STS and of the CI system's tokens.
pub struct Sts(pub(crate) Arc<Inner>);

impl Sts {
    /// Checks web identity tokens: one of the trust policies must match. Without any, all tokens are accepted.
    pub fn trust(&self, trust: Trust) {
        self.0.world().sts.trusts.push(trust);
    }

    /// This role cannot be assumed.
    pub fn deny_role(&self, arn: &str) {
        self.0.world().sts.denied_roles.push(arn.into());
    }

    /// Limits the life of sessions, whatever is requested: shows whether a step renews them.
    pub fn session_length(&self, length: Duration) {
        self.0.world().sts.session_length = Some(length);
    }

    /// Rejects access keys that are neither in [`crate::Cloud::env`] nor issued here; else any
    /// key is accepted as the account's.
    pub fn only_known_keys(&self) {
        self.0.world().sts.only_known_keys = true;
    }

    /// Checks the signatures (SigV4, in headers and presigned) of the keys that this cloud knows:
    /// a request that was changed after it was signed is rejected.
    pub fn verify_signatures(&self) {
        self.0.world().sts.signatures = true;
    }

    /// Rejects requests that were signed more than five minutes before or after the time of this
    /// cloud's clock (fifteen minutes for S3): the caller's clock is wrong.
    pub fn reject_wrong_clocks(&self) {
        self.0.world().sts.dates = true;
    }

    /// Expires all issued sessions.
    pub fn expire_sessions(&self) {
        let world = &mut *self.0.world();
        let now = world.now;
        for session in world.sts.sessions.values_mut() {
            session.expires = now;
        }
    }

    /// The `sub` of the tokens that the CI system's endpoint gives out.
    pub fn ci_subject(&self, subject: &str) {
        self.0.world().sts.subject = Some(subject.into());
    }

    /// The variables with which GitHub's runner announces its token endpoint.
    pub fn github_env(&self) -> Vec<(String, String)> {
        let url = format!("{}/oidc/token?api-version=2.0", self.0.world().endpoint);
        vec![
            ("ACTIONS_ID_TOKEN_REQUEST_URL".into(), url),
            (
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN".into(),
                REQUEST_TOKEN.into(),
            ),
        ]
    }

    /// A token with these claims, like the one that GitLab or Jenkins put into a variable. `iat` and `exp` (ten
    /// minutes) are added if they are missing.
    pub fn web_identity_token(&self, claims: Value) -> String {
        let world = &mut *self.0.world();
        jwt(world, claims)
    }
}

/// The ARN of the caller of the last checked request.
pub(crate) fn account_caller(world: &World) -> String {
    world.sts.caller.clone().unwrap_or_else(|| user(world))
}

fn user(world: &World) -> String {
    format!("arn:aws:iam::{}:user/deployer", world.account)
}

/// The caller of this request.
pub(crate) fn caller_arn(world: &World, request: &Request) -> String {
    credential_scope(request)
        .and_then(|(key, _)| world.sts.sessions.get(&key))
        .map_or_else(|| user(world), |session| session.arn.clone())
}

/// Rejects requests without credentials, with unknown credentials, and with expired ones.
pub(crate) fn check_caller(
    world: &mut World,
    service: Service,
    operation: &str,
    request: &Request,
) -> Result<(), ApiError> {
    let open = matches!(
        service,
        Service::Registry | Service::Github | Service::Gitlab | Service::Oidc
    ) || operation == "AssumeRoleWithWebIdentity";
    world.sts.caller = None;
    if open {
        return Ok(());
    }
    let Some((key, _)) = credential_scope(request) else {
        return Err(match service {
            Service::S3 => crate::s3::denied(),
            Service::Sts | Service::Elb => ApiError::with_status(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ),
            _ => ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
        });
    };
    let unknown = match service {
        Service::S3 => ApiError::with_status(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Service::Sts | Service::Elb => ApiError::with_status(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ),
        _ => ApiError::new(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
    };
    if world.sts.dates
        && let Some(error) = skew::rejection(service, request, world.now)
    {
        return Err(error);
    }
    let caller = match world.sts.sessions.get(&key) {
        Some(session) if session.expires <= world.now => return Err(service.expired()),
        Some(session) => {
            let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
            let given = header(request, "x-amz-security-token")
                .or_else(|| query.get("X-Amz-Security-Token"));
            if given != Some(&session.token) {
                return Err(unknown);
            }
            session.arn.clone()
        }
        None if world.sts.only_known_keys && key != LONG_TERM_KEY => return Err(unknown),
        None => user(world),
    };
    if world.sts.signatures {
        let secret = match world.sts.sessions.get(&key) {
            Some(session) => session.secret.as_str(),
            None if key == LONG_TERM_KEY => LONG_TERM_SECRET,
            None => return Err(unknown),
        };
        if !signature::fits(request, secret) {
            return Err(mismatch(service));
        }
    }
    world.sts.caller = Some(caller);
    Ok(())
}

fn mismatch(service: Service) -> ApiError {
    let message = "The request signature we calculated does not match the signature you provided. \
                   Check your AWS Secret Access Key and signing method. Consult the service \
                   documentation for details.";
    match service {
        Service::S3 | Service::Sts | Service::Elb => {
            ApiError::with_status(403, "SignatureDoesNotMatch", message)
        }
        _ => ApiError::new("InvalidSignatureException", message),
    }
}

/// A denial with STS's own message.
pub(crate) fn denied(operation: &str, who: &str, request: &Request) -> ApiError {
    let form = Form::parse(&request.body);
    let message = match operation {
        "AssumeRoleWithWebIdentity" => {
            "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned()
        }
        _ => format!(
            "User: {who} is not authorized to perform: sts:{operation} on resource: {}",
            form.get("RoleArn").unwrap_or("*")
        ),
    };
    ApiError::with_status(403, "AccessDenied", message)
}

pub(crate) fn handle(
    world: &mut World,
    operation: &str,
    request: &Request,
    request_id: &str,
) -> Response {
    let form = Form::parse(&request.body);
    let result = match operation {
        "AssumeRoleWithWebIdentity" => web_identity(world, &form, request),
        "AssumeRole" => assume_role(world, &form, request),
        "GetCallerIdentity" => Ok(identity(world)),
        other => Err(ApiError::new(
            "InvalidAction",
            format!("Could not find operation {other} for version 2011-06-15"),
        )),
    };
    match result {
        Ok(result) => query::answer(NAMESPACE, operation, &result, request_id),
        Err(error) => query::error(NAMESPACE, &error, request_id),
    }
}

fn identity(world: &World) -> String {
    let mut xml = Xml::default();
    xml.text("Arn", &account_caller(world))
        .text("UserId", "AIDACKCEVSQ6C2EXAMPLE")
        .text("Account", &world.account);
    xml.finish()
}

fn web_identity(world: &mut World, form: &Form, request: &Request) -> Result<String, ApiError> {
    let token = form.get("WebIdentityToken").unwrap_or_default();
    let claims = claims(token).ok_or_else(|| {
        invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an \
             Access Token)",
        )
    })?;
    let refused = || denied("AssumeRoleWithWebIdentity", "", request);
    let role = form.get("RoleArn").unwrap_or_default();
    if world.sts.denied_roles.iter().any(|denied| denied == role) {
        return Err(refused());
    }
    check_trust(world, token, &claims, refused)?;
    session(world, form, 0, |xml| {
        xml.text(
            "SubjectFromWebIdentityToken",
            claims["sub"].as_str().unwrap_or_default(),
        )
        .text("Provider", claims["iss"].as_str().unwrap_or_default())
        .text("Audience", claims["aud"].as_str().unwrap_or_default());
    })
}

fn assume_role(world: &mut World, form: &Form, request: &Request) -> Result<String, ApiError> {
    let role = form.get("RoleArn").unwrap_or_default();
    if world.sts.denied_roles.iter().any(|denied| denied == role) {
        let who = caller_arn(world, request);
        return Err(denied("AssumeRole", &who, request));
    }
    let chained = credential_scope(request).is_some_and(|(key, _)| key.starts_with("ASIA"));
    session(world, form, if chained { 3600 } else { 0 }, |_| ())
}

/// Issues a session's credentials. `longest`: the chained role's limit in seconds, 0 for none.
fn session(
    world: &mut World,
    form: &Form,
    longest: u64,
    more: impl FnOnce(&mut Xml),
) -> Result<String, ApiError> {
    let validation = |message: &str| ApiError::new("ValidationError", message);
    let role = form.get("RoleArn").unwrap_or_default();
    let (Some((_, name)), Some(session)) = (
        role.split_once(":role/"),
        form.get("RoleSessionName").filter(|name| name.len() >= 2),
    ) else {
        return Err(validation("Request ARN is invalid"));
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    let asked = form
        .get("DurationSeconds")
        .and_then(|text| text.parse().ok());
    let seconds: u64 = asked.unwrap_or(3600);
    if longest > 0 && seconds > longest {
        return Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    if !(900..=43_200).contains(&seconds) {
        return Err(validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let length = world.sts.session_length;
    let expires = world.now + length.unwrap_or(Duration::from_secs(seconds));
    let key = format!("ASIA{}", world.ids.upper(16));
    let secret = world.ids.token(40);
    let token = world.ids.token(356);
    let arn = format!(
        "arn:aws:sts::{}:assumed-role/{name}/{session}",
        world.account
    );
    let mut xml = Xml::default();
    more(&mut xml);
    xml.element("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", &format!("AROACLKWSDQRAOEXAMPLE:{session}"))
            .text("Arn", &arn);
    });
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &key)
            .text("SecretAccessKey", &secret)
            .text("SessionToken", &token)
            .text("Expiration", &iso(expires));
    });
    let issued = Session {
        arn,
        secret,
        token,
        expires,
    };
    world.sts.sessions.insert(key, issued);
    Ok(xml.finish())
}
