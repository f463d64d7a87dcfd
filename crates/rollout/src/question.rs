//! What is asked about a deployment.

use std::num::NonZeroU32;

use jiff::SignedDuration;

use ecs_model::DeploymentRef;
use ecs_model::LifecycleStage;

/// The question that a wait answers.
#[derive(Debug, Clone)]
pub struct Question {
    /// The deployment; without one, the PRIMARY deployment at the first look at the service.
    pub handle: Option<DeploymentRef>,
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
    /// As a person writes it; also the verdict's name where it is reached.
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Stage(stage) => stage.word(),
        }
    }

    /// Reads what a person wrote.
    pub fn read(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "completed" => Some(Self::Completed),
            "running" => Some(Self::Running),
            "healthy" => Some(Self::Healthy),
            word => LifecycleStage::read(word).map(Self::Stage),
        }
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
