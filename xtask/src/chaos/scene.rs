//! The AWS, registry and pull request of a scenario, in the fakes.

use std::time::Duration;

use fakes::{Clock, Cloud, Fault, FaultRule, Rollout};
use serde_json::{Value, json};

use super::history::{Call, Deployed, History};
use super::plan::{Credentials, Ending, PlannedFault, Scenario, Trouble};
use crate::platform::{self, PROJECT, PULL_REQUEST};

/// The service that the pipelines deploy.
pub const SERVICE: &str = "hello";
/// Its cluster.
pub const CLUSTER: &str = "demo";

/// A started cloud in the state before the pipeline.
pub fn make(scenario: &Scenario) -> Result<Cloud, String> {
    let skew = jiff::SignedDuration::from_secs(scenario.skew);
    let clock = Clock::following(move || jiff::Timestamp::now() + skew);
    let cloud = Cloud::builder().clock(clock).seed(scenario.seed).start();
    platform::make(&cloud);
    if !scenario.has_immutable_tags {
        let body = json!({"repositoryName": SERVICE, "imageTagMutability": "MUTABLE"});
        let changed = cloud.call("ecr", "PutImageTagMutability", body);
        changed.map_err(|e| format!("the repository: {e:?}"))?;
    }
    cloud.sts().reject_wrong_clocks();
    // A shorter life than was requested is what the fakes have to make sessions end during a run. With a wrong
    // clock, no program can know when such a session ends.
    if let Credentials::Role(length) = scenario.credentials
        && scenario.skew == 0
    {
        cloud.sts().session_length(length);
    }
    if scenario.has_service {
        running_service(&cloud).map_err(|e| format!("the first service: {e:?}"))?;
    }
    cloud.ecs().default_script(rollout(scenario));
    if scenario.ending == Ending::Superseded {
        cloud
            .ecs()
            .script(SERVICE, Rollout::superseded().over(scenario.over * 2));
        cloud
            .ecs()
            .default_script(Rollout::healthy().over(scenario.over));
    }
    if !scenario.lag.is_zero() {
        cloud.ecs().stale_reads(scenario.lag);
    }
    cloud.ecs().listed_after(scenario.listed_after);
    Ok(cloud)
}

fn rollout(scenario: &Scenario) -> Rollout {
    let rollout = match scenario.ending {
        Ending::Healthy | Ending::Superseded => Rollout::healthy(),
        Ending::Crashes => Rollout::crashing().exit_code(3).log_lines(["no database"]),
        Ending::CannotPull => Rollout::cannot_pull("hello:v1"),
        Ending::UnhealthyTargets => Rollout::never_healthy_targets(),
    };
    rollout
        .over(scenario.over)
        .draining(scenario.over / 4)
        .rolling_back(scenario.over / 2)
}

/// The service before the pipeline: another revision of the same family.
fn running_service(cloud: &Cloud) -> Result<(), fakes::ApiError> {
    let definition = json!({
        "family": SERVICE, "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "hello:v0", "portMappings": [{"containerPort": 8080}]}],
    });
    cloud.call("ecs", "RegisterTaskDefinition", definition)?;
    let group = cloud.elb().target_group(SERVICE, 8080);
    cloud.ecs().running_service(json!({
        "cluster": CLUSTER, "serviceName": SERVICE, "taskDefinition": SERVICE, "desiredCount": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f60001"]}},
        "loadBalancers": [{"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080}],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
    }))?;
    Ok(())
}

/// The fault in the fakes.
pub fn fault(planned: &PlannedFault) -> Fault {
    let (service, operation) = planned.operation;
    let rule: FaultRule = Fault::on(service, operation)
        .skip(planned.skip)
        .times(planned.times)
        .percent(planned.percent);
    match planned.trouble {
        Trouble::Throttle => rule.throttle(),
        Trouble::RetryAfter => rule.throttle_with_retry_after(Duration::from_secs(1)),
        Trouble::Status(status) => rule.status(status),
        Trouble::BareStatus(status) => rule.bare(status),
        Trouble::HtmlPage(status) => rule.html(status),
        Trouble::CutBeforeWork => rule.cut_before_answer(),
        Trouble::CutAfterWork => rule.cut_after_work(),
        Trouble::CutRequest(byte) => rule.cut_request_at(byte),
        Trouble::CutResponse(byte) => rule.cut_answer_at(byte),
        Trouble::Malformed => rule.malformed(),
        Trouble::Delay(by) => rule.delay(by),
        Trouble::SlowLink(rate) => rule.slow_link(rate),
    }
}

/// The requests so far.
pub fn calls(cloud: &Cloud) -> Vec<Call> {
    let requests = cloud.requests();
    requests
        .iter()
        .map(|request| Call {
            service: request.service.name(),
            operation: request.operation.clone(),
            identity: format!("{} {}", identity(&request.path), request.json()),
            status: request.status,
            fault: request.fault_kind.filter(|_| request.fault),
            has_expired: String::from_utf8_lossy(&request.answer).contains("ExpiredToken"),
            has_worked: request.worked,
        })
        .collect()
}

/// A path without the ID of an upload, which differs each time.
fn identity(path: &str) -> &str {
    match path.split_once("/blobs/uploads/") {
        Some((_, rest)) => rest.split_once('?').map_or(rest, |(_, query)| query),
        None => path,
    }
}

/// The state at the end, read without faults.
pub fn read(cloud: &Cloud, history: &mut History) -> Result<(), String> {
    cloud.ecs().stale_reads(Duration::ZERO);
    cloud.ecs().listed_after(Duration::ZERO);
    let call = |operation: &str, body: Value| {
        let answer = cloud.call("ecs", operation, body);
        answer.map_err(|e| format!("{operation} at the end: {e:?}"))
    };
    let services = call("ListServices", json!({"cluster": CLUSTER}))?;
    history.services = services["serviceArns"].as_array().map_or(0, Vec::len);
    history.calls = calls(cloud);
    let comments = cloud.github().comments(PROJECT, PULL_REQUEST);
    history.comments = comments.into_iter().map(|comment| comment.body).collect();
    if history.services == 0 {
        return Ok(());
    }
    let listed = call(
        "ListServiceDeployments",
        json!({"cluster": CLUSTER, "service": SERVICE}),
    )?;
    let mut arns: Vec<&Value> = listed["serviceDeployments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|deployment| &deployment["serviceDeploymentArn"])
        .collect();
    arns.reverse();
    // The deployment that made the service of the scene is not the pipeline's.
    let own = usize::from(history.scenario.has_service);
    for arn in arns.iter().skip(own) {
        let body = json!({"serviceDeploymentArns": [arn]});
        let described = call("DescribeServiceDeployments", body)?;
        history
            .deployments
            .push(deployed(&described["serviceDeployments"][0]));
    }
    if history.scenario.ending == Ending::Superseded && history.deployments.len() > 1 {
        history.foreign_deployments = 1;
        history.deployments.remove(1);
    }
    Ok(())
}

fn deployed(deployment: &Value) -> Deployed {
    let status = deployment["status"].as_str().unwrap_or_default();
    let has_failed = !matches!(status, "SUCCESSFUL" | "IN_PROGRESS" | "PENDING");
    let ends = ["stoppedAt", "finishedAt", "updatedAt"].map(|name| &deployment[name]);
    let mut moments = std::iter::once(&deployment["rollback"]["startedAt"]).chain(ends);
    Deployed {
        status: status.to_owned(),
        created_at: deployment["createdAt"].as_f64().unwrap_or_default(),
        failed_at: moments.find_map(Value::as_f64).filter(|_| has_failed),
    }
}
