//! The record of requests: all, in order, without their credentials.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::permission::Permission;
use crate::query::Form;
use crate::service::Service;
use crate::wire::{Body, Request, Response};

/// One request and its outcome.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub service: Service,
    /// The API operation (`RegisterTaskDefinition`), or for REST services a name of ours
    /// (`PutManifest`, `CreateComment`).
    pub operation: String,
    pub method: String,
    /// Path and query as they came.
    pub path: String,
    /// Lowercase names; the values of credentials are replaced by `<scrubbed>`.
    pub headers: Vec<(String, String)>,
    /// What the SigV4 credential scope names.
    pub access_key: Option<String>,
    pub region: Option<String>,
    /// The body; empty for blob uploads, which are only counted.
    pub body: Bytes,
    /// Bytes of the body that arrived.
    pub body_bytes: u64,
    /// The IAM permissions that it needs: the operation's own action first, then the roles that it passes.
    pub permissions: Vec<Permission>,
    /// HTTP status of the response; `None` if the connection was cut before it.
    pub status: Option<u16>,
    /// The answer's body; empty for blobs.
    pub answer: Bytes,
    /// Whether a fault produced the response, and not the fake.
    pub fault: bool,
    /// The kind of this fault, e.g. "throttle" or "cut after the work".
    pub fault_kind: Option<&'static str>,
    /// Whether the service did what the request asks for, even if its response was lost.
    pub worked: bool,
    /// When it arrived, on the fakes' clock.
    pub at: Timestamp,
}

impl Recorded {
    /// The body as JSON; `Null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The response's body as JSON; `Null` if it is not JSON.
    pub fn answer_json(&self) -> Value {
        serde_json::from_slice(&self.answer).unwrap_or(Value::Null)
    }

    /// A header's value, by its lowercase name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn begin(
        service: Service,
        operation: &str,
        request: &Request,
        at: Timestamp,
    ) -> Self {
        let scope = credential_scope(request);
        Self {
            service,
            operation: operation.into(),
            method: request.method.to_string(),
            path: request
                .uri
                .path_and_query()
                .map_or_else(|| "/".into(), ToString::to_string),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), scrubbed(name.as_str(), value)))
                .collect(),
            access_key: scope.as_ref().map(|scope| scope.0.clone()),
            region: scope.map(|scope| scope.1),
            body: request.body.clone(),
            body_bytes: request.body.len() as u64,
            permissions: Vec::new(),
            status: None,
            answer: Bytes::new(),
            fault: false,
            fault_kind: None,
            worked: false,
            at,
        }
    }

    pub(crate) fn answered(&mut self, response: &Response) {
        self.status = Some(response.status.as_u16());
        if let Body::Bytes(bytes) = &response.body {
            self.answer = bytes.clone();
        }
    }
}

/// Access key and region out of `Credential=KEY/DATE/REGION/SERVICE/aws4_request`, in the
/// Authorization header or in a presigned query.
pub(crate) fn credential_scope(request: &Request) -> Option<(String, String)> {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let header = request.headers.get("authorization");
    let scope = match header.and_then(|value| value.to_str().ok()) {
        Some(authorization) => authorization.split("Credential=").nth(1)?,
        None => query.get("X-Amz-Credential")?,
    };
    let mut parts = scope.split([',', ' ']).next()?.split('/');
    let key = parts.next()?.to_owned();
    let region = parts.nth(1)?.to_owned();
    Some((key, region))
}

fn scrubbed(name: &str, value: &http::HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    match name {
        "authorization" | "proxy-authorization" => match text.split_once(' ') {
            Some((scheme, _)) => format!("{scheme} <scrubbed>"),
            None => "<scrubbed>".into(),
        },
        "x-amz-security-token" | "private-token" | "job-token" | "cookie" => "<scrubbed>".into(),
        _ => text,
    }
}
