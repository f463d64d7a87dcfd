//! AWS in memory: the SDK's clients call a function instead of a socket, on tokio's paused time.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::SdkConfig;
use aws_types::region::Region;
use ecs_model::ServiceEvent;
use fakes::{Answer, Request};
use fastrand::Rng;
use pipeline_aws::Session;
use rollout::Facts;
use tokio::time::{Instant, sleep};
use wait_healthy::WaitListener;

/// The round-trip time of a request, in milliseconds.
const LATENCY: std::ops::Range<u64> = 20..200;

/// A function that answers requests, as a connector of the SDK.
#[derive(Clone)]
struct Memory {
    answer: Arc<dyn Fn(Request) -> Answer + Send + Sync>,
    rng: Arc<Mutex<Rng>>,
    latency: std::ops::Range<u64>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let half = self.rng.lock().unwrap().u64(self.latency.clone()) / 2;
        let half = Duration::from_millis(half);
        let answer = Arc::clone(&self.answer);
        HttpConnectorFuture::new(async move {
            sleep(half).await;
            let answer = answer(read(request));
            sleep(half + answer.delay).await;
            written(answer)
        })
    }
}

fn read(request: HttpRequest) -> Request {
    let (head, body) = request.try_into_http1x().unwrap().into_parts();
    Request {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: body.bytes().map(<[u8]>::to_vec).unwrap_or_default().into(),
    }
}

fn written(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let Some(answer) = answer.into_http().unwrap() else {
        return Err(ConnectorError::io("the connection was cut".into()));
    };
    let answer = answer.map(|body| body.to_vec().into());
    Ok(HttpResponse::try_from(answer).unwrap())
}

/// A wall clock that follows tokio's time from now on.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    epoch: SystemTime,
    begun: Instant,
}

impl Time {
    pub fn starting(epoch: SystemTime) -> Self {
        Self {
            epoch,
            begun: Instant::now(),
        }
    }
}

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        self.epoch + self.begun.elapsed()
    }
}

/// An HTTP client over a function.
pub fn client(
    seed: u64,
    answer: impl Fn(Request) -> Answer + Send + Sync + 'static,
) -> SharedHttpClient {
    slow_client(seed, LATENCY, answer)
}

/// The same with another round-trip time, in milliseconds.
pub fn slow_client(
    seed: u64,
    latency: std::ops::Range<u64>,
    answer: impl Fn(Request) -> Answer + Send + Sync + 'static,
) -> SharedHttpClient {
    let memory = SharedHttpConnector::new(Memory {
        answer: Arc::new(answer),
        rng: Arc::new(Mutex::new(Rng::with_seed(seed))),
        latency,
    });
    http_client_fn(move |_, _| memory.clone())
}

/// A session with credentials that never expire.
pub fn session(http: SharedHttpClient, time: Time) -> Session {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    Session::from_config(
        SdkConfig::builder()
            .behavior_version(aws_sdk_cloudwatchlogs::config::BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            .time_source(time)
            .sleep_impl(TokioSleep::new())
            .build(),
    )
}

/// A listener that does nothing.
pub struct Silence;

impl WaitListener for Silence {
    fn polled(&mut self, _: &Facts, _: jiff::Timestamp) {}
    fn new_events(&mut self, _: &[ServiceEvent]) {}
    fn not_allowed(&mut self, _: &pipeline_aws::AwsError) {}
    fn read_failed(&mut self, _: &pipeline_aws::AwsError, _: Duration) {}
}
