//! STS, the identity providers it trusts, and the CI system's token endpoint; who calls, and whether
//! the caller's credentials still hold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso;
use crate::cloud::{Inner, World};
use crate::query::{self, Form, Xml};
use crate::record::credential_scope;
use crate::service::{Service, header};
use crate::wire::{ApiError, Request, Response};

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
pub(crate) const LONG_TERM_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const LONG_TERM_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The bearer token of the CI system's token endpoint.
const REQUEST_TOKEN: &str = "ci-request-token";
const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What STS remembers.
#[derive(Default)]
pub(crate) struct State {
    trusts: Vec<Trust>,
    denied_roles: Vec<String>,
    sessions: BTreeMap<String, Session>,
    only_known_keys: bool,
    subject: Option<String>,
    session_length: Option<Duration>,
    /// Who the present request is from.
    caller: Option<String>,
}

struct Session {
    arn: String,
    token: String,
    expires: Timestamp,
}

/// What a role asks of a web identity token.
#[derive(Clone, Debug)]
pub struct Trust {
    issuer: String,
    audience: Option<String>,
    subject: Option<String>,
}

impl Trust {
    /// Tokens of this issuer, not expired.
    pub fn issuer(issuer: &str) -> Self {
        Self {
            issuer: issuer.into(),
            audience: None,
            subject: None,
        }
    }

    /// Tokens of GitHub for `sts.amazonaws.com`.
    pub fn github() -> Self {
        Self::issuer(GITHUB_ISSUER).audience("sts.amazonaws.com")
    }

    /// The token's `aud`.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The token's `sub`.
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// What a test sets of STS and of the CI system's tokens.
pub struct Sts(pub(crate) Arc<Inner>);

impl Sts {
    /// Web identity tokens are checked: one of the trusts must fit. Without any, all are taken.
    pub fn trust(&self, trust: Trust) {
        self.0.world().sts.trusts.push(trust);
    }

    /// This role cannot be assumed.
    pub fn deny_role(&self, arn: &str) {
        self.0.world().sts.denied_roles.push(arn.into());
    }

    /// Sessions end so soon, whatever is asked for: to see whether a step renews them.
    pub fn session_length(&self, length: Duration) {
        self.0.world().sts.session_length = Some(length);
    }

    /// Access keys that are neither in [`crate::Cloud::env`] nor issued here are refused; else any
    /// key passes as the account's.
    pub fn only_known_keys(&self) {
        self.0.world().sts.only_known_keys = true;
    }

    /// All issued sessions are over.
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

    /// The variables by which GitHub's runner offers its token endpoint.
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

    /// A token with these claims, as GitLab or Jenkins put one into a variable. `iat` and `exp` (ten
    /// minutes) are filled in where they lack.
    pub fn web_identity_token(&self, claims: Value) -> String {
        let world = &mut *self.0.world();
        jwt(world, claims)
    }
}

fn jwt(world: &mut World, mut claims: Value) -> String {
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
    let head = json!({"alg": "RS256", "typ": "JWT", "kid": "fake"});
    let signature = URL_SAFE_NO_PAD.encode(world.ids.token(256));
    format!("{}.{}.{signature}", part(&head), part(&claims))
}

fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// GitHub's token endpoint.
pub(crate) fn token(world: &mut World, request: &Request) -> Response {
    let bearer = format!("Bearer {REQUEST_TOKEN}");
    if header(request, "authorization") != Some(&bearer) {
        let error = ApiError::with_status(401, "unauthorized", "Unauthorized");
        return Service::Oidc.refuse(&error, "");
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

/// Who the last checked request was from, as ARNs name it.
pub(crate) fn account_caller(world: &World) -> String {
    world.sts.caller.clone().unwrap_or_else(|| user(world))
}

fn user(world: &World) -> String {
    format!("arn:aws:iam::{}:user/deployer", world.account)
}

/// Who this request is from.
pub(crate) fn caller_arn(world: &World, request: &Request) -> String {
    credential_scope(request)
        .and_then(|(key, _)| world.sts.sessions.get(&key))
        .map_or_else(|| user(world), |session| session.arn.clone())
}

/// Refuses requests without credentials, with unknown ones, and with those whose time is over.
pub(crate) fn check_caller(
    world: &mut World,
    service: Service,
    operation: &str,
    request: &Request,
) -> Result<(), ApiError> {
    let open = matches!(service, Service::Registry | Service::Github | Service::Oidc)
        || operation == "AssumeRoleWithWebIdentity";
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
    world.sts.caller = Some(caller);
    Ok(())
}

/// A denial in STS's own words.
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

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidIdentityToken", message)
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
    check_trust(world, &claims, refused)?;
    session(world, form, 0, |xml| {
        xml.text(
            "SubjectFromWebIdentityToken",
            claims["sub"].as_str().unwrap_or_default(),
        )
        .text("Provider", claims["iss"].as_str().unwrap_or_default())
        .text("Audience", claims["aud"].as_str().unwrap_or_default());
    })
}

fn check_trust(
    world: &World,
    claims: &Value,
    refused: impl Fn() -> ApiError,
) -> Result<(), ApiError> {
    if world.sts.trusts.is_empty() {
        return Ok(());
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
        token,
        expires,
    };
    world.sts.sessions.insert(key, issued);
    Ok(xml.finish())
}
