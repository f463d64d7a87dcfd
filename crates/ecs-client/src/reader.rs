//! Reads one service of one cluster: its description, its deployments, their revisions, its tasks
//! and its targets. What the answers mean is decided by whoever asks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_elasticloadbalancingv2 as elb;
use aws_smithy_types::retry::RetryConfig;
use ecs_model::{
    ServiceDeployment, ServiceDeploymentBrief, TargetHealth, TargetState, from_answer,
    list_from_answer,
};
use pipeline_aws::{AwsError, AwsErrorKind, Session};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::availability::{Availability, is_unavailable};
use crate::ecs::{Ecs, Operation, RetryMode};
use crate::error::ReadError;

/// How many tasks one DescribeTasks takes.
const TASKS_PER_CALL: usize = 100;

/// Whether tags are described, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Included,
    LeftOut,
}

/// How much of the list of service deployments is read, the newest first.
#[derive(Debug, Clone, Copy)]
pub struct DeploymentPages {
    /// Service deployments per page, at most 100.
    pub size: u32,
    /// The most pages.
    pub limit: usize,
}

/// Reads one service of one cluster.
#[derive(Debug, Clone)]
pub struct ServiceReader {
    ecs: Ecs,
    elb: elb::Client,
    cluster: String,
    service: String,
    retries: RetryMode,
    asked: Arc<AtomicU32>,
}

impl ServiceReader {
    /// A reader of this service, each call of which is made so often.
    pub fn new(session: &Session, cluster: &str, service: &str, retries: RetryMode) -> Self {
        let mut elb = elb::config::Builder::from(session.config());
        if retries == RetryMode::Once {
            elb = elb.retry_config(RetryConfig::standard().with_max_attempts(1));
        }
        Self {
            ecs: Ecs::new(session),
            elb: elb::Client::from_conf(elb.build()),
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            retries,
            asked: Arc::default(),
        }
    }

    /// The client, for what this reader does not read.
    pub fn ecs(&self) -> &Ecs {
        &self.ecs
    }

    /// How many requests were sent since this was last called, each counted once however often the
    /// SDK repeated it.
    pub fn take_asked(&self) -> u32 {
        self.asked.swap(0, Ordering::Relaxed)
    }

    /// Asks ECS, as often as this reader asks.
    ///
    /// # Errors
    /// What ECS answered to the last try.
    pub async fn ask(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.ask_in(self.retries, operation, body).await
    }

