//! The errors of AWS calls.
//!
//! Decided here: what kind of error it is, its exit code, its message and its hint. Never here: what a
//! verb does about it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pipeline_http::ConnectError;
use pipeline_io::{Exit, Failure};

use crate::hints::{CREDENTIALS_HINT, code_hint, iam_prefix, permission_hint};
use crate::renewal::RenewalError;
use crate::sts_retry::is_missing_verification_key;

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AwsErrorKind {
    /// There are no usable credentials, or AWS does not accept them.
    Credentials,
    /// The credentials are valid, but the action is not allowed.
    Denied,
    /// Something that the request names does not exist.
    NotFound,
    /// The request is invalid: a wrong value, a wrong state or a limit.
    Invalid,
    /// The resource already exists, or another writer is changing it.
    Conflict,
    /// AWS throttled every attempt.
    Throttled,
    /// AWS failed in every attempt (5xx).
    Server,
    /// There was no response: no connection, a closed connection or a timeout.
    Unreachable,
}

/// A failed AWS call.
#[derive(Debug, thiserror::Error)]
#[error("{service} {operation}: {}", with_request_id(&self.detail(), self.request_id.as_deref()))]
pub struct AwsError {
    /// The service, e.g. `ecs`.
    pub service: &'static str,
    /// The operation, e.g. `DescribeServices`.
    pub operation: &'static str,
    pub kind: AwsErrorKind,
    /// The error code of AWS, e.g. `AccessDeniedException`.
    pub code: Option<String>,
    /// The message of AWS.
    pub message: String,
    /// The request ID, by which AWS Support finds the call, if there was a response.
    pub request_id: Option<String>,
    /// Whether the request may have been carried out although it failed here.
    pub may_have_succeeded: bool,
    /// Why the connection could not be made, if that is the error. The first call of a step should not
    /// wait for such an error to pass: the region or the endpoint is probably wrong.
    pub connect: Option<Box<ConnectError>>,
    /// HTTP status of a response whose body cannot be read.
    unreadable: Option<u16>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl AwsError {
    /// Converts an error of the SDK.
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
            connect: None,
            unreadable: None,
            source: None,
        };
        let connector = match &error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                made.request_id = request_id(|name| context.raw().headers().get(name));
                if (200..300).contains(&status) {
                    made.message = format!("the response (HTTP {status}) cannot be read");
                    made.may_have_succeeded = true;
                    made.unreadable = Some(status);
                    return made;
                }
                let metadata = context.err().meta();
                made.code = metadata.code().map(str::to_owned);
                made.message = metadata.message().unwrap_or_default().to_owned();
                if made.code.is_none() && made.message.is_empty() {
                    made.message = format!("HTTP {status} without an explanation");
                }
                made.request_id = made
                    .request_id
                    .or_else(|| metadata.extra("aws_request_id").map(str::to_owned));
                made.kind = kind_of(made.code.as_deref(), &made.message, status);
                made.may_have_succeeded = made.kind == AwsErrorKind::Server;
                return made;
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                made.message = format!("the response (HTTP {status}) is not from AWS");
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
                made.message = "cannot create the request".to_owned();
                None
            }
        };
        if let Some(connect) = connector.and_then(|error| ConnectError::find(error)) {
            made.message = connect.to_string();
            made.connect = Some(Box::new(connect.clone()));
            // The message contains the reason, so it needs no cause.
            return made;
        }
        if let Some(error) = connector {
            // Only an error before the request was sent proves that it was not carried out. The SDK
            // calls a connection that closes before the response neither "io" nor "timeout".
            made.may_have_succeeded = !error.is_user() && !is_connect(error);
            made.message = if made.may_have_succeeded {
                "no response"
            } else {
                "cannot connect"
            }
            .to_owned();
        }
        made.source = error.into_source().ok();
        if made.renewal().is_some_and(|renewal| renewal.is_outage) {
            made.may_have_succeeded = false;
            made.message = "cannot renew the credentials".to_owned();
            return made;
        }
        if let Some(text) = made.source.as_ref().map(|s| chain(&**s))
            && (text.contains("credentials") || text.contains("identity"))
            && !made.may_have_succeeded
        {
            made.kind = AwsErrorKind::Credentials;
            made.message = "no usable credentials".to_owned();
        }
        made
    }

    /// The error for a response that is not JSON.
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
            message: "the response is not JSON".to_owned(),
            request_id: None,
            may_have_succeeded: true,
            connect: None,
            unreadable: Some(200),
            source: Some(source.into()),
        }
    }

    /// Whether there was a response whose body cannot be read, and the SDK did not retry. It retries
    /// only if the status is 5xx.
    pub fn is_unparseable(&self) -> bool {
        self.unreadable.is_some_and(|status| status < 500)
    }

    /// Whether each attempt ended with HTTP 500 or 501 and a body that is not from AWS. An emulator
    /// responds like this if it does not implement the operation.
    pub fn is_unimplemented(&self) -> bool {
        matches!(self.unreadable, Some(500 | 501))
    }

    /// Whether this is the error code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Why the credentials could not be renewed, if that is the error.
    fn renewal(&self) -> Option<&RenewalError> {
        RenewalError::find(self.source.as_deref()?)
    }

    fn detail(&self) -> String {
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
        let code = self.code.as_deref().unwrap_or_default();
        if let Some(hint) = code_hint(code, &self.message) {
            return Some(hint.to_owned());
        }
        match self.kind {
            AwsErrorKind::Denied => Some(permission_hint(&self.message).unwrap_or_else(|| {
                format!(
                    "allow {}:{} for the role of this job",
                    iam_prefix(self.service),
                    self.operation
                )
            })),
            AwsErrorKind::Credentials
                if self.code.as_deref().is_some_and(|c| c.contains("Expired")) =>
            {
                Some(
                    "the credentials have expired: get new ones, or use --role-to-assume, which renews \
                     them"
                        .to_owned(),
                )
            }
            AwsErrorKind::Credentials => Some(CREDENTIALS_HINT.to_owned()),
            AwsErrorKind::Throttled => {
                Some("run it again later: all pipelines of the account share its rate limits".to_owned())
            }
            AwsErrorKind::Unreachable | AwsErrorKind::Server if self.may_have_succeeded => Some(
                "run it again: the request may have been carried out, which the next run checks first"
                    .to_owned(),
            ),
            AwsErrorKind::Unreachable if self.renewal().is_some() => {
                self.renewal().and_then(|renewal| renewal.hint.clone())
            }
            AwsErrorKind::Unreachable => {
                let specific = self.connect.as_ref().and_then(|connect| connect.hint());
                if let Some(hint) = specific {
                    return Some(hint.to_owned());
                }
                Some("check --region, --endpoint-url, HTTPS_PROXY and the network".to_owned())
            }
            _ => None,
        }
    }
}

