//! The data that AWS returns about an ECS service, the reference that identifies a deployment, and
//! the only parsers of what people write: ARNs, images, ECR hosts, names of task definitions,
//! durations.
//!
//! Decided here: the data has AWS's names, every member is optional, and unknown members and values
//! are never an error. Never here: what an absent member means. It is `None` or empty, and the
//! verdict (`rollout`) decides. No clock, no network, no files.

mod arn;
mod deployment_ref;
mod duration;
mod ecr_host;
mod image_ref;
mod service;
mod service_deployment;
mod service_revision;
mod target;
mod task;
mod task_definition_ref;
mod time;

pub use arn::{Arn, ParseArnError, is_account_id, is_arn, short_name};
pub use deployment_ref::{DeploymentRef, ParseDeploymentRefError, ServiceRef, ecs_svc_id};
pub use duration::{ParseDurationError, parse_duration};
pub use ecr_host::{EcrHost, ParseEcrHostError};
pub use image_ref::{ImageRef, ParseImageRefError};
pub use service::{Deployment, RolloutState, Service, ServiceEvent};
pub use service_deployment::{
    DeploymentConfiguration, DeploymentStrategy, FailureMonitor, LifecycleHook, LifecycleStage,
    ParseLifecycleStageError, Rollback, ServiceDeployment, ServiceDeploymentBrief,
    ServiceDeploymentStatus, ServiceRevisionSummary,
};
pub use service_revision::{LoadBalancer, ServiceRevision, TargetRegistration};
pub use target::{TargetHealth, TargetState};
pub use task::{
    Container, ContainerDefinition, ContainerDependency, HealthStatus, LogConfiguration, Task,
    TaskDefinition,
};
pub use task_definition_ref::{ParseTaskDefinitionRefError, TaskDefinitionRef, family_of};

pub use service_revision::registrations;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Deserializes a part of a response of AWS. A member that is null counts as absent.
///
/// # Errors
/// If a member has a different type than in AWS's service model.
pub fn from_answer<T: DeserializeOwned>(answer: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(without_nulls(answer))
}

/// Deserializes the list `member` of a response; a missing list is empty.
///
/// # Errors
/// The same as [`from_answer`].
pub fn list_from_answer<T: DeserializeOwned>(
    answer: &Value,
    member: &str,
) -> Result<Vec<T>, serde_json::Error> {
    match answer.get(member) {
        Some(list) if !list.is_null() => from_answer(list),
        _ => Ok(Vec::new()),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), without_nulls(v)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
