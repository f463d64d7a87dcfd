//! The services on the one port: how a request is told to be for one of them, and in which
//! protocol each answers and refuses.

use http::Method;
use serde_json::json;

use crate::wire::{ApiError, Request, Response};

/// A service that the fakes play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    Sts,
    S3,
    Ecr,
    Registry,
    Ecs,
    Elb,
    Logs,
    Github,
    Gitlab,
    /// The CI system's token endpoint (GitHub's `ACTIONS_ID_TOKEN_REQUEST_URL`).
    Oidc,
}

impl Service {
    /// The name in fault rules and look-ups: `ecs`, `ecr`, `registry`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::S3 => "s3",
            Self::Ecr => "ecr",
            Self::Registry => "registry",
            Self::Ecs => "ecs",
            Self::Elb => "elb",
            Self::Logs => "logs",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Oidc => "oidc",
        }
    }

    /// Which service and operation a request is for.
    pub(crate) fn of(request: &Request) -> (Self, String) {
        if let Some(target) = header(request, "x-amz-target") {
            let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
            let service = match prefix {
                "AmazonEC2ContainerServiceV20141113" => Self::Ecs,
                "AmazonEC2ContainerRegistry_V20150921" => Self::Ecr,
                "Logs_20140328" => Self::Logs,
                _ => Self::S3,
            };
            return (service, operation.to_owned());
        }
        let path = request.uri.path();
        if request.method == Method::POST && path == "/" {
            let form = crate::query::Form::parse(&request.body);
            let operation = form.get("Action").unwrap_or("").to_owned();
            return match form.get("Version") {
                Some("2015-12-01") => (Self::Elb, operation),
                _ => (Self::Sts, operation),
            };
        }
        if path == "/v2" || path.starts_with("/v2/") || path == "/registry-token" {
            return (Self::Registry, crate::registry::operation(request));
        }
        if path == "/oidc/token" {
            return (Self::Oidc, "GetToken".into());
        }
        if let Some(operation) = crate::gitlab::operation(request) {
            return (Self::Gitlab, operation);
        }
        if let Some(operation) = crate::github::operation(request) {
            return (Self::Github, operation);
        }
        (Self::S3, crate::s3::operation(request))
    }

    /// An error in this service's own protocol.
    pub(crate) fn refuse(self, error: &ApiError, request_id: &str) -> Response {
        match self {
            Self::Ecs | Self::Ecr | Self::Logs => Response::json(
                error.status,
                "application/x-amz-json-1.1",
                &json!({"__type": error.code, "message": error.message}),
            )
            .with("x-amzn-requestid", request_id)
            .with("x-amzn-errortype", &error.code),
            Self::Sts => crate::query::error(crate::sts::NAMESPACE, error, request_id),
            Self::Elb => crate::query::error(crate::elb::NAMESPACE, error, request_id),
            Self::S3 => crate::s3::error(error, "", request_id),
            Self::Registry => crate::registry::error(error),
            Self::Github => crate::github::error(error),
            Self::Gitlab => crate::gitlab::error(error),
            Self::Oidc => Response::json(
                error.status,
                "application/json",
                &json!({"message": error.message}),
            ),
        }
    }

    /// The code by which this service says "too often".
    pub(crate) fn throttled(self) -> ApiError {
        let (status, code, message) = match self {
            Self::Ecs | Self::Ecr | Self::Logs => (400, "ThrottlingException", "Rate exceeded"),
            Self::Sts | Self::Elb => (400, "Throttling", "Rate exceeded"),
            Self::S3 => (503, "SlowDown", "Please reduce your request rate."),
            Self::Registry => (429, "TOOMANYREQUESTS", "Rate exceeded"),
            Self::Github => (
                429,
                "rate-limited",
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            ),
            Self::Gitlab => (429, "rate-limited", "429 Too Many Requests"),
            Self::Oidc => (429, "rate-limited", "Too many requests"),
        };
        ApiError::with_status(status, code, message)
    }

    /// The code by which this service says that it is broken.
    pub(crate) fn broken(self, status: u16) -> ApiError {
        let code = match self {
            Self::Ecs | Self::Ecr => "ServerException",
            Self::Logs => "ServiceUnavailableException",
            Self::Sts | Self::Elb => "InternalFailure",
            Self::S3 => "InternalError",
            Self::Registry => "UNKNOWN",
            Self::Github | Self::Gitlab | Self::Oidc => "server-error",
        };
        ApiError::with_status(status, code, "Service Unavailable. Please try again later.")
    }

    /// The code by which this service says that the credentials' time is over.
    pub(crate) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self {
            Self::Ecs | Self::Ecr | Self::Logs => ApiError::new("ExpiredTokenException", message),
            Self::Sts | Self::Elb => ApiError::with_status(403, "ExpiredToken", message),
            Self::S3 => ApiError::new("ExpiredToken", "The provided token has expired."),
            Self::Registry => ApiError::with_status(
                403,
                "DENIED",
                "Your authorization token has expired. Reauthenticate and try again.",
            ),
            Self::Github => ApiError::with_status(401, "unauthorized", "Bad credentials"),
            Self::Gitlab => ApiError::with_status(401, "unauthorized", "401 Unauthorized"),
            Self::Oidc => ApiError::with_status(401, "unauthorized", "Unauthorized"),
        }
    }
}

impl PartialEq<&str> for Service {
    fn eq(&self, name: &&str) -> bool {
        self.name() == *name
    }
}

pub(crate) fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.get(name)?.to_str().ok()
}
