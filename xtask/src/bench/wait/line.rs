//! One time line, and one waiter on it: a separate cloud in which a service runs and is deployed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use fakes::{Cloud, Rollout};
use serde_json::{Value, json};

use super::Sample;

/// How a time line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Succeeds,
    /// Tasks crash one after another until the circuit breaker rolls back.
    RollsBack,
}

impl End {
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeds => "from SUCCESSFUL to the exit",
            Self::RollsBack => "from the rollback's beginning to the exit",
        }
    }

    /// Each time line has another length, so that none is in step with the polls.
    fn rollout(self, number: usize) -> Rollout {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let part = (number as f64 * 0.618).fract();
        match self {
            Self::Succeeds => Rollout::healthy()
                .over(Duration::from_secs_f64(15.0 + 20.0 * part))
                .draining(Duration::from_secs(5)),
            Self::RollsBack => Rollout::crashing()
                .over(Duration::from_secs_f64(6.0 + 6.0 * part))
                .rolling_back(Duration::from_secs(10)),
        }
    }
}

/// A program that waits for a deployment.
pub struct Waiter {
    pub name: &'static str,
    program: PathBuf,
    /// Whether it starts the deployment itself.
    deploys: bool,
}

impl Waiter {
    pub const OURS: &'static str = "wait-healthy";

    pub fn ours(program: PathBuf) -> Self {
        Self {
            name: Self::OURS,
            program,
            deploys: false,
        }
    }

    pub fn aws(program: PathBuf) -> Self {
        Self {
            name: "aws ecs wait services-stable",
            program,
            deploys: false,
        }
    }

    pub fn fabfuel(program: PathBuf) -> Self {
        Self {
            name: "ecs deploy (fabfuel)",
            program,
            deploys: true,
        }
    }

    fn command(&self, cloud: &Cloud, deployment: &str) -> Command {
        let mut command = Command::new(&self.program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .envs(cloud.env())
            // Python's client reads the region only from this variable.
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .env("AWS_ENDPOINT_URL", cloud.endpoint_url())
            .env("FARGATE_ENDPOINT_URL", cloud.endpoint_url())
            .stdin(Stdio::null());
        match self.name {
            Self::OURS => command.args([
                "wait-healthy",
                "--cluster",
                "demo",
                "--service",
                "web",
                "--deployment",
                deployment,
            ]),
            _ if self.deploys => command.args(["deploy", "demo", "web"]),
            _ => command.args([
                "ecs",
                "wait",
                "services-stable",
                "--cluster",
                "demo",
                "--services",
                "web",
            ]),
        };
        command
    }
}

/// Deploys, lets the waiter wait, and looks up when ECS decided.
pub fn play(waiter: &Waiter, end: End, number: usize) -> Result<Sample, String> {
    let failed = |what: String| format!("{}: {what}", waiter.name);
    let cloud = Cloud::start();
    running(&cloud).map_err(|e| failed(e.to_string()))?;
    cloud.ecs().script("web", end.rollout(number));
    let deployment = if waiter.deploys {
        String::new()
    } else {
        deploy(&cloud).map_err(|e| failed(e.to_string()))?
    };
    let output = waiter.command(&cloud, &deployment).output();
    let exited = seconds(SystemTime::now());
    let output = output.map_err(|e| failed(e.to_string()))?;
    let printed = [&output.stdout[..], &output.stderr[..]].concat();
    let printed = String::from_utf8_lossy(&printed);
    // For a waiter that left early, the decision comes later.
    let patience = Instant::now() + Duration::from_secs(90);
    let decided = loop {
        match decided(&cloud, end).map_err(|e| failed(e.to_string()))? {
            Some(at) => break at,
            None if Instant::now() > patience => {
                return Err(failed(format!(
                    "{}, and ECS did not decide\n{printed}",
                    output.status
                )));
            }
            None => std::thread::sleep(Duration::from_millis(200)),
        }
    };
    let code = output.status.code();
    let right = match (end, waiter.name) {
        (End::Succeeds, _) => code == Some(0),
        (End::RollsBack, Waiter::OURS) => code == Some(6),
        (End::RollsBack, _) => code != Some(0),
    };
    if waiter.name == Waiter::OURS && !right {
        println!("{printed}");
    }
    Ok(Sample {
        waiter: waiter.name,
        end,
        delay: exited - decided,
        right,
    })
}

/// A service with two running tasks.
fn running(cloud: &Cloud) -> Result<(), fakes::ApiError> {
    cloud.ecs().cluster("demo");
    let group = cloud.elb().target_group("web", 8080);
    let definition = json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512",
        "containerDefinitions": [
            {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}]}],
    });
    cloud.call("ecs", "RegisterTaskDefinition", definition)?;
    cloud.ecs().running_service(json!({
        "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
        "loadBalancers": [
            {"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080}],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
    }))?;
    Ok(())
}

/// Starts a deployment; returns its ID.
fn deploy(cloud: &Cloud) -> Result<String, fakes::ApiError> {
    let body = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    let answer = cloud.call("ecs", "UpdateService", body)?;
    let deployments = answer["service"]["deployments"].as_array();
    let mut ids = deployments.into_iter().flatten().map(|d| &d["id"]);
    Ok(ids
        .next()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned())
}

/// When ECS decided about the newest deployment, if it has.
fn decided(cloud: &Cloud, end: End) -> Result<Option<f64>, fakes::ApiError> {
    let listed = json!({"cluster": "demo", "service": "web"});
    let listed = cloud.call("ecs", "ListServiceDeployments", listed)?;
    let arn = &listed["serviceDeployments"][0]["serviceDeploymentArn"];
    let described = json!({"serviceDeploymentArns": [arn]});
    let described = cloud.call("ecs", "DescribeServiceDeployments", described)?;
    let deployment = &described["serviceDeployments"][0];
    let at = match end {
        End::Succeeds => &deployment["finishedAt"],
        End::RollsBack => &deployment["rollback"]["startedAt"],
    };
    Ok(at.as_f64())
}

fn seconds(at: SystemTime) -> f64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
