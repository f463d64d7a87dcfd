//! Counts our healthy tasks. Tasks and targets of the load balancer are matched by address.
//!
//! Decided here: when a task is healthy. Never here: how many must be.

use std::collections::HashMap;

use ecs_model::{DeploymentRef, HealthStatus, TargetHealth, TargetRegistration, TargetState, Task};

/// A task of our deployment that has not stopped, and its targets.
#[derive(Debug, Clone)]
pub struct TaskState<'a> {
    pub task: &'a Task,
    /// One entry per registration that the task needs. `None` if it is not registered in any of the
    /// groups.
    pub targets: Vec<Option<&'a TargetHealth>>,
    pub is_healthy: bool,
}

impl TaskState<'_> {
    /// Whether something reports that the task is unhealthy. A task that is starting is not.
    pub fn is_unhealthy(&self) -> bool {
        let mut targets = self.targets.iter().flatten();
        self.task.health_status == Some(HealthStatus::Unhealthy)
            || targets.any(|target| target.state.is_refusal())
    }
}

/// The tasks of our deployment at one time.
#[derive(Debug, Clone, Default)]
pub struct Tally<'a> {
    pub tasks: Vec<TaskState<'a>>,
    pub running: u32,
    pub pending: u32,
    pub healthy: u32,
}

/// Whether a task belongs to our deployment. If no deployment started it (availability zone
/// rebalancing), its task definition decides, if only our deployment uses it.
pub(crate) fn is_ours(task: &Task, ours: &DeploymentRef, sole_definition: Option<&str>) -> bool {
    match task.started_by.as_deref() {
        Some(id) if id.starts_with("ecs-svc/") => ours.is_deployment(id),
        _ => sole_definition.is_some() && task.task_definition_arn.as_deref() == sole_definition,
    }
}

/// Counts tasks. With `container_checks`, the task definition has container health checks, so
/// UNKNOWN means "not yet". Without, the status stays UNKNOWN.
pub(crate) fn tally<'a>(
    ours: impl Iterator<Item = &'a Task>,
    registrations: &[TargetRegistration],
    targets_of: impl Fn(&str) -> &'a [TargetHealth],
    container_checks: bool,
) -> Tally<'a> {
    let mut tally = Tally::default();
    let registered: Vec<Registered<'_, 'a>> = registrations
        .iter()
        .map(|registration| Registered::index(registration, &targets_of))
        .collect();
    for task in ours.filter(|task| !task.is_stopped()) {
        let targets: Vec<Option<&TargetHealth>> = registered
            .iter()
            .map(|registered| registered.target(task))
            .collect();
        let containers_are_healthy = match task.health_status {
            Some(HealthStatus::Healthy) => true,
            Some(HealthStatus::Unhealthy) => false,
            Some(HealthStatus::Unknown) | None => !container_checks,
        };
        let is_healthy = task.is_running()
            && containers_are_healthy
            && targets
                .iter()
                .all(|t| t.is_some_and(|t| t.state == TargetState::Healthy));
        if task.is_running() {
            tally.running += 1;
        } else {
            tally.pending += 1;
        }
        tally.healthy += u32::from(is_healthy);
        tally.tasks.push(TaskState {
            task,
            targets,
            is_healthy,
        });
    }
    tally
}

/// The targets in the groups of a registration, by address: a service can have thousands.
struct Registered<'r, 'a> {
    registration: &'r TargetRegistration,
    by_address: HashMap<&'a str, Vec<&'a TargetHealth>>,
}

impl<'r, 'a> Registered<'r, 'a> {
    fn index(
        registration: &'r TargetRegistration,
        targets_of: &impl Fn(&str) -> &'a [TargetHealth],
    ) -> Self {
        let mut by_address: HashMap<&str, Vec<&TargetHealth>> = HashMap::new();
        for group in &registration.groups {
            for target in targets_of(group) {
                by_address.entry(&target.id).or_default().push(target);
            }
        }
        Self {
            registration,
            by_address,
        }
    }

    /// The target of the task. A healthy target comes first.
    fn target(&self, task: &Task) -> Option<&'a TargetHealth> {
        let fits = |target: &&&TargetHealth| match (self.registration.port, target.port) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let found = task
            .addresses()
            .filter_map(|address| self.by_address.get(address))
            .flatten()
            .filter(fits);
        let is_healthy = |target: &&&TargetHealth| target.state == TargetState::Healthy;
        let mut found = found.peekable();
        let first = found.peek().copied();
        found.find(is_healthy).or(first).copied()
    }
}
