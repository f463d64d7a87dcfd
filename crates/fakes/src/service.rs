//! The services on the one port, and the error codes of each for the same problem.

use crate::wire::ApiError;

/// A service that the fakes emulate.
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

    /// This service's error code for throttling.
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

    /// This service's error code for an internal error.
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

    /// This service's error code for expired credentials.
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
