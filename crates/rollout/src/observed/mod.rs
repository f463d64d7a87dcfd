//! What AWS answers, as far as a verdict needs it: read by serde out of AWS's own JSON shapes,
//! every member optional, unknown members and unknown words kept or passed over, never an error.
//!
//! An answer that lacks a member says nothing about it. So nothing here invents a value: absent is
//! `None` or empty, and what that means is decided where the verdict is.

mod revision;
mod service;
mod service_deployment;
mod target;
mod task;

pub use revision::{LoadBalancer, Registration, ServiceRevision};
pub use service::{Deployment, Event, RolloutState, Service};
pub use service_deployment::{
    DeploymentConfiguration, Hook, Listed, Monitor, RevisionCounts, Rollback, ServiceDeployment,
    Stage, Status, Strategy,
};
pub use target::{TargetHealth, TargetState};
pub use task::{Container, ContainerDefinition, Health, LogConfiguration, Task, TaskDefinition};

pub(crate) use revision::registrations;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads one thing out of an answer. A member that is null counts as absent.
///
/// # Errors
/// Where a member has another type than AWS's model says.
pub fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(without_nulls(answer))
}

/// Reads the list `member` of an answer; a missing one is empty.
///
/// # Errors
/// As [`read`].
pub fn read_list<T: DeserializeOwned>(
    answer: &Value,
    member: &str,
) -> Result<Vec<T>, serde_json::Error> {
    match answer.get(member) {
        Some(list) if !list.is_null() => read(list),
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
