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

/// Who decides over deployments; absent means ECS.
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
    /// 0 at first, whatever the service's desired count is.
    pub desired_count: Option<u32>,
    pub pending_count: Option<u32>,
    pub running_count: Option<u32>,
    /// Failures in a row; it falls back to 0.
    pub failed_tasks: Option<u32>,
    pub rollout_state: Option<RolloutState>,
    pub rollout_state_reason: Option<String>,
    /// New again when ECS rolls back to the deployment.
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub updated_at: Option<Timestamp>,
}

impl Deployment {
    /// Whether ECS rolls back to this deployment. Once that is over, the reason says so no more.
    pub fn says_rolling_back(&self) -> bool {
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
    /// A word of tomorrow.
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
    /// The deployment that the service steers to.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.status == "PRIMARY")
    }

    /// The deployment of this id.
    pub fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.id == id)
    }

    /// Whether the service is deleted, or being deleted.
    pub fn is_gone(&self) -> bool {
        matches!(self.status.as_deref(), Some("DRAINING" | "INACTIVE"))
    }

    /// The controller, where it is not ECS itself: CODE_DEPLOY or EXTERNAL.
    pub fn foreign_controller(&self) -> Option<&str> {
        self.deployment_controller
            .kind
            .as_deref()
            .filter(|kind| *kind != "ECS")
    }
}
