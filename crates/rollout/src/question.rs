//! What a wait should find out about a deployment.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use ecs_model::{DeploymentRef, LifecycleStage};
use jiff::SignedDuration;

/// The question that a wait answers.
#[derive(Debug, Clone)]
pub struct Question {
    /// The deployment. If it is missing, the PRIMARY deployment in the first read of the service.
    pub deployment: Option<DeploymentRef>,
    pub until: Until,
    /// Whether to wait for the end of a rollback. Otherwise its start is the verdict.
    pub until_rolled_back: bool,
    /// Whether a pause that waits for a person ends the wait.
    pub exit_on_pause: bool,
    /// Number of stopped tasks after which the deployment counts as failed, if no task was ever
    /// healthy.
    pub fail_fast: Option<NonZeroU32>,
    pub limit: Limit,
}

/// How far the deployment must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// ECS has completed it, and its tasks are healthy.
    Completed,
    /// As many tasks of this deployment are running as desired.
    Running,
    /// As many tasks of this deployment are healthy as desired.
    Healthy,
    /// This lifecycle stage, or a later one, has begun.
    Stage(LifecycleStage),
}

impl Until {
    /// The value of `--until`, which is also the name of the verdict.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Stage(stage) => stage.as_str(),
        }
    }
}

/// A text that is not a value of `--until`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a stage: expected running, healthy, completed or a lifecycle stage, e.g. bake_time"
)]
pub struct ParseUntilError(pub String);

impl FromStr for Until {
    type Err = ParseUntilError;

    /// Upper and lower case do not matter.
    fn from_str(text: &str) -> Result<Self, ParseUntilError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "completed" => Ok(Self::Completed),
            "running" => Ok(Self::Running),
            "healthy" => Ok(Self::Healthy),
            stage => match stage.parse() {
                Ok(stage) => Ok(Self::Stage(stage)),
                Err(_) => Err(ParseUntilError(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How long the wait may last, from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Exactly this long.
    Fixed(SignedDuration),
    /// This long, plus the bake and pause times in the deployment's configuration.
    Extended(SignedDuration),
}
