//! `DescribeServices`: the service, its classic deployments and its last 100 events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::service_deployment::DeploymentConfiguration;
use super::service_revision::LoadBalancer;
use crate::time;

/// A service as `DescribeServices` shows it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    pub service_arn: String,
    pub service_name: String,
    pub cluster_arn: String,
    /// When the service was created. A service that is created again under its name is younger.
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: Option<String>,
    pub desired_count: Option<u32>,
    pub running_count: Option<u32>,
    pub pending_count: Option<u32>,
    pub task_definition: Option<String>,
    pub load_balancers: Vec<LoadBalancer>,
    pub deployment_configuration: DeploymentConfiguration,
    pub deployment_controller: DeploymentController,
    pub deployments: Vec<Deployment>,
    /// Newest first.
    pub events: Vec<ServiceEvent>,
}

/// What controls deployments; absent means ECS.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeploymentController {
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// One classic deployment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// `ecs-svc/NUMBER`.
    pub id: String,
    /// PRIMARY, ACTIVE (it is being replaced) or INACTIVE.
    pub status: String,
    pub task_definition: Option<String>,
    /// 0 at first, regardless of the service's desired count.
    pub desired_count: Option<u32>,
    pub pending_count: Option<u32>,
    pub running_count: Option<u32>,
    /// Consecutive failures; reset to 0 after a success.
    pub failed_tasks: Option<u32>,
    pub rollout_state: Option<RolloutState>,
    pub rollout_state_reason: Option<String>,
    /// Updated when ECS rolls back to the deployment.
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub updated_at: Option<Timestamp>,
}

impl Deployment {
    /// Whether ECS is rolling back to this deployment. After the rollback, the reason changes.
    pub fn is_rollback_target(&self) -> bool {
        let reason = self.rollout_state_reason.as_deref();
        reason.is_some_and(|reason| reason.contains("rolling back"))
    }
}

/// `rolloutState`; only rolling deployments have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RolloutState {
    InProgress,
    Completed,
    Failed,
    /// A value that this version does not know.
    #[serde(other)]
    Other,
}

/// A service event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceEvent {
    pub id: String,
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    pub message: String,
}

impl Service {
    /// The deployment that ECS is rolling out, or has rolled out.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.status == "PRIMARY")
    }

    /// The deployment with this ID.
    pub fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.id == id)
    }

    /// Whether the service has been deleted or is being deleted.
    pub fn is_gone(&self) -> bool {
        matches!(self.status.as_deref(), Some("DRAINING" | "INACTIVE"))
    }

    /// The deployment controller, if it is not ECS: CODE_DEPLOY or EXTERNAL.
    pub fn other_controller(&self) -> Option<&str> {
        self.deployment_controller
            .kind
            .as_deref()
            .filter(|kind| *kind != "ECS")
    }
}
