//! `DescribeTasks`, and the part of the task definition that a verdict and its cause need.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::short_name;
use crate::time;

/// A task.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Task {
    pub task_arn: String,
    pub task_definition_arn: Option<String>,
    /// `ecs-svc/NUMBER` for a task of a deployment.
    pub started_by: Option<String>,
    pub last_status: Option<String>,
    pub desired_status: Option<String>,
    pub health_status: Option<HealthStatus>,
    /// Absent in older responses.
    pub stop_code: Option<String>,
    pub stopped_reason: Option<String>,
    /// May be empty for a task that never started.
    pub containers: Vec<Container>,
    pub attachments: Vec<Attachment>,
    pub availability_zone: Option<String>,
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub started_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub stopping_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub stopped_at: Option<Timestamp>,
    /// Increases with each change of the task.
    pub version: Option<u64>,
}

/// A container of a task.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: String,
    pub last_status: Option<String>,
    pub exit_code: Option<i64>,
    /// At most 1,024 characters.
    pub reason: Option<String>,
    pub health_status: Option<HealthStatus>,
    pub network_interfaces: Vec<NetworkInterface>,
    pub runtime_id: Option<String>,
}

/// The health of a container or task. UNKNOWN means "not yet" as well as "no health check".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HealthStatus {
    Healthy,
    Unhealthy,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkInterface {
    pub private_ipv4_address: Option<String>,
    pub ipv6_address: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub details: Vec<AttachmentDetail>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AttachmentDetail {
    pub name: String,
    pub value: Option<String>,
}

impl Task {
    /// The task's ID: the end of its ARN. The names of its log streams end in it, too.
    pub fn id(&self) -> &str {
        short_name(&self.task_arn)
    }

    /// Whether it is running and not about to stop.
    pub fn is_running(&self) -> bool {
        self.last_status.as_deref() == Some("RUNNING")
            && self.desired_status.as_deref() != Some("STOPPED")
    }

    /// Whether it has stopped or is about to stop.
    pub fn is_stopped(&self) -> bool {
        self.last_status.as_deref() == Some("STOPPED")
            || self.desired_status.as_deref() == Some("STOPPED")
    }

    /// The IP addresses under which load balancers know it. AWS has two names for the member.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let attached = self
            .attachments
            .iter()
            .flat_map(|a| &a.details)
            .filter(|d| matches!(d.name.as_str(), "privateIPv4Address" | "ipv6Address"))
            .filter_map(|d| d.value.as_deref());
        let of_containers = self
            .containers
            .iter()
            .flat_map(|c| &c.network_interfaces)
            .flat_map(|n| [&n.private_ipv4_address, &n.ipv6_address])
            .filter_map(|address| address.as_deref());
        attached.chain(of_containers)
    }
}

/// The part of a task definition that health and logs need.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskDefinition {
    pub task_definition_arn: Option<String>,
    pub container_definitions: Vec<ContainerDefinition>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerDefinition {
    pub name: String,
    /// The default is true.
    pub essential: Option<bool>,
    pub health_check: Option<Value>,
    pub depends_on: Vec<ContainerDependency>,
    pub log_configuration: Option<LogConfiguration>,
}

/// Another container that must reach a condition before this one starts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerDependency {
    pub container_name: String,
    /// `START`, `COMPLETE`, `SUCCESS` or `HEALTHY`.
    pub condition: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogConfiguration {
    pub log_driver: String,
    pub options: BTreeMap<String, String>,
}

impl TaskDefinition {
    /// Whether the health of a task means something: ECS derives it from the health checks of
    /// essential containers, and reports UNKNOWN if there are none.
    pub fn has_health_check(&self) -> bool {
        self.container_definitions
            .iter()
            .any(|c| c.essential.unwrap_or(true) && c.health_check.is_some())
    }

    /// The container of this name.
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.container_definitions.iter().find(|c| c.name == name)
    }
}
