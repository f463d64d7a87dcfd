//! What a history consists of: the deployments, tasks and events of a service, each on a time line.

use super::line::{Line, Ms};
use super::task::TaskLife;

/// How traffic is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    Rolling,
    BlueGreen,
    Canary,
    Linear,
}

/// The outcome of our deployment, and when ECS's own state first shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// ECS reports it as successful.
    Successful(Ms),
    /// ECS begins to roll it back; when that is over, and whether it worked.
    RolledBack { begun: Ms, over: Ms, worked: bool },
    /// It failed, and there is no rollback, or no earlier deployment.
    Failed(Ms),
    /// Another deployment took its place.
    Superseded(Ms),
    /// Stopped by hand, with nothing in its place.
    Stopped(Ms),
    /// The service was deleted.
    Deleted(Ms),
    /// It never ends.
    Stuck,
}

/// One history.
#[derive(Debug, Clone)]
pub struct History {
    pub seed: u64,
    pub strategy: Strategy,
    /// No deployment of this service before ours.
    pub is_first: bool,
    /// The breaker or the alarms roll back by themselves.
    pub rolls_back: bool,
    pub end: End,
    pub(crate) breaker: bool,
    pub(crate) alarms: bool,
    pub(crate) has_targets: bool,
    /// The tasks are on EC2 instances in bridge mode: targets are instances, with a port per task.
    pub(crate) is_bridged: bool,
    /// Whether our tasks are in the alternate target group, if there is one.
    pub(crate) is_green: bool,
    /// The service before our write, which may have changed it.
    pub(crate) strategy_before: Strategy,
    pub(crate) controller_before: &'static str,
    /// After ours was superseded, our revision was deployed again; when ECS completed that.
    pub(crate) returned: Option<Ms>,
    pub(crate) has_container_check: bool,
    pub(crate) bake_minutes: i64,
    pub(crate) step_minutes: i64,
    pub(crate) desired: Line<u32>,
    pub(crate) gone: Line<bool>,
    /// When another service was created under the name of the deleted one.
    pub(crate) recreated: Option<Ms>,
    pub(crate) deployments: Vec<ServiceDeployment>,
    pub(crate) classics: Vec<Classic>,
    pub(crate) tasks: Vec<TaskLife>,
    pub(crate) events: Vec<(Ms, String)>,
}

/// The number of our revision.
pub const OURS: u64 = 7_000_000_000_000_000_002;

/// The number of the revision before ours.
pub const BEFORE: u64 = 7_000_000_000_000_000_001;

/// A service deployment on the time line.
#[derive(Debug, Clone)]
pub(crate) struct ServiceDeployment {
    pub id: String,
    /// The number of the revision that it deploys.
    pub target: u64,
    /// Numbers of the revisions that it replaces.
    pub sources: Vec<u64>,
    pub created: Ms,
    pub status: Line<&'static str>,
    pub reason: Line<Option<String>>,
    pub stage: Line<Option<&'static str>>,
    /// Waits for a person.
    pub paused: Line<bool>,
    pub breaker: Line<&'static str>,
    pub alarm: Line<bool>,
    /// The revision that it goes back to.
    pub rollback: Line<Option<u64>>,
    /// The number of tasks that it asks for.
    pub requested: Line<u32>,
}

/// A classic deployment on the time line.
#[derive(Debug, Clone)]
pub(crate) struct Classic {
    pub number: u64,
    pub task_definition: u32,
    /// New again when ECS goes back to it.
    pub created: Line<Ms>,
    /// PRIMARY, ACTIVE, or not shown.
    pub status: Line<Option<&'static str>>,
    pub rollout: Line<&'static str>,
    pub reason: Line<String>,
}
