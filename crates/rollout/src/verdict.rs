//! The verdict about a deployment and its details.

use std::num::NonZeroU32;

use ecs_model::LifecycleStage;
use jiff::{SignedDuration, Timestamp};

use crate::question::Until;

/// The result of judging what is known: no decision yet, a verdict, or a refusal.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgment {
    Waiting,
    Decided(Verdict),
    Refused(Refusal),
}

/// A verdict about our deployment. It is final.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub evidence: EvidenceSource,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// ECS has completed it, and its tasks are healthy.
    Succeeded(Proof),
    /// It reached the point in `--until`, which is not its completion.
    Reached(Until, Proof),
    Failed(Failed),
    /// It was stopped without a rollback, and not by another deployment.
    Stopped(Stopped),
    RolledBack(RolledBack),
    Superseded(Superseded),
    /// It waits for a person.
    Paused(Paused),
    /// The deadline passed.
    TimedOut(SignedDuration),
}

impl Outcome {
    /// The name of the verdict in results and outputs.
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

/// What a good verdict proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Required number of tasks.
    pub required: u32,
    /// Number of healthy tasks, or of running tasks for `--until running`.
    pub seen: u32,
    /// Whether a load balancer checked them.
    pub by_targets: bool,
    /// Whether container health checks checked them.
    pub by_containers: bool,
    /// What could not be proved.
    pub gap: Option<ProofGap>,
}

/// Why a good verdict relies on ECS for something that could not be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofGap {
    /// Access to the tasks is denied, so ECS's own count is used.
    TasksDenied,
    /// Access to the health of the targets is denied.
    TargetsDenied,
    /// The targets are EC2 instances (bridge or host mode), which cannot be matched to tasks. As many
    /// of them are healthy as tasks are required.
    TargetsAreInstances,
}

impl Proof {
    /// With a desired count of zero, nothing ran and nothing is proved.
    pub const NOTHING: Self = Self {
        required: 0,
        seen: 0,
        by_targets: false,
        by_containers: false,
        gap: None,
    };
}

/// Why a deployment counts as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The circuit breaker triggered, and no rollback is configured.
    Breaker { reason: Option<String> },
    /// An alarm went off, and no rollback is configured.
    Alarm {
        names: Vec<String>,
        reason: Option<String>,
    },
    /// The circuit breaker triggered and a rollback is configured, but ECS did not start it.
    NoRollback { reason: Option<String> },
    /// ECS could not roll back.
    Rollback { reason: Option<String> },
    /// It failed and cannot be rolled back, because it is the first deployment of its service.
    First { reason: Option<String> },
    /// `--fail-fast`: this many tasks stopped, and no task was ever healthy. We decided, not ECS.
    FailFast { stopped: u32 },
    /// `--probe`: the tasks are healthy, but the URL did not return the expected status. `instead`
    /// is what it did, e.g. "answered 503".
    Probe { instead: String },
}

/// Why a deployment stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Its status is STOPPED, and neither circuit breaker, alarm nor a later deployment explains it.
    Stopped { reason: Option<String> },
    /// The service was deleted.
    ServiceDeleted,
    /// The service was deleted and created again under its name.
    ServiceRecreated,
}

/// A rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// Whether it has finished.
    pub finished: bool,
    /// The service revision, or `ecs-svc/…` ID, that is running again.
    pub to: Option<String>,
    pub reason: Option<String>,
}

/// Another deployment replaced ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    pub by: Option<Successor>,
    /// Whether it may also have been a rollback, because the service alone does not show it: an
    /// earlier deployment is PRIMARY again, without a reason.
    pub or_rolled_back: bool,
    /// Whether ECS had completed ours before its tasks were seen healthy.
    pub after_success: bool,
}

/// The deployment that replaced ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Successor {
    pub service_deployment_arn: Option<String>,
    /// The ARN of the service revision, or the `ecs-svc/…` ID.
    pub revision: Option<String>,
    pub task_definition: Option<String>,
}

/// A pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paused {
    pub hook_id: Option<String>,
    pub stage: Option<LifecycleStage>,
    /// What ECS does if nobody acts: CONTINUE or ROLLBACK.
    pub timeout_action: Option<String>,
    /// When it does that.
    pub expires_at: Option<Timestamp>,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// ECS, about this deployment.
    Ecs,
    /// We did, because this many tasks had stopped (`--fail-fast`).
    FailFast(NonZeroU32),
    /// We did, because of the deadline.
    Deadline,
    /// We did, because the probe failed.
    Probe,
}

impl DecidedBy {
    /// The value in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::FailFast(_) => "fail-fast",
            Self::Deadline => "deadline",
            Self::Probe => "probe",
        }
    }
}

/// What the verdict is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceSource {
    /// The service deployment.
    ServiceDeployment,
    /// The classic deployments of the service, which show less.
    Service,
}

impl EvidenceSource {
    /// The value in results.
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
    /// CODE_DEPLOY or EXTERNAL controls the deployments of this service.
    ForeignController(String),
    /// This strategy is visible only in service deployments, which cannot be read.
    NeedsServiceDeployments { strategy: &'static str },
    /// A rolling deployment does not have lifecycle stages.
    NoStages(LifecycleStage),
    /// The service never contained this deployment.
    NeverSeen,
    /// The service does not exist.
    NoService,
}
