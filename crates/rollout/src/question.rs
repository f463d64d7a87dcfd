//! What is asked about a deployment.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use ecs_model::{DeploymentRef, LifecycleStage};
use jiff::SignedDuration;

/// The question that a wait answers.
#[derive(Debug, Clone)]
pub struct Question {
    /// The deployment; without one, the PRIMARY deployment in the first reading of the service.
    pub deployment: Option<DeploymentRef>,
    pub until: Until,
    /// Whether a rollback is watched to its end. Otherwise it is the verdict when it begins.
    pub until_rolled_back: bool,
    /// Whether a deployment that waits for a person ends the wait.
    pub exit_on_pause: bool,
    /// After how many stopped tasks, with none ever healthy, the deployment counts as failed.
    pub fail_fast: Option<NonZeroU32>,
    pub limit: Limit,
}

/// How far the deployment has to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// ECS says SUCCESSFUL, and its tasks are seen healthy.
    Completed,
    /// As many tasks of this deployment run as are desired.
    Running,
    /// As many tasks of this deployment are healthy as are desired.
    Healthy,
    /// The lifecycle stage has begun, or a later one.
    Stage(LifecycleStage),
}

impl Until {
    /// As a person writes it; also the verdict's name if it is reached.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Stage(stage) => stage.as_str(),
        }
    }
}

/// Why a text does not say how far a deployment has to come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a stage: expected running, healthy, completed or a lifecycle stage, e.g. bake_time"
)]
pub struct ParseUntilError(pub String);

impl FromStr for Until {
    type Err = ParseUntilError;

    /// Reads what a person wrote, in any case.
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
    /// So long, as a person said.
    Fixed(SignedDuration),
    /// So long, and the time on top that the deployment takes by its own configuration.
    Extended(SignedDuration),
}
