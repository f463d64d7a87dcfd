//! Counts our healthy tasks. Tasks and targets of the load balancer are matched by address.
//!
//! Decided here: when a task is healthy. Never here: how many must be.

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
    for task in ours.filter(|task| !task.is_stopped()) {
        let targets: Vec<Option<&TargetHealth>> = registrations
            .iter()
            .map(|registration| target(task, registration, &targets_of))
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

/// The target of the task in one of the registration's groups. A healthy target comes first.
fn target<'a>(
    task: &Task,
    registration: &TargetRegistration,
    targets_of: &impl Fn(&str) -> &'a [TargetHealth],
) -> Option<&'a TargetHealth> {
    let mut found: Option<&TargetHealth> = None;
    for group in &registration.groups {
        for target in targets_of(group) {
            let same_port = match (registration.port, target.port) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            };
            if same_port && task.addresses().any(|address| address == target.id) {
                let better = found.is_none_or(|f| f.state != TargetState::Healthy);
                if better {
                    found = Some(target);
                }
            }
        }
    }
    found
}