    async fn ask_in(
        &self,
        retries: RetryMode,
        operation: Operation,
        body: &Value,
    ) -> Result<Value, AwsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match retries {
            RetryMode::Once => self.ecs.call_once(operation, body).await,
            RetryMode::Standard => self.ecs.ask(operation, body).await,
        }
    }

    /// Asks for what may not be available.
    async fn ask_if_available(
        &self,
        operation: Operation,
        body: &Value,
    ) -> Result<Availability<Value>, AwsError> {
        // The SDK's own tries come later: if nobody plays the call, they take seconds and change
        // nothing.
        let once = || self.ask_in(RetryMode::Once, operation, body);
        let mut ended = once().await;
        if ended.as_ref().is_err_and(AwsError::is_unimplemented) {
            // A proxy may have answered so; an emulator does it again.
            ended = once().await;
        }
        let is_final = |e: &AwsError| e.kind == AwsErrorKind::NotFound || is_unavailable(e);
        if self.retries == RetryMode::Standard && ended.as_ref().is_err_and(|e| !is_final(e)) {
            ended = self.ask(operation, body).await;
        }
        match ended {
            Ok(answer) => Ok(Availability::Available(answer)),
            Err(error) if is_unavailable(&error) => Ok(Availability::Unavailable(Box::new(error))),
            Err(error) => Err(error),
        }
    }

    /// The service as DescribeServices shows it; `None` if there is none of that name.
    ///
    /// # Errors
    /// If ECS refuses, or gives another reason than that the service is missing.
    pub async fn service(&self, tags: Tags) -> Result<Option<Value>, ReadError> {
        let mut body = json!({"cluster": self.cluster, "services": [self.service]});
        include(&mut body, tags);
        let mut answer = self.ask(Operation::DescribeServices, &body).await?;
        if let Some(service) = answer["services"].get_mut(0) {
            return Ok(Some(service.take()));
        }
        match answer["failures"][0]["reason"].as_str() {
            Some("MISSING") | None => Ok(None),
            Some(reason) => Err(ReadError::Failure {
                what: format!("service {}", self.service),
                reason: reason.to_owned(),
            }),
        }
    }

    /// The service's deployments, the newest ones certainly among them, in ECS's order.
    ///
    /// # Errors
    /// If ECS refuses for another reason than that the call is unavailable.
    pub async fn service_deployments(
        &self,
        pages: DeploymentPages,
    ) -> Result<Availability<Vec<ServiceDeploymentBrief>>, ReadError> {
        let operation = Operation::ListServiceDeployments;
        let mut body = json!({
            "cluster": self.cluster, "service": self.service, "maxResults": pages.size,
        });
        let mut listed = Vec::new();
        for _ in 0..pages.limit {
            let answer = match self.ask_if_available(operation, &body).await? {
                Availability::Available(answer) => answer,
                Availability::Unavailable(error) => return Ok(Availability::Unavailable(error)),
            };
            listed.extend(typed_list(operation, &answer, "serviceDeployments")?);
            match answer["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => break,
            }
        }
        Ok(Availability::Available(listed))
    }

    /// One service deployment; `None` if ECS does not know it, or not any more.
    ///
    /// # Errors
    /// As [`Self::service_deployments`].
    pub async fn service_deployment(
        &self,
        arn: &str,
    ) -> Result<Availability<Option<ServiceDeployment>>, ReadError> {
        let operation = Operation::DescribeServiceDeployments;
        let body = json!({"serviceDeploymentArns": [arn]});
        match self.ask_if_available(operation, &body).await {
            Ok(Availability::Available(answer)) => {
                let mut found = typed_list(operation, &answer, "serviceDeployments")?;
                Ok(Availability::Available(found.pop()))
            }
            Ok(Availability::Unavailable(error)) => Ok(Availability::Unavailable(error)),
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(Availability::Available(None)),
            Err(error) => Err(error.into()),
        }
    }

    /// One service revision as it is described; `None` if the answer has none.
    ///
    /// # Errors
    /// As [`Self::service_deployments`].
    pub async fn service_revision(
        &self,
        arn: &str,
    ) -> Result<Availability<Option<Value>>, AwsError> {
        let body = json!({"serviceRevisionArns": [arn]});
        let operation = Operation::DescribeServiceRevisions;
        Ok(match self.ask_if_available(operation, &body).await? {
            Availability::Available(mut answer) => {
                let found = answer["serviceRevisions"].get_mut(0).map(Value::take);
                Availability::Available(found)
            }
            Availability::Unavailable(error) => Availability::Unavailable(error),
        })
    }

    /// A registered task definition as DescribeTaskDefinition answers, by ARN, by
    /// `family:revision`, or a family's newest active one; `None` if there is none.
    ///
    /// # Errors
    /// What ECS answered otherwise.
    pub async fn task_definition(&self, name: &str, tags: Tags) -> Result<Option<Value>, AwsError> {
        let mut body = json!({"taskDefinition": name});
        include(&mut body, tags);
        match self.ask(Operation::DescribeTaskDefinition, &body).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All tasks of the service: running, pending, and those that stopped within the hour.
    ///
    /// # Errors
    /// What ECS answered instead.
    pub async fn tasks(&self) -> Result<Vec<Value>, AwsError> {
        let mut arns = BTreeSet::new();
        for status in ["RUNNING", "STOPPED"] {
            let body = json!({
                "cluster": self.cluster, "serviceName": self.service, "desiredStatus": status,
            });
            // One that stops in between is in both lists.
            arns.extend(self.list(Operation::ListTasks, body, "taskArns").await?);
        }
        let arns = Vec::from_iter(arns);
        self.describe_tasks(&self.cluster, &arns).await
    }

    /// These tasks of a cluster as they are described. ECS leaves out what it has forgotten.
    ///
    /// # Errors
    /// What ECS answered instead.
    pub async fn describe_tasks(
        &self,
        cluster: &str,
        arns: &[String],
    ) -> Result<Vec<Value>, AwsError> {
        let mut tasks = Vec::with_capacity(arns.len());
        for arns in arns.chunks(TASKS_PER_CALL) {
            let body = json!({"cluster": cluster, "tasks": arns});
            let mut answer = self.ask(Operation::DescribeTasks, &body).await?;
            if let Value::Array(described) = answer["tasks"].take() {
                tasks.extend(described);
            }
        }
        Ok(tasks)
    }

    /// All pages of a list of ARNs, which is the answer's member of this name.
    ///
    /// # Errors
    /// What ECS answered instead.
    pub async fn list(
        &self,
        operation: Operation,
        mut body: Value,
        member: &str,
    ) -> Result<Vec<String>, AwsError> {
        let mut all = Vec::new();
        loop {
            let answer = self.ask(operation, &body).await?;
            let page = answer[member].as_array().into_iter().flatten();
            all.extend(page.filter_map(|arn| arn.as_str().map(str::to_owned)));
            match answer["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => return Ok(all),
            }
        }
    }

    /// The health of a target group's targets; empty if the group was deleted.
    ///
    /// # Errors
    /// What Elastic Load Balancing answered instead.
    pub async fn targets(&self, group: &str) -> Result<Vec<TargetHealth>, AwsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let call = self.elb.describe_target_health().target_group_arn(group);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => match AwsError::new("elbv2", "DescribeTargetHealth", error) {
                error if error.kind == AwsErrorKind::NotFound => return Ok(Vec::new()),
                error => return Err(error),
            },
        };
        let targets = answer.target_health_descriptions().iter();
        let targets = targets.filter_map(|described| {
            let target = described.target()?;
            let health = described.target_health()?;
            Some(TargetHealth {
                id: target.id().unwrap_or_default().to_owned(),
                port: target.port().and_then(|port| u16::try_from(port).ok()),
                state: TargetState::from(health.state()?.as_str()),
                reason: health.reason().map(|reason| reason.as_str().to_owned()),
                description: health.description().map(str::to_owned),
            })
        });
        Ok(targets.collect())
    }
}

fn include(body: &mut Value, tags: Tags) {
    if tags == Tags::Included {
        body["include"] = json!(["TAGS"]);
    }
}

/// Reads a part of an answer into its type.
///
/// # Errors
/// If a member has another type than AWS's model says.
pub fn typed<T: DeserializeOwned>(operation: Operation, answer: &Value) -> Result<T, ReadError> {
    from_answer(answer).map_err(|source| unexpected(operation, source))
}

fn typed_list<T: DeserializeOwned>(
    operation: Operation,
    answer: &Value,
    member: &str,
) -> Result<Vec<T>, ReadError> {
    list_from_answer(answer, member).map_err(|source| unexpected(operation, source))
}

fn unexpected(operation: Operation, source: serde_json::Error) -> ReadError {
    ReadError::Answer {
        operation: operation.name(),
        source,
    }
}
