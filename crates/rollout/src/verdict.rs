//! What became of the deployment.

use std::num::NonZeroU32;

use ecs_model::LifecycleStage;
use jiff::{SignedDuration, Timestamp};

use crate::question::Until;

/// A look at everything that is known: nothing decided yet, a verdict, or a refusal to judge.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    Waiting,
    Decided(Verdict),
    Refused(Refusal),
}

/// A verdict about our deployment. It never changes once it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub evidence: EvidenceSource,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// ECS says so, and the tasks are seen healthy.
    Succeeded(Proof),
    /// The earlier stage that was asked for.
    Reached(Until, Proof),
    Failed(Failed),
    /// Stopped without a rollback, and not by another deployment.
    Stopped(Stopped),
    RolledBack(RolledBack),
    Superseded(Superseded),
    /// It waits for a person.
    Paused(Paused),
    /// The deadline passed.
    TimedOut(SignedDuration),
}

impl Outcome {
    /// The verdict's name in results and outputs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Reached(until, _) => until.as_str(),
            Self::Failed(_) => "failed",
            Self::Stopped(_) => "stopped",
            Self::RolledBack(_) => "rolled-back",
            Self::Superseded(_) => "superseded",
            Self::Paused(_) => "paused",
            Self::TimedOut(_) => "timed-out",
        }
    }
}

/// How much a good verdict proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Tasks that had to be there.
    pub required: u32,
    /// Tasks that were: healthy ones, or running ones where that was asked.
    pub seen: u32,
    /// Whether a load balancer vouched for them.
    pub by_targets: bool,
    /// Whether container health checks did.
    pub by_containers: bool,
}

impl Proof {
    /// Desired count 0: nothing ran, nothing proved.
    pub const NOTHING: Self = Self {
        required: 0,
        seen: 0,
        by_targets: false,
        by_containers: false,
    };
}

/// Why a deployment counts as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The circuit breaker tripped and no rollback is configured.
    Breaker { reason: Option<String> },
    /// An alarm went off and no rollback is configured.
    Alarm {
        names: Vec<String>,
        reason: Option<String>,
    },
    /// ECS could not roll back.
    Rollback { reason: Option<String> },
    /// It failed, and as the first deployment of its service it has nothing to go back to.
    First { reason: Option<String> },
    /// `--fail-fast`: so many tasks stopped and none was ever healthy. We decided it, not ECS.
    FailFast { stopped: u32 },
    /// `--probe`: the tasks are healthy, but the address did not answer as it should. What it did
    /// instead, as "answered 503".
    Probe { instead: String },
}

/// Why a deployment stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// ECS says STOPPED, with no breaker, alarm or later deployment to blame.
    Stopped { reason: Option<String> },
    /// The service was deleted.
    ServiceDeleted,
}

/// A rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// Whether it is over.
    pub finished: bool,
    /// The service revision, or `ecs-svc/…` id, that runs again.
    pub to: Option<String>,
    pub reason: Option<String>,
}

/// Another deployment took our place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    pub by: Option<Successor>,
    /// From the service alone it may as well have been a rollback: an earlier deployment is
    /// PRIMARY again, and nothing says why.
    pub or_rolled_back: bool,
    /// Whether ECS had called ours successful before its tasks were seen healthy.
    pub after_success: bool,
}

/// Who took our place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Successor {
    pub service_deployment_arn: Option<String>,
    /// The service revision's ARN, or the `ecs-svc/…` id.
    pub revision: Option<String>,
    pub task_definition: Option<String>,
}

/// A pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paused {
    pub hook_id: Option<String>,
    pub stage: Option<LifecycleStage>,
    /// What ECS does when nobody comes: CONTINUE or ROLLBACK.
    pub timeout_action: Option<String>,
    /// When it does that.
    pub expires_at: Option<Timestamp>,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// ECS, about this deployment.
    Ecs,
    /// We, because so many stopped tasks were enough.
    FailFast(NonZeroU32),
    /// We, because time was up.
    Deadline,
    /// We, because the address that was asked did not answer as it should.
    Probe,
}

impl DecidedBy {
    /// As results have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::FailFast(_) => "fail-fast",
            Self::Deadline => "deadline",
            Self::Probe => "probe",
        }
    }
}

/// What the verdict was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceSource {
    /// The service deployment itself.
    ServiceDeployment,
    /// The service's classic deployments: less can be told apart.
    Service,
}

impl EvidenceSource {
    /// As results have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceDeployment => "service-deployment",
            Self::Service => "service",
        }
    }
}

/// Why there can be no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// CODE_DEPLOY or EXTERNAL decides over this service's deployments.
    ForeignController(String),
    /// This strategy shows only in service deployments, which may not be read.
    NeedsServiceDeployments { strategy: &'static str },
    /// A rolling deployment has no lifecycle stages.
    NoStages(LifecycleStage),
    /// The service never showed this deployment.
    NeverSeen,
    /// There is no such service.
    NoService,
}
