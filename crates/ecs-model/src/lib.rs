//! What AWS shows of an ECS service, how a deployment is identified, and one parser each for what
//! people write: ARNs, images, hosts of ECR, names of task definitions, durations. No clock, no
//! network, no files. The shapes are read by serde from AWS's own JSON shapes and carry AWS's names: every member
//! is optional, unknown members and unknown words are kept or passed over, never an error.
//!
//! An answer that lacks a member says nothing about it. So nothing here invents a value: absent is
//! `None` or empty, and what that means is decided where the verdict is.

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
    Container, ContainerDefinition, HealthStatus, LogConfiguration, Task, TaskDefinition,
};
pub use task_definition_ref::{ParseTaskDefinitionRefError, TaskDefinitionRef, family_of};

pub use service_revision::registrations;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads one thing out of an answer. A member that is null counts as absent.
///
/// # Errors
/// Where a member has another type than AWS's model says.
pub fn from_answer<T: DeserializeOwned>(answer: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(without_nulls(answer))
}

/// Reads the list `member` of an answer; a missing one is empty.
///
/// # Errors
/// As [`from_answer`].
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
