//! AWS's errors in our words: what was asked, what AWS said, which exit code that is, what to do.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pipeline_io::{Exit, Failure};

/// The ways to give credentials, said where there are none.
pub(crate) const WAYS: &str = "give --role-to-assume in a CI job with an OIDC token (GitHub: \
    permissions: id-token: write; GitLab: id_tokens), or set AWS_ACCESS_KEY_ID and \
    AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

/// What class of refusal or failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AwsErrorKind {
    /// No usable credentials, or credentials that are not accepted.
    Credentials,
    /// The credentials are good, the action is not allowed.
    Denied,
    /// Something named does not exist.
    NotFound,
    /// The request cannot be meant: a value, a state, a limit.
    Invalid,
    /// It is there already, or another writer is at it.
    Conflict,
    /// Throttled, after all retries.
    Throttled,
    /// AWS failed (5xx), after all retries.
    Server,
    /// No answer: not connected, cut off, timed out.
    Unreachable,
}

/// An AWS call that did not end well.
#[derive(Debug, thiserror::Error)]
#[error("{service} {operation}: {}", with_request_id(&self.said(), self.request_id.as_deref()))]
pub struct AwsError {
    /// As `ecs`.
    pub service: &'static str,
    /// As `DescribeServices`.
    pub operation: &'static str,
    pub kind: AwsErrorKind,
    /// AWS's error code, as `AccessDeniedException`.
    pub code: Option<String>,
    /// AWS's own words.
    pub message: String,
    /// By which AWS's support finds the call, if an answer came.
    pub request_id: Option<String>,
    /// The request may have been carried out although no answer came.
    pub may_have_succeeded: bool,
    /// HTTP status of an answer whose body cannot be read.
    unreadable: Option<u16>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl AwsError {
    /// What the SDK's error means.
    pub fn new<E>(
        service: &'static str,
        operation: &'static str,
        error: SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut made = Self {
            service,
            operation,
            kind: AwsErrorKind::Unreachable,
            code: None,
            message: String::new(),
            request_id: None,
            may_have_succeeded: false,
            unreadable: None,
            source: None,
        };
        let connector = match &error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let metadata = context.err().meta();
                made.code = metadata.code().map(str::to_owned);
                made.message = metadata.message().unwrap_or_default().to_owned();
                made.request_id = request_id(|name| context.raw().headers().get(name))
                    .or_else(|| metadata.extra("aws_request_id").map(str::to_owned));
                made.kind = kind_of(made.code.as_deref(), &made.message, status);
                made.may_have_succeeded = made.kind == AwsErrorKind::Server;
                return made;
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                made.message = format!("the answer (HTTP {status}) is not AWS's");
                made.request_id = request_id(|name| context.raw().headers().get(name));
                made.may_have_succeeded = true;
                made.unreadable = Some(status);
                None
            }
            SdkError::TimeoutError(_) => {
                made.message = "timed out".to_owned();
                made.may_have_succeeded = true;
                None
            }
            SdkError::DispatchFailure(context) => context.as_connector_error(),
            _ => {
                made.message = "the request could not be made".to_owned();
                None
            }
        };
        if let Some(error) = connector {
            // Whatever is not known to have failed before the request left may have been done: a
            // connection that closes before the answer is neither "io" nor "timeout" to the SDK.
            made.may_have_succeeded = !error.is_user() && !is_connect(error);
            made.message = if made.may_have_succeeded {
                "no answer"
            } else {
                "cannot connect"
            }
            .to_owned();
        }
        made.source = error.into_source().ok();
        if let Some(text) = made.source.as_ref().map(|s| chain(&**s))
            && (text.contains("credentials") || text.contains("identity"))
            && !made.may_have_succeeded
        {
            made.kind = AwsErrorKind::Credentials;
            made.message = "no usable credentials".to_owned();
        }
        made
    }

    /// An answer that is not JSON.
    pub fn unparseable(
        service: &'static str,
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            service,
            operation,
            kind: AwsErrorKind::Unreachable,
            code: None,
            message: "the answer is not JSON".to_owned(),
            request_id: None,
            may_have_succeeded: true,
            unreadable: Some(200),
            source: Some(source.into()),
        }
    }

    /// Whether an answer came whose body cannot be read and that the SDK did not try again for,
    /// as it does for a 5xx.
    pub fn is_unparseable(&self) -> bool {
        self.unreadable.is_some_and(|status| status < 500)
    }

    /// Whether each try ended in HTTP 500 with a body that is none of AWS's: so an emulator answers
    /// that does not have the operation.
    pub fn is_unimplemented(&self) -> bool {
        matches!(self.unreadable, Some(500 | 501))
    }

    /// Whether AWS gave this error code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn said(&self) -> String {
        match (&self.code, self.message.trim()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{code}: {message}"),
            (None, message) => message.to_owned(),
        }
    }
}

