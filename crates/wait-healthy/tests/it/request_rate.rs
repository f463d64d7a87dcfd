//! How many requests a wait sends, counted over paused time, in memory.

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use ecs_model::DeploymentRef;
use fakes::{Change, Clock, Cloud, Rollout};
use jiff::Timestamp;
use pipeline_io::{Ci, Step};
use rollout::{Limit, Outcome, Question, Until, Verdict};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use wait_healthy::{Poller, Reader, WaitContext};

use crate::histories::request;
use crate::memory::{self, Silence, Time};

/// A cloud without sockets. Its time lines run on tokio's clock, and it keeps `kept` requests.
pub fn cloud(kept: usize) -> Cloud {
    let (epoch, begun) = (Timestamp::now(), Instant::now());
    let clock = Clock::following(move || epoch + begun.elapsed());
    let cloud = Cloud::builder().without_sockets().clock(clock);
    let cloud = cloud.keep_requests(kept).start();
    cloud.ecs().cluster("c");
    let definition = json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512",
        "containerDefinitions": [
            {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}]}],
    });
    cloud
        .call("ecs", "RegisterTaskDefinition", definition)
        .unwrap();
    cloud
}

/// A healthy service of two tasks behind a load balancer.
pub fn service(cloud: &Cloud, name: &str, breaker: bool) {
    service_of(cloud, name, breaker, 2);
}

/// The same with this many tasks.
pub fn service_of(cloud: &Cloud, name: &str, breaker: bool, tasks: u32) {
    let group = cloud.elb().target_group(name, 8080);
    let running = cloud.ecs().running_service(json!({
        "cluster": "c", "serviceName": name, "taskDefinition": "web", "desiredCount": tasks,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
        "loadBalancers": [
            {"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080}],
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": breaker, "rollback": breaker}},
    }));
    running.unwrap();
}

/// Starts a deployment that follows the script.
pub fn deploy(cloud: &Cloud, name: &str, rollout: Rollout) -> DeploymentRef {
    cloud.ecs().script(name, rollout);
    let body = json!({"cluster": "c", "service": name, "forceNewDeployment": true});
    let answer = cloud.call("ecs", "UpdateService", body).unwrap();
    DeploymentRef::from_write(&answer).unwrap()
}

pub fn question(deployment: DeploymentRef) -> Question {
    Question {
        deployment: Some(deployment),
        until: Until::Completed,
        until_rolled_back: false,
        exit_on_pause: false,
        fail_fast: None,
        limit: Limit::Fixed(jiff::SignedDuration::from_mins(11)),
    }
}

/// Waits for one deployment.
async fn wait(
    answer: impl Fn(fakes::Request) -> fakes::Answer + Send + Sync + 'static,
    seed: u64,
    name: &str,
    deployment: DeploymentRef,
) -> Verdict {
    wait_over(memory::client(seed, answer), name, deployment).await
}

/// The same over another client.
pub async fn wait_over(http: SharedHttpClient, name: &str, deployment: DeploymentRef) -> Verdict {
    let session = memory::session(http, Time::starting(SystemTime::now()));
    let mut request = request(question(deployment));
    request.service = name.to_owned();
    let step = Step::new("wait-healthy", Ci::none(), false);
    let reader = Reader::new(&session, &request.cluster, &request.service);
    let context = WaitContext::start(request, &step);
    let mut poller = Poller::new(reader, &context);
    poller.poll(&mut Silence).await.unwrap()
}

/// The newest deployment of a service, as ECS returns it.
fn newest(cloud: &Cloud, name: &str) -> Value {
    let listed = json!({"cluster": "c", "service": name});
    let listed = cloud.call("ecs", "ListServiceDeployments", listed).unwrap();
    listed["serviceDeployments"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_rollout_of_ten_minutes_takes_at_most_one_request_per_second() {
    let all = Duration::from_secs(600);
    for (rollout, verdict) in [
        (Rollout::healthy().over(all), "succeeded"),
        // Tasks start and stop all the time.
        (
            Rollout::crashing().over(Duration::from_secs(8)),
            "timed-out",
        ),
        // ECS completes it, but it never becomes healthy in the load balancer.
        (
            Rollout::never_healthy_targets()
                .over(all)
                .also(Duration::from_secs(60), Change::Succeed),
            "timed-out",
        ),
    ] {
        let cloud = cloud(usize::MAX);
        service(&cloud, "web", false);
        let deployment = deploy(&cloud, "web", rollout);
        fastrand::seed(7);
        let begun = Instant::now();
        let verdict_reached = wait(cloud.answerer(), 7, "web", deployment).await;
        assert_eq!(verdict_reached.outcome.name(), verdict);
        let seconds = begun.elapsed().as_secs_f64();
        let asked = cloud.requests().len();
        assert!(
            seconds > 590.0 && asked as f64 <= seconds,
            "{asked} requests in {seconds} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_waits_at_once_stay_within_the_accounts_rate_limits() {
    let cloud = cloud(usize::MAX);
    cloud.ecs().enforce_token_buckets();
    let names: Vec<String> = (0..20).map(|n| format!("web-{n}")).collect();
    for name in &names {
        service(&cloud, name, true);
    }
    sleep(Duration::from_secs(60)).await;
    cloud.forget_requests();
    fastrand::seed(11);
    let begun = Instant::now();
    let mut waits = JoinSet::new();
    let over = Duration::from_secs(180);
    for (n, name) in names.iter().enumerate() {
        let deployment = deploy(&cloud, name, Rollout::healthy().over(over));
        let (answer, name) = (cloud.answerer(), name.clone());
        waits.spawn(async move { wait(answer, n as u64, &name, deployment).await });
    }
    let mut latest = Duration::ZERO;
    while let Some(ended) = waits.join_next().await {
        let verdict = ended.unwrap();
        assert!(
            matches!(verdict.outcome, Outcome::Succeeded(_)),
            "{verdict:?}"
        );
        latest = latest.max(begun.elapsed());
    }
    assert!(latest <= over + Duration::from_secs(10), "{latest:?}");
    for name in &names {
        assert_eq!(newest(&cloud, name)["status"], "SUCCESSFUL");
    }
}
