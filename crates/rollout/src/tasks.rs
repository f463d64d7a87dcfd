//! Which tasks are ours, which of them failed, and where they have to be healthy.

use ecs_model::{HealthStatus, TargetRegistration, Task, TaskDefinition, registrations};

use crate::cause;
use crate::facts::{Facts, WRITE_SLACK};
use crate::tally::{Tally, is_ours, tally};

impl Facts {
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
        self.tasks.values().filter(move |task| {
            self.deployment_ref
                .as_ref()
                .is_some_and(|ours| is_ours(task, ours, definition))
        })
    }

    /// Our task definition, if no other deployment of the service uses it.
    fn sole_definition(&self) -> Option<&str> {
        let ours = self.deployment_ref.as_ref()?;
        let definition = ours.task_definition_arn.as_deref()?;
        let others = self
            .service()?
            .deployments
            .iter()
            .filter(|d| !ours.is_deployment(&d.id));
        let shared = others
            .filter_map(|d| d.task_definition.as_deref())
            .any(|other| other == definition);
        (!shared).then_some(definition)
    }

    /// Our tasks in the newest reading.
    pub fn tally(&self) -> Tally<'_> {
        let current = self.current_tasks.as_ref().map(|reading| &reading.value);
        let ours = self
            .our_tasks()
            .filter(|task| current.is_some_and(|arns| arns.contains(&task.task_arn)));
        tally(
            ours,
            &self.registrations(),
            |group| self.targets.get(group).map_or(&[], |t| &t.value),
            self.has_container_checks().unwrap_or(false),
        )
    }

    /// Whether the task definition is known, or is known to stay unknown.
    pub(crate) fn has_read_task_definition(&self) -> bool {
        self.task_definition.is_some() || self.task_definition_denied
    }

    /// Whether our tasks have health checks of their own; `None` while nothing was read of it. A
    /// definition that may not be read has a check if any task ever reported what it found.
    pub(crate) fn has_container_checks(&self) -> Option<bool> {
        if !self.has_read_task_definition() {
            return None;
        }
        let definition = self.task_definition.as_ref();
        let reports = |task: &Task| {
            matches!(
                task.health_status,
                Some(HealthStatus::Healthy | HealthStatus::Unhealthy)
            )
        };
        let of_definition = definition.is_some_and(TaskDefinition::has_health_check);
        Some(of_definition || self.our_tasks().any(reports))
    }

    /// Our stopped tasks that count as failures. A revision that is deployed again has the number of
    /// its earlier deployment; the tasks of that one are older than our write.
    pub fn failed_tasks(&self) -> impl Iterator<Item = &Task> {
        let written = self.written_at();
        let is_older = move |task: &Task| match (task.created_at, written) {
            (Some(created), Some(written)) => created < written - WRITE_SLACK,
            _ => false,
        };
        self.our_tasks()
            .filter(move |task| task.is_stopped() && cause::is_failure(task) && !is_older(task))
    }
}