impl Failure for AwsError {
    fn exit(&self) -> Exit {
        match self.kind {
            AwsErrorKind::Credentials | AwsErrorKind::Denied => Exit::Denied,
            AwsErrorKind::NotFound => Exit::NotFound,
            AwsErrorKind::Invalid => Exit::Invalid,
            AwsErrorKind::Conflict => Exit::Superseded,
            AwsErrorKind::Throttled | AwsErrorKind::Server | AwsErrorKind::Unreachable => {
                Exit::Unreachable
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self.kind {
            AwsErrorKind::Denied => Some(permission_hint(&self.message).unwrap_or_else(|| {
                format!(
                    "allow {}:{} to the role of this job",
                    iam_prefix(self.service),
                    self.operation
                )
            })),
            AwsErrorKind::Credentials
                if self.code.as_deref().is_some_and(|c| c.contains("Expired")) =>
            {
                Some(
                    "the credentials have expired; with --role-to-assume they are renewed"
                        .to_owned(),
                )
            }
            AwsErrorKind::Credentials => Some(WAYS.to_owned()),
            AwsErrorKind::Throttled => {
                Some("many pipelines share the account's rate limits; run it again".to_owned())
            }
            AwsErrorKind::Unreachable | AwsErrorKind::Server if self.may_have_succeeded => Some(
                "the request may have been carried out; a rerun finds out before it writes"
                    .to_owned(),
            ),
            AwsErrorKind::Unreachable => {
                Some("check --region, --endpoint-url, HTTPS_PROXY and the network".to_owned())
            }
            _ => None,
        }
    }
}

/// The headers in which AWS names a request: most services, and S3.
const REQUEST_ID_HEADERS: [&str; 3] = ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"];

/// The request id in an answer's headers.
pub fn request_id<'h>(header: impl Fn(&'static str) -> Option<&'h str>) -> Option<String> {
    let named = REQUEST_ID_HEADERS.into_iter().find_map(header);
    named.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// What AWS said, and the id by which AWS's support finds the request: every AWS error ends so.
pub fn with_request_id(said: &str, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("{said} (AWS request id {id})"),
        None => said.to_owned(),
    }
}

/// Codes whose meaning does not show in their name or HTTP status.
const KINDS: [(&str, AwsErrorKind); 28] = [
    ("AccessDenied", AwsErrorKind::Denied),
    ("AccessDeniedException", AwsErrorKind::Denied),
    ("UnauthorizedOperation", AwsErrorKind::Denied),
    ("OptInRequired", AwsErrorKind::Denied),
    ("ExpiredToken", AwsErrorKind::Credentials),
    ("ExpiredTokenException", AwsErrorKind::Credentials),
    ("RequestExpired", AwsErrorKind::Credentials),
    ("InvalidClientTokenId", AwsErrorKind::Credentials),
    ("UnrecognizedClientException", AwsErrorKind::Credentials),
    ("InvalidSignatureException", AwsErrorKind::Credentials),
    ("SignatureDoesNotMatch", AwsErrorKind::Credentials),
    ("IncompleteSignature", AwsErrorKind::Credentials),
    ("MissingAuthenticationToken", AwsErrorKind::Credentials),
    ("InvalidIdentityToken", AwsErrorKind::Credentials),
    ("IDPRejectedClaim", AwsErrorKind::Credentials),
    ("IDPCommunicationError", AwsErrorKind::Server),
    ("ServiceNotActiveException", AwsErrorKind::NotFound),
    ("ConflictException", AwsErrorKind::Conflict),
    ("UpdateInProgressException", AwsErrorKind::Conflict),
    ("ResourceInUseException", AwsErrorKind::Conflict),
    ("Throttling", AwsErrorKind::Throttled),
    ("ThrottlingException", AwsErrorKind::Throttled),
    ("ThrottledException", AwsErrorKind::Throttled),
    ("RequestLimitExceeded", AwsErrorKind::Throttled),
    ("TooManyRequestsException", AwsErrorKind::Throttled),
    ("SlowDown", AwsErrorKind::Throttled),
    ("ServerException", AwsErrorKind::Server),
    ("InternalFailure", AwsErrorKind::Server),
];

fn kind_of(code: Option<&str>, message: &str, status: u16) -> AwsErrorKind {
    let code = code.unwrap_or_default();
    if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == code) {
        return *kind;
    }
    // ECS says some absences as ClientException; its words are in tests of ecs-deploy.
    let absent = code == "ClientException"
        && (message.contains("not found")
            || message.contains("Unable to describe task definition"));
    match status {
        _ if code.ends_with("NotFoundException") || code.ends_with("NotFound") || absent => {
            AwsErrorKind::NotFound
        }
        _ if code.starts_with("NoSuch") => AwsErrorKind::NotFound,
        _ if code.ends_with("AlreadyExistsException") => AwsErrorKind::Conflict,
        401 | 403 => AwsErrorKind::Denied,
        404 => AwsErrorKind::NotFound,
        429 => AwsErrorKind::Throttled,
        500.. => AwsErrorKind::Server,
        _ => AwsErrorKind::Invalid,
    }
}

/// "is not authorized to perform: ACTION on resource: ARN" as what to allow, and where.
fn permission_hint(message: &str) -> Option<String> {
    let rest = message.split_once("is not authorized to perform: ")?.1;
    let action = rest.split_whitespace().next()?;
    let resource = rest
        .split_once("on resource: ")
        .and_then(|(_, r)| r.split_whitespace().next())
        .map(|r| format!(" on {r}"))
        .unwrap_or_default();
    let place = if message.contains("VPC endpoint policy") {
        "the VPC endpoint's policy"
    } else if message.contains("service control policy") {
        "the organisation's service control policy"
    } else if message.contains("explicit deny") {
        "the policy that denies it explicitly"
    } else {
        "the role of this job"
    };
    Some(format!("allow {action}{resource} in {place}"))
}

fn iam_prefix(service: &str) -> &str {
    match service {
        "elbv2" => "elasticloadbalancing",
        other => other,
    }
}

fn is_connect(error: &(dyn std::error::Error + 'static)) -> bool {
    let text = chain(error);
    text.contains("(Connect)")
        || text.contains("tcp connect")
        || text.contains("dns")
        || text.contains("resolve")
        || text.contains("ConnectTimeout")
        || text.contains("connect timeout")
        || text.contains("certificate")
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
