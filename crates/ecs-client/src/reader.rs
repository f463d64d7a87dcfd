//! Reads one service of one cluster: its description, deployments, service revisions, tasks and
//! targets. The callers decide what the responses mean.

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
use crate::ecs::{BRIEF, BriefError, Ecs, Operation, RetryMode};
use crate::error::ReadError;

/// Maximum number of tasks per DescribeTasks call.
pub const TASKS_PER_CALL: usize = 100;

/// Whether a description includes the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Included,
    Excluded,
}

/// How much of the list of service deployments is read, newest first.
#[derive(Debug, Clone, Copy)]
pub struct DeploymentPages {
    /// Service deployments per page, at most 100.
    pub size: u32,
    /// Maximum number of pages.
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
    request_count: Arc<AtomicU32>,
}

impl ServiceReader {
    /// Creates a reader that sends each call as often as `retries` allows.
    pub fn new(session: &Session, cluster: &str, service: &str, retries: RetryMode) -> Self {
        let mut elb = elb::config::Builder::from(session.config());
        if retries != RetryMode::Standard {
            elb = elb.retry_config(RetryConfig::standard().with_max_attempts(1));
        }
        Self {
            ecs: Ecs::new(session),
            elb: elb::Client::from_conf(elb.build()),
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            retries,
            request_count: Arc::default(),
        }
    }

    /// The client, for calls that this reader does not have.
    pub fn ecs(&self) -> &Ecs {
        &self.ecs
    }

    /// Returns the number of requests since the last call of this function. A request counts once,
    /// even if the SDK retried it.
    pub fn take_request_count(&self) -> u32 {
        self.request_count.swap(0, Ordering::Relaxed)
    }

