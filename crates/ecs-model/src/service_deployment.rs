//! `DescribeServiceDeployments` and `ListServiceDeployments`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::time;

/// A service deployment as returned by `DescribeServiceDeployments`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceDeployment {
    pub service_deployment_arn: String,
    pub status: ServiceDeploymentStatus,
    pub status_reason: Option<String>,
    #[serde(deserialize_with = "known_stage")]
    pub lifecycle_stage: Option<LifecycleStage>,
    pub lifecycle_hook_details: Vec<LifecycleHook>,
    /// Absent while PENDING; empty for the first deployment of a service.
    pub source_service_revisions: Option<Vec<ServiceRevisionSummary>>,
    pub target_service_revision: ServiceRevisionSummary,
    pub rollback: Option<Rollback>,
    pub deployment_circuit_breaker: FailureMonitor,
    pub alarms: FailureMonitor,
    pub deployment_configuration: DeploymentConfiguration,
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub started_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub finished_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub stopped_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub updated_at: Option<Timestamp>,
}

/// A service deployment as returned by `ListServiceDeployments`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceDeploymentBrief {
    pub service_deployment_arn: String,
    pub target_service_revision_arn: Option<String>,
    pub status: ServiceDeploymentStatus,
    #[serde(deserialize_with = "time::optional")]
    pub created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub started_at: Option<Timestamp>,
    #[serde(deserialize_with = "time::optional")]
    pub finished_at: Option<Timestamp>,
}

/// The status of a service deployment. There is no FAILED.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceDeploymentStatus {
    #[default]
    Pending,
    InProgress,
    Successful,
    StopRequested,
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
    /// A status that this version does not know. It is not a final one, so the wait continues.
    #[serde(untagged)]
    Other(String),
}

impl ServiceDeploymentStatus {
    /// The progress of the status. It never decreases, so a response with a lower rank than an
    /// earlier one is outdated.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Other(_) => 1,
            Self::InProgress => 2,
            Self::StopRequested | Self::RollbackRequested => 3,
            Self::RollbackInProgress => 4,
            Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed => 5,
        }
    }

    /// Whether the status is final.
    pub fn is_final(&self) -> bool {
        self.rank() == 5
    }

    /// The name in AWS's API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::StopRequested => "STOP_REQUESTED",
            Self::Stopped => "STOPPED",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for ServiceDeploymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The stages of a blue/green, canary or linear deployment in their order. A rolling deployment
/// has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LifecycleStage {
    ReconcileService,
    PreScaleUp,
    ScaleUp,
    PostScaleUp,
    TestTrafficShift,
    PostTestTrafficShift,
    PreProductionTrafficShift,
    ProductionTrafficShift,
    PostProductionTrafficShift,
    BakeTime,
    CleanUp,
}

impl LifecycleStage {
    /// All stages, in their order.
    pub const ALL: [Self; 11] = [
        Self::ReconcileService,
        Self::PreScaleUp,
        Self::ScaleUp,
        Self::PostScaleUp,
        Self::TestTrafficShift,
        Self::PostTestTrafficShift,
        Self::PreProductionTrafficShift,
        Self::ProductionTrafficShift,
        Self::PostProductionTrafficShift,
        Self::BakeTime,
        Self::CleanUp,
    ];

    /// The name in AWS's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Self::BakeTime => "BAKE_TIME",
            Self::CleanUp => "CLEAN_UP",
        }
    }
}

impl fmt::Display for LifecycleStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a lifecycle stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a lifecycle stage, e.g. bake_time")]
pub struct ParseLifecycleStageError(pub String);

impl FromStr for LifecycleStage {
    type Err = ParseLifecycleStageError;

    /// Parses the name in AWS's API, in any case and also with `-` instead of `_`.
    fn from_str(text: &str) -> Result<Self, ParseLifecycleStageError> {
        let word = text.trim().to_ascii_uppercase().replace('-', "_");
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| ParseLifecycleStageError(text.to_owned()))
    }
}

/// An unknown stage counts as none.
fn known_stage<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<LifecycleStage>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.and_then(|word| word.parse().ok()))
}

/// A lifecycle hook that has run, is running, or waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleHook {
    pub hook_id: Option<String>,
    pub target_type: Option<String>,
    pub status: Option<String>,
    pub timeout_action: Option<String>,
    #[serde(deserialize_with = "time::optional")]
    pub expires_at: Option<Timestamp>,
}

impl LifecycleHook {
    /// Whether a PAUSE hook stops the deployment until somebody continues it. The status of the
    /// deployment stays IN_PROGRESS.
    pub fn awaits_action(&self) -> bool {
        self.status.as_deref() == Some("AWAITING_ACTION")
    }
}

