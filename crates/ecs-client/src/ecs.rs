//! Sends JSON to ECS and returns JSON. The SDK signs, retries, resolves the endpoint and reads
//! errors. Documents are never mapped to types, so members that AWS adds later work without a new
//! version of this crate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use pipeline_aws::{AwsError, AwsErrorKind, Session};
use pipeline_http::{RetryPolicy, Transient};
use serde_json::Value;

/// Retries of an idempotent call whose response could not be parsed. The SDK itself retries calls
/// that were throttled, failed or got no response.
const UNPARSEABLE_ANSWERS: RetryPolicy = RetryPolicy {
    tries: 3,
    first: Duration::ZERO,
    factor: 1.0,
    longest: Duration::ZERO,
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// How a call is repeated with [`RetryMode::Brief`].
pub(crate) const BRIEF: RetryPolicy = RetryPolicy {
    tries: 7,
    first: Duration::from_millis(150),
    factor: 1.4,
    longest: Duration::from_millis(300),
    has_jitter: true,
    retry_after_limit: Duration::ZERO,
};

/// An error for which [`RetryMode::Brief`] repeats the call: AWS throttled it or failed, or the
/// connection was cut. A host that cannot be reached is not tried again within the poll.
pub(crate) struct BriefError(pub(crate) AwsError);

impl Transient for BriefError {
    fn is_transient(&self) -> bool {
        let error = &self.0;
        match error.kind {
            AwsErrorKind::Throttled | AwsErrorKind::Server => true,
            AwsErrorKind::Unreachable => error.may_have_succeeded && !error.is_unimplemented(),
            _ => false,
        }
    }
}

/// An error that is transient only if the response could not be parsed.
struct UnparseableAnswer(AwsError);

impl Transient for UnparseableAnswer {
    fn is_transient(&self) -> bool {
        self.0.is_unparseable()
    }
}

/// How often a call is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// Once. The caller polls, so its next poll is the retry.
    Once,
    /// Several times within some seconds. For a caller that polls with many calls per poll: if a
    /// third of all calls are throttled, most polls still read everything.
    Brief,
    /// As often as the session is configured for, and again if the response cannot be parsed.
    Standard,
}

/// A client of ECS.
#[derive(Debug, Clone)]
pub struct Ecs {
    client: aws_sdk_ecs::Client,
}

/// Keeps the status and body of the last response, which the SDK does not return.
#[derive(Debug, Clone, Default)]
struct AnswerCapture(Arc<Mutex<StatusAndBody>>);

type StatusAndBody = Option<(u16, Vec<u8>)>;

impl Intercept for AnswerCapture {
    fn name(&self) -> &'static str {
        "answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let body = answer
            .body()
            .bytes()
            .map(|bytes| (answer.status().as_u16(), bytes.to_vec()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}

impl AnswerCapture {
    fn take(&self) -> StatusAndBody {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

macro_rules! operations {
    ($($name:ident $method:ident,)*) => {
        /// The ECS operations that the programs call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// All operations.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The operation's name in AWS's API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }

        impl Ecs {
            async fn send(&self, operation: Operation, body: Vec<u8>, tries: Option<u32>) -> Result<Value, AwsError> {
                let name = operation.name();
                let answer = AnswerCapture::default();
                let set = move |request: &mut aws_smithy_runtime_api::client::orchestrator::HttpRequest| {
                    request.headers_mut().insert("content-length", body.len().to_string());
                    *request.body_mut() = SdkBody::from(body.clone());
                };
                let failed = match operation {
                    $(Operation::$name => {
                        let call = self.client.$method().customize().interceptor(answer.clone()).mutate_request(set);
                        let call = match tries {
                            None => call,
                            Some(tries) => call.config_override(with_attempts(tries)),
                        };
                        call.send().await.err().map(|e| AwsError::new("ecs", name, e))
                    })*
                };
                match (answer.take(), failed) {
                    // The SDK may not be able to read a response that is newer than itself; the
                    // JSON is what counts.
                    (Some((200..=299, bytes)), _) => {
                        serde_json::from_slice(&bytes).map_err(|e| AwsError::unparseable("ecs", name, e))
                    }
                    (_, Some(error)) => Err(error),
                    (_, None) => Err(AwsError::unparseable("ecs", name, "an empty response")),
                }
            }
        }
    };
}

operations! {
    ContinueServiceDeployment continue_service_deployment,
    CreateService create_service,
    DeleteService delete_service,
    DeregisterTaskDefinition deregister_task_definition,
    DescribeClusters describe_clusters,
    DescribeServiceDeployments describe_service_deployments,
    DescribeServiceRevisions describe_service_revisions,
    DescribeServices describe_services,
    DescribeTaskDefinition describe_task_definition,
    DescribeTasks describe_tasks,
    ListClusters list_clusters,
    ListServiceDeployments list_service_deployments,
    ListServices list_services,
    ListTagsForResource list_tags_for_resource,
    ListTaskDefinitions list_task_definitions,
    ListTasks list_tasks,
    RegisterTaskDefinition register_task_definition,
    RunTask run_task,
    StopServiceDeployment stop_service_deployment,
    StopTask stop_task,
    TagResource tag_resource,
    UntagResource untag_resource,
    UpdateService update_service,
}

impl Ecs {
    /// Creates a client with the session's configuration.
    pub fn new(session: &Session) -> Self {
        Self {
            client: aws_sdk_ecs::Client::new(session.config()),
        }
    }

    /// Calls an operation with this body and returns the body of the response. Timestamps in it are
    /// numbers: seconds since 1970 with a fraction. The SDK retries throttling and 5xx.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn call(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.send(operation, body.to_string().into_bytes(), None)
            .await
    }

    /// Calls an operation in one attempt. Use it for writes without an idempotency token: after a
    /// lost response the caller reads the state before it writes again.
    ///
    /// # Errors
    /// The error of this attempt.
    pub async fn call_once(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.send(operation, body.to_string().into_bytes(), Some(1))
            .await
    }

    /// The same with [`RetryMode::Brief`]. `count` is called before each try.
    ///
    /// # Errors
    /// What ECS answered to the last try.
    pub async fn call_briefly(
        &self,
        operation: Operation,
        body: &Value,
        count: impl Fn(),
    ) -> Result<Value, AwsError> {
        let mut attempts = BRIEF.begin();
        loop {
            count();
            match self.call_once(operation, body).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let pause = attempts.pause(BriefError(error)).await;
                    pause.map_err(|BriefError(error)| error)?;
                }
            }
        }
    }

    /// Calls an operation that is safe to repeat: like [`Self::call`], and again if the response
    /// cannot be parsed.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn call_idempotent(
        &self,
        operation: Operation,
        body: &Value,
    ) -> Result<Value, AwsError> {
        // `RetryPolicy::retry` cannot be used here, because the future must be `Send`.
        let mut attempts = UNPARSEABLE_ANSWERS.begin();
        loop {
            match self.call(operation, body).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let pause = attempts.pause(UnparseableAnswer(error)).await;
                    pause.map_err(|UnparseableAnswer(error)| error)?;
                }
            }
        }
    }
}

fn with_attempts(tries: u32) -> aws_sdk_ecs::config::Builder {
    let retries = RetryConfig::standard().with_max_attempts(tries);
    aws_sdk_ecs::config::Builder::new().retry_config(retries)
}
