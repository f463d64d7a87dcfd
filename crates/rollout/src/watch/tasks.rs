//! What the looks at tasks and targets tell of ours.

use jiff::Timestamp;

use super::{WRITE_SLACK, Watch};
use crate::cause;
use crate::tally::{Tally, is_ours, tally};
use ecs_model::{HealthStatus, TargetHealth, TargetRegistration, Task, registrations};

impl Watch {
    pub(super) fn see_tasks(&mut self, at: Timestamp, tasks: Vec<Task>) {
        let newer = self
            .current_tasks
            .as_ref()
            .is_none_or(|(seen, _)| *seen <= at);
        if newer {
            let arns = tasks.iter().map(|t| t.task_arn.clone()).collect();
            self.current_tasks = Some((at, arns));
        }
        for task in tasks {
            let order = |t: &Task| (t.is_stopped(), t.version);
            match self.known_tasks.get(&task.task_arn) {
                Some(known) if order(known) > order(&task) => {}
                _ => {
                    self.known_tasks.insert(task.task_arn.clone(), task);
                }
            }
        }
    }

    pub(super) fn see_health(&mut self) {
        let tally = self.tally();
        let is_healthy = tally.healthy > 0;
        let refused: Vec<TargetHealth> = tally
            .tasks
            .iter()
            .flat_map(|task| task.targets.iter().flatten())
            .filter(|target| target.state.is_refusal())
            .map(|target| TargetHealth::clone(target))
            .collect();
        self.ever_healthy |= is_healthy;
        self.refused
            .extend(refused.into_iter().map(|t| (t.id.clone(), t)));
    }

    /// Targets of our tasks that the load balancer refuses or has refused, with its last word.
    pub fn refused_targets(&self) -> impl Iterator<Item = &TargetHealth> {
        self.refused.values()
    }

    /// Where our tasks have to be healthy. Nothing is known of it before the service was seen.
    pub fn registrations(&self) -> Vec<TargetRegistration> {
        let of_service = self.service().map_or(&[][..], |s| &s.load_balancers);
        match &self.revision {
            Some(revision) => {
                let own = if revision.load_balancers.is_empty() {
                    of_service
                } else {
                    &revision.load_balancers
                };
                registrations(own, revision.resolved_configuration.as_ref())
            }
            None => registrations(of_service, None),
        }
    }

    /// All tasks of our deployment that were ever seen, stopped ones too.
    pub fn our_tasks(&self) -> impl Iterator<Item = &Task> {
        let definition = self.sole_definition();
        self.known_tasks.values().filter(move |task| {
            self.handle
                .as_ref()
                .is_some_and(|handle| is_ours(task, handle, definition))
        })
    }

    /// Our task definition, where no other deployment of the service uses it.
    fn sole_definition(&self) -> Option<&str> {
        let handle = self.handle.as_ref()?;
        let definition = handle.task_definition_arn.as_deref()?;
        let others = self
            .service()?
            .deployments
            .iter()
            .filter(|d| !handle.is_deployment(&d.id));
        let shared = others
            .filter_map(|d| d.task_definition.as_deref())
            .any(|other| other == definition);
        (!shared).then_some(definition)
    }

    /// Our tasks at the last look.
    pub fn tally(&self) -> Tally<'_> {
        let current = self.current_tasks.as_ref().map(|(_, arns)| arns);
        let ours = self
            .our_tasks()
            .filter(|task| current.is_some_and(|arns| arns.contains(&task.task_arn)));
        tally(
            ours,
            &self.registrations(),
            |group| self.targets.get(group).map_or(&[], |(_, targets)| targets),
            self.has_container_checks().unwrap_or(false),
        )
    }

    /// Whether our tasks have health checks of their own; None while nothing was read of it. A
    /// definition that may not be read has a check if any task ever reported what it found.
    pub(crate) fn has_container_checks(&self) -> Option<bool> {
        let reports = |task: &Task| {
            matches!(
                task.health_status,
                Some(HealthStatus::Healthy | HealthStatus::Unhealthy)
            )
        };
        let of_definition = self.container_checks?;
        Some(of_definition || self.our_tasks().any(reports))
    }

    /// Our stopped tasks that count as failures. A revision that is deployed again has the number of
    /// its earlier deployment; the tasks of that one are older than our write.
    pub fn failed_tasks(&self) -> impl Iterator<Item = &Task> {
        let written = self.handle.as_ref().and_then(|h| h.created_at);
        let is_older = move |task: &Task| match (task.created_at, written) {
            (Some(created), Some(written)) => created < written - WRITE_SLACK,
            _ => false,
        };
        self.our_tasks()
            .filter(move |task| task.is_stopped() && cause::is_failure(task) && !is_older(task))
    }
}
