//! What is read of AWS, each answer as rollout wants to see it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_elasticloadbalancingv2 as elb;
use aws_smithy_types::retry::RetryConfig;
use ecs_model::{self, TargetHealth, TargetState, Task};
use pipeline_aws::{AwsError, Ecs, Kind, Operation, Session};
use rollout::{Sight, WayBack};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Error;

/// How many tasks one DescribeTasks takes.
const TASKS_A_CALL: usize = 100;

/// Reads one service of one cluster. Each call is tried once: the next poll is the retry.
#[derive(Debug)]
pub struct Reader {
    ecs: Ecs,
    elb: elb::Client,
    cluster: String,
    service: String,
    asked: AtomicU32,
}

impl Reader {
    pub fn new(session: &Session, cluster: &str, service: &str) -> Self {
        let once = RetryConfig::standard().with_max_attempts(1);
        let elb = elb::config::Builder::from(session.config())
            .retry_config(once)
            .build();
        Self {
            ecs: Ecs::new(session),
            elb: elb::Client::from_conf(elb),
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            asked: AtomicU32::new(0),
        }
    }

    /// How many requests were sent since this was last called.
    pub fn take_asked(&self) -> u32 {
        self.asked.swap(0, Ordering::Relaxed)
    }

    async fn call(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.ecs.call_once(operation, body).await
    }

    pub async fn service(&self) -> Result<Sight, Error> {
        let body = json!({"cluster": self.cluster, "services": [self.service]});
        let answer = self.call(Operation::DescribeServices, &body).await?;
        let mut services = list(Operation::DescribeServices, &answer, "services")?;
        Ok(match services.pop() {
            Some(service) => Sight::Service(Box::new(service)),
            None => Sight::NoService,
        })
    }