/// The tasks and the traffic of a service revision within a service deployment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceRevisionSummary {
    pub arn: Option<String>,
    pub requested_task_count: Option<u32>,
    pub running_task_count: Option<u32>,
    pub pending_task_count: Option<u32>,
    pub requested_test_traffic_weight: Option<f64>,
    pub requested_production_traffic_weight: Option<f64>,
}

/// The rollback that ECS has started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rollback {
    pub reason: Option<String>,
    pub service_revision_arn: Option<String>,
    #[serde(deserialize_with = "time::optional")]
    pub started_at: Option<Timestamp>,
}

/// The state of the circuit breaker or of the alarms for this deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FailureMonitor {
    pub status: Option<String>,
    pub failure_count: Option<u32>,
    pub threshold: Option<u32>,
    pub triggered_alarm_names: Vec<String>,
}

impl FailureMonitor {
    /// Whether it has failed the deployment.
    pub fn has_triggered(&self) -> bool {
        self.status.as_deref() == Some("TRIGGERED") || !self.triggered_alarm_names.is_empty()
    }
}

/// How traffic moves to the new revision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeploymentStrategy {
    #[default]
    Rolling,
    BlueGreen,
    Linear,
    Canary,
    /// A strategy that this version does not know.
    #[serde(other)]
    Other,
}

impl DeploymentStrategy {
    /// The name in AWS's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rolling => "ROLLING",
            Self::BlueGreen => "BLUE_GREEN",
            Self::Linear => "LINEAR",
            Self::Canary => "CANARY",
            Self::Other => "a strategy that this version does not know",
        }
    }
}

impl fmt::Display for DeploymentStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The part of the deployment configuration that decides on rollbacks and waiting times.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfiguration {
    pub strategy: DeploymentStrategy,
    pub bake_time_in_minutes: Option<u32>,
    pub canary_configuration: CanaryConfiguration,
    pub linear_configuration: LinearConfiguration,
    pub lifecycle_hooks: Vec<ConfiguredHook>,
    pub deployment_circuit_breaker: FailureAction,
    pub alarms: FailureAction,
}

/// `enable` and `rollback` of the circuit breaker or the alarms.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FailureAction {
    pub enable: bool,
    pub rollback: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryConfiguration {
    pub canary_bake_time_in_minutes: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LinearConfiguration {
    pub step_percent: Option<f64>,
    pub step_bake_time_in_minutes: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfiguredHook {
    pub target_type: Option<String>,
    pub lifecycle_stages: Vec<String>,
    pub timeout_configuration: HookTimeout,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookTimeout {
    pub timeout_in_minutes: Option<u32>,
}

impl DeploymentConfiguration {
    /// Whether ECS rolls the deployment back automatically when it fails.
    pub fn rolls_back(&self) -> bool {
        let on = |switch: &FailureAction| switch.enable && switch.rollback;
        on(&self.deployment_circuit_breaker) || on(&self.alarms)
    }

    /// The time that the configuration adds to the time of the tasks: bake time, canary and linear
    /// steps (AWS's defaults if absent), and the timeouts of PAUSE hooks. Lambda hooks do not count,
    /// because they work and do not wait.
    pub fn own_time(&self) -> SignedDuration {
        let bake = self.bake_time_in_minutes.unwrap_or(0);
        let steps = match self.strategy {
            DeploymentStrategy::Rolling
            | DeploymentStrategy::BlueGreen
            | DeploymentStrategy::Other => 0,
            DeploymentStrategy::Canary => self
                .canary_configuration
                .canary_bake_time_in_minutes
                .unwrap_or(10),
            DeploymentStrategy::Linear => {
                let percent = self.linear_configuration.step_percent.unwrap_or(10.0);
                let steps = (100.0 / percent.clamp(1.0, 100.0)).ceil() as u32;
                let minutes = self
                    .linear_configuration
                    .step_bake_time_in_minutes
                    .unwrap_or(6);
                // There is no bake time after the last step.
                minutes.saturating_mul(steps.saturating_sub(1))
            }
        };
        let pauses = self
            .lifecycle_hooks
            .iter()
            .filter(|hook| hook.target_type.as_deref() == Some("PAUSE"))
            .map(|hook| {
                let minutes = hook.timeout_configuration.timeout_in_minutes.unwrap_or(0);
                minutes.saturating_mul(hook.lifecycle_stages.len().max(1) as u32)
            })
            .fold(0u32, u32::saturating_add);
        let minutes = bake.saturating_add(steps).saturating_add(pauses);
        SignedDuration::from_mins(minutes.into())
    }
}