/// The headers with the request ID, of most services and of S3.
const REQUEST_ID_HEADERS: [&str; 3] = ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"];

/// The request ID in the headers of a response.
pub fn request_id<'h>(header: impl Fn(&'static str) -> Option<&'h str>) -> Option<String> {
    let named = REQUEST_ID_HEADERS.into_iter().find_map(header);
    named.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Appends the request ID, by which AWS Support finds the request, to an error message.
pub fn with_request_id(message: &str, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("{message} (AWS request id {id})"),
        None => message.to_owned(),
    }
}

/// Error codes whose kind does not follow from their name or the HTTP status.
const KINDS: [(&str, AwsErrorKind); 30] = [
    ("AccessDenied", AwsErrorKind::Denied),
    ("AccessDeniedException", AwsErrorKind::Denied),
    ("UnauthorizedOperation", AwsErrorKind::Denied),
    ("OptInRequired", AwsErrorKind::Denied),
    ("RequestTimeTooSkewed", AwsErrorKind::Credentials),
    ("RegionDisabledException", AwsErrorKind::Denied),
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
    if is_missing_verification_key(code, message) {
        return AwsErrorKind::Server;
    }
    if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == code) {
        return *kind;
    }
    // ECS also returns ClientException if something does not exist. The tests of ecs-deploy have
    // the messages.
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
