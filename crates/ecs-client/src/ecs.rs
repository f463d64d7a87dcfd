//! ECS with JSON in and JSON out: the SDK signs, retries, finds the endpoint and reads the errors,
//! and the documents pass through as they are, so that a member AWS adds tomorrow works today.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use pipeline_aws::{AwsError, Session};
use pipeline_http::{RetryPolicy, Transient};
use serde_json::Value;

/// How an idempotent call is repeated if its answer was garbled on its way. The SDK itself repeats
/// calls that were throttled, failed or had no answer.
const GARBLED_ANSWERS: RetryPolicy = RetryPolicy {
    tries: 3,
    first: Duration::ZERO,
    factor: 1.0,
    longest: Duration::ZERO,
    has_jitter: false,
    retry_after_limit: Duration::ZERO,
};

/// An error of which only a garbled answer is worth another call.
struct GarbledAnswer(AwsError);

impl Transient for GarbledAnswer {
    fn is_transient(&self) -> bool {
        self.0.is_unparseable()
    }
}

/// How often a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// Once: the caller polls, so its next poll is the retry.
    Once,
    /// As the session says, and again after a garbled answer.
    Standard,
}

/// The client.
#[derive(Debug, Clone)]
pub struct Ecs {
    client: aws_sdk_ecs::Client,
}

/// Keeps the last answer: its status and body.
#[derive(Debug, Clone, Default)]
struct Answer(Arc<Mutex<Received>>);

type Received = Option<(u16, Vec<u8>)>;

impl Intercept for Answer {
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

impl Answer {
    fn take(&self) -> Received {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

macro_rules! operations {
    ($($name:ident $method:ident,)*) => {
        /// The operations of ECS that the programs call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As AWS writes it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }

        impl Ecs {
            async fn send(&self, operation: Operation, body: Vec<u8>, tries: Option<u32>) -> Result<Value, AwsError> {
                let name = operation.name();
                let answer = Answer::default();
                let set = move |request: &mut aws_smithy_runtime_api::client::orchestrator::HttpRequest| {
                    request.headers_mut().insert("content-length", body.len().to_string());
                    *request.body_mut() = SdkBody::from(body.clone());
                };
                let failed = match operation {
                    $(Operation::$name => {
                        let call = self.client.$method().customize().interceptor(answer.clone()).mutate_request(set);
                        let call = match tries {
                            None => call,
                            Some(tries) => call.config_override(retrying(tries)),
                        };
                        call.send().await.err().map(|e| AwsError::new("ecs", name, e))
                    })*
                };
                match (answer.take(), failed) {
                    // The SDK may not know an answer's shape yet; the JSON is what counts.
                    (Some((200..=299, bytes)), _) => {
                        serde_json::from_slice(&bytes).map_err(|e| AwsError::unparseable("ecs", name, e))
                    }
                    (_, Some(error)) => Err(error),
                    (_, None) => Err(AwsError::unparseable("ecs", name, "an empty answer")),
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
    /// The client of a session.
    pub fn new(session: &Session) -> Self {
        Self {
            client: aws_sdk_ecs::Client::new(session.config()),
        }
    }

    /// Calls an operation with this body; the answer's body comes back. Timestamps in it are
    /// numbers: seconds since 1970 with a fraction. Throttling and 5xx are tried again.
    ///
    /// # Errors
    /// What ECS answered to the last try.
    pub async fn call(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.send(operation, body.to_string().into_bytes(), None)
            .await
    }

    /// The same in one try: for writes that have no token, if a lost answer must be looked into
    /// before anything is written again.
    ///
    /// # Errors
    /// What ECS answered.
    pub async fn call_once(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.send(operation, body.to_string().into_bytes(), Some(1))
            .await
    }

    /// Reads, or does what can be done twice without harm: as [`Self::call`], and a garbled answer
    /// is asked for again.
    ///
    /// # Errors
    /// What ECS answered to the last try.
    pub async fn ask(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        // Not `retry`: the future must be `Send`.
        let mut attempts = GARBLED_ANSWERS.begin();
        loop {
            match self.call(operation, body).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let pause = attempts.pause(GarbledAnswer(error)).await;
                    pause.map_err(|GarbledAnswer(error)| error)?;
                }
            }
        }
    }
}

fn retrying(tries: u32) -> aws_sdk_ecs::config::Builder {
    let retries = RetryConfig::standard().with_max_attempts(tries);
    aws_sdk_ecs::config::Builder::new().retry_config(retries)
}