    /// Calls ECS with the retry mode of this reader.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn call(&self, operation: Operation, body: &Value) -> Result<Value, AwsError> {
        self.call_in(self.retries, operation, body).await
    }

    async fn call_in(
        &self,
        retries: RetryMode,
        operation: Operation,
        body: &Value,
    ) -> Result<Value, AwsError> {
        let count = || {
            self.request_count.fetch_add(1, Ordering::Relaxed);
        };
        if retries == RetryMode::Brief {
            return self.ecs.call_briefly(operation, body, count).await;
        }
        count();
        match retries {
            RetryMode::Once | RetryMode::Brief => self.ecs.call_once(operation, body).await,
            RetryMode::Standard => self.ecs.call_idempotent(operation, body).await,
        }
    }

    /// Calls an operation that may be unavailable.
    async fn call_if_available(
        &self,
        operation: Operation,
        body: &Value,
    ) -> Result<Availability<Value>, AwsError> {
        // The first attempts do not use the SDK's retries: if the endpoint does not implement the
        // call, they take seconds and change nothing.
        let first = match self.retries {
            RetryMode::Brief => RetryMode::Brief,
            RetryMode::Once | RetryMode::Standard => RetryMode::Once,
        };
        let once = || self.call_in(first, operation, body);
        let mut ended = once().await;
        if ended.as_ref().is_err_and(AwsError::is_unimplemented) {
            // A proxy may have sent this response once. An emulator sends it again.
            ended = once().await;
        }
        let is_final = |e: &AwsError| e.kind == AwsErrorKind::NotFound || is_unavailable(e);
        if self.retries == RetryMode::Standard && ended.as_ref().is_err_and(|e| !is_final(e)) {
            ended = self.call(operation, body).await;
        }
        match ended {
            Ok(answer) => Ok(Availability::Available(answer)),
            Err(error) if is_unavailable(&error) => Ok(Availability::Unavailable(Box::new(error))),
            Err(error) => Err(error),
        }
    }

    /// Reads the service as DescribeServices returns it; `None` if it does not exist.
    ///
    /// # Errors
    /// If the call fails, or if ECS reports another failure than a missing service.
    pub async fn service(&self, tags: Tags) -> Result<Option<Value>, ReadError> {
        let mut body = json!({"cluster": self.cluster, "services": [self.service]});
        include(&mut body, tags);
        let mut answer = self.call(Operation::DescribeServices, &body).await?;
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

    /// Lists the service deployments in ECS's order; the newest ones are always included.
    ///
    /// # Errors
    /// If the call fails for another reason than being unavailable.
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
            let answer = match self.call_if_available(operation, &body).await? {
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

    /// Reads one service deployment; `None` if ECS does not know it (any more).
    ///
    /// # Errors
    /// See [`Self::service_deployments`].
    pub async fn service_deployment(
        &self,
        arn: &str,
    ) -> Result<Availability<Option<ServiceDeployment>>, ReadError> {
        let operation = Operation::DescribeServiceDeployments;
        let body = json!({"serviceDeploymentArns": [arn]});
        match self.call_if_available(operation, &body).await {
            Ok(Availability::Available(answer)) => {
                let mut found = typed_list(operation, &answer, "serviceDeployments")?;
                Ok(Availability::Available(found.pop()))
            }
            Ok(Availability::Unavailable(error)) => Ok(Availability::Unavailable(error)),
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(Availability::Available(None)),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads one service revision; `None` if the response does not contain it.
    ///
    /// # Errors
    /// See [`Self::service_deployments`].
    pub async fn service_revision(
        &self,
        arn: &str,
    ) -> Result<Availability<Option<Value>>, AwsError> {
        let body = json!({"serviceRevisionArns": [arn]});
        let operation = Operation::DescribeServiceRevisions;
        Ok(match self.call_if_available(operation, &body).await? {
            Availability::Available(mut answer) => {
                let found = answer["serviceRevisions"].get_mut(0).map(Value::take);
                Availability::Available(found)
            }
            Availability::Unavailable(error) => Availability::Unavailable(error),
        })
    }

    /// Reads a registered task definition as DescribeTaskDefinition returns it. `name` is an ARN,
    /// `family:revision`, or a family (its newest active revision). `None` if it does not exist.
    ///
    /// # Errors
    /// Any other error of ECS.
    pub async fn task_definition(&self, name: &str, tags: Tags) -> Result<Option<Value>, AwsError> {
        let mut body = json!({"taskDefinition": name});
        include(&mut body, tags);
        match self.call(Operation::DescribeTaskDefinition, &body).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads all tasks of the service: running, pending, and stopped within the last hour.
    ///
    /// # Errors
    /// The error of ECS.
    pub async fn tasks(&self) -> Result<Vec<Value>, AwsError> {
        let arns = self.task_arns().await?;
        self.describe_tasks(&self.cluster, &arns).await
    }

    /// The ARNs of all tasks of the service, each once.
    ///
    /// # Errors
    /// What ECS answered instead.
    pub async fn task_arns(&self) -> Result<Vec<String>, AwsError> {
        let list = |status: &str| {
            let body = json!({
                "cluster": self.cluster, "serviceName": self.service, "desiredStatus": status,
            });
            self.list(Operation::ListTasks, body, "taskArns")
        };
        let (running, stopped) = tokio::try_join!(list("RUNNING"), list("STOPPED"))?;
        // A task that stops between the two calls is in both lists.
        let arns: BTreeSet<String> = running.into_iter().chain(stopped).collect();
        Ok(Vec::from_iter(arns))
    }

    /// These tasks of the service's cluster, at most 100. ECS leaves out what it has forgotten.
    ///
    /// # Errors
    /// What ECS answered instead.
    pub async fn describe_batch(&self, arns: &[String]) -> Result<Vec<Value>, AwsError> {
        self.describe_tasks(&self.cluster, arns).await
    }

    /// Describes these tasks of a cluster. The result lacks tasks that ECS does not know any more.
    ///
    /// # Errors
    /// The error of ECS.
    pub async fn describe_tasks(
        &self,
        cluster: &str,
        arns: &[String],
    ) -> Result<Vec<Value>, AwsError> {
        let mut tasks = Vec::with_capacity(arns.len());
        for arns in arns.chunks(TASKS_PER_CALL) {
            let body = json!({"cluster": cluster, "tasks": arns});
            let mut answer = self.call(Operation::DescribeTasks, &body).await?;
            if let Value::Array(described) = answer["tasks"].take() {
                tasks.extend(described);
            }
        }
        Ok(tasks)
    }

    /// Reads all pages of a list of ARNs. `member` is the member of the response that contains
    /// them.
    ///
    /// # Errors
    /// The error of ECS.
    pub async fn list(
        &self,
        operation: Operation,
        mut body: Value,
        member: &str,
    ) -> Result<Vec<String>, AwsError> {
        let mut all = Vec::new();
        loop {
            let answer = self.call(operation, &body).await?;
            let page = answer[member].as_array().into_iter().flatten();
            all.extend(page.filter_map(|arn| arn.as_str().map(str::to_owned)));
            match answer["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => return Ok(all),
            }
        }
    }

    /// Reads the health of a target group's targets; empty if the target group was deleted.
    ///
    /// # Errors
    /// The error of Elastic Load Balancing.
    pub async fn targets(&self, group: &str) -> Result<Vec<TargetHealth>, AwsError> {
        let mut attempts = BRIEF.begin();
        let answer = loop {
            self.request_count.fetch_add(1, Ordering::Relaxed);
            let call = self.elb.describe_target_health().target_group_arn(group);
            let error = match call.send().await {
                Ok(answer) => break answer,
                Err(error) => AwsError::new("elbv2", "DescribeTargetHealth", error),
            };
            if error.kind == AwsErrorKind::NotFound {
                return Ok(Vec::new());
            }
            if self.retries != RetryMode::Brief {
                return Err(error);
            }
            let pause = attempts.pause(BriefError(error)).await;
            pause.map_err(|BriefError(error)| error)?;
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

/// Converts a part of a response to its type.
///
/// # Errors
/// If a member has another type than in AWS's model.
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