    pub async fn listing(&self) -> Result<Sight, Error> {
        let operation = Operation::ListServiceDeployments;
        let body = json!({"cluster": self.cluster, "service": self.service, "maxResults": 20});
        match self.call(operation, &body).await {
            Ok(answer) => Ok(Sight::Listing(list(
                operation,
                &answer,
                "serviceDeployments",
            )?)),
            Err(error) if is_closed(&error) => Ok(Sight::NoServiceDeployments),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn deployment(&self, arn: &str) -> Result<Sight, Error> {
        let operation = Operation::DescribeServiceDeployments;
        let body = json!({"serviceDeploymentArns": [arn]});
        match self.call(operation, &body).await {
            Ok(answer) => {
                let found = list(operation, &answer, "serviceDeployments")?.pop();
                Ok(found.map_or(Sight::NoServiceDeployment, |d| {
                    Sight::ServiceDeployment(Box::new(d))
                }))
            }
            Err(error) if is_closed(&error) => Ok(Sight::NoServiceDeployments),
            Err(error) if error.kind == Kind::NotFound => Ok(Sight::NoServiceDeployment),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn revision(&self, arn: &str) -> Result<Option<Sight>, Error> {
        let operation = Operation::DescribeServiceRevisions;
        match self
            .call(operation, &json!({"serviceRevisionArns": [arn]}))
            .await
        {
            Ok(answer) => {
                let found = list(operation, &answer, "serviceRevisions")?.pop();
                Ok(found.map(|revision| Sight::Revision(Box::new(revision))))
            }
            Err(error) if is_closed(&error) => Ok(Some(Sight::NoRevision)),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn task_definition(&self, arn: &str) -> Result<Sight, Error> {
        let operation = Operation::DescribeTaskDefinition;
        match self.call(operation, &json!({"taskDefinition": arn})).await {
            Ok(answer) => {
                let read = ecs_model::from_answer(&answer["taskDefinition"]);
                Ok(Sight::TaskDefinition(Box::new(
                    read.map_err(|e| garbled(operation, e))?,
                )))
            }
            Err(error) if matches!(error.kind, Kind::Denied | Kind::NotFound) => {
                Ok(Sight::NoTaskDefinition)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// All tasks of the service: running, pending, and those that stopped within the hour.
    pub async fn tasks(&self) -> Result<Sight, Error> {
        // One that stops in between is in both lists.
        let mut arns = BTreeSet::from_iter(self.task_arns("RUNNING").await?);
        arns.extend(self.task_arns("STOPPED").await?);
        let arns = Vec::from_iter(arns);
        let mut tasks: Vec<Task> = Vec::with_capacity(arns.len());
        for some in arns.chunks(TASKS_A_CALL) {
            let body = json!({"cluster": self.cluster, "tasks": some});
            let answer = self.call(Operation::DescribeTasks, &body).await?;
            tasks.extend(list(Operation::DescribeTasks, &answer, "tasks")?);
        }
        Ok(Sight::Tasks(tasks))
    }

    async fn task_arns(&self, status: &str) -> Result<Vec<String>, Error> {
        let mut arns = Vec::new();
        let mut page = Value::Null;
        loop {
            let mut body = json!({
                "cluster": self.cluster, "serviceName": self.service, "desiredStatus": status,
            });
            if !page.is_null() {
                body["nextToken"] = page;
            }
            let answer = self.call(Operation::ListTasks, &body).await?;
            arns.extend(list::<String>(Operation::ListTasks, &answer, "taskArns")?);
            page = answer["nextToken"].clone();
            if page.is_null() {
                return Ok(arns);
            }
        }
    }

    pub async fn targets(&self, group: &str) -> Result<Sight, Error> {
        let operation = "DescribeTargetHealth";
        self.asked.fetch_add(1, Ordering::Relaxed);
        let call = self.elb.describe_target_health().target_group_arn(group);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = AwsError::new("elbv2", operation, error);
                // Nothing is healthy in a group that was deleted; ECS says that in its events.
                let is_gone = error.kind == Kind::NotFound;
                return match is_gone {
                    true => Ok(targets_in(group, Vec::new())),
                    false => Err(error.into()),
                };
            }
        };
        let targets = answer
            .target_health_descriptions()
            .iter()
            .filter_map(|described| {
                let target = described.target()?;
                let health = described.target_health()?;
                Some(TargetHealth {
                    id: target.id().unwrap_or_default().to_owned(),
                    port: target.port().and_then(|port| u16::try_from(port).ok()),
                    state: TargetState::read(health.state()?.as_str()),
                    reason: health.reason().map(|reason| reason.as_str().to_owned()),
                    description: health.description().map(str::to_owned),
                })
            });
        Ok(targets_in(group, targets.collect()))
    }

    /// Has ECS take a deployment back. `false` where it has come to an end meanwhile.
    pub async fn take_back(&self, way: &WayBack) -> Result<bool, AwsError> {
        let (operation, body) = match way {
            WayBack::AtHook { deployment, hook } => (
                Operation::ContinueServiceDeployment,
                json!({"serviceDeploymentArn": deployment, "hookId": hook, "action": "ROLLBACK"}),
            ),
            WayBack::Stop { deployment } => (
                Operation::StopServiceDeployment,
                json!({"serviceDeploymentArn": deployment, "stopType": "ROLLBACK"}),
            ),
        };
        match (self.ecs.call(operation, &body).await, way) {
            (Ok(_), _) => Ok(true),
            (Err(error), _) if error.kind == Kind::Conflict => Ok(false),
            // The hook was answered meanwhile.
            (Err(error), WayBack::AtHook { deployment, .. }) if error.kind == Kind::Invalid => {
                let deployment = deployment.clone();
                Box::pin(self.take_back(&WayBack::Stop { deployment })).await
            }
            (Err(error), _) => Err(error),
        }
    }
}

fn targets_in(group: &str, targets: Vec<TargetHealth>) -> Sight {
    Sight::Targets {
        group: group.to_owned(),
        targets,
    }
}

fn list<T: DeserializeOwned>(
    operation: Operation,
    answer: &Value,
    member: &str,
) -> Result<Vec<T>, Error> {
    ecs_model::list_from_answer(answer, member).map_err(|source| garbled(operation, source))
}

fn garbled(operation: Operation, source: serde_json::Error) -> Error {
    Error::Answer {
        operation: operation.name(),
        source,
    }
}

/// Not allowed, or an operation that this endpoint does not know.
fn is_closed(error: &AwsError) -> bool {
    error.kind == Kind::Denied
        || [
            "UnknownOperationException",
            "InvalidAction",
            "UnsupportedFeatureException",
        ]
        .iter()
        .any(|code| error.is(code))
}
