//! Finds our tasks, the failed ones among them, and the target groups that they need.

use ecs_model::{
    HealthStatus, TargetHealth, TargetRegistration, TargetState, Task, TaskDefinition,
    registrations,
};

use crate::cause;
use crate::facts::{Facts, WRITE_SLACK};
use crate::tally::{Tally, TaskState, is_ours, tally};
use crate::verdict::ProofGap;

impl Facts {
    /// The target groups in which our tasks must be healthy. Empty until the service was read.
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

    /// What cannot be proved about our tasks, even if they are healthy.
    pub(crate) fn proof_gap(&self) -> Option<ProofGap> {
        if self.tasks_denied {
            return Some(ProofGap::TasksDenied);
        }
        let registrations = self.registrations();
        if registrations.is_empty() {
            return None;
        }
        if self.targets_denied {
            return Some(ProofGap::TargetsDenied);
        }
        let mut targets = self.registered_targets(&registrations).peekable();
        let some = targets.peek().is_some();
        (some && targets.all(|target| target.id.starts_with("i-")))
            .then_some(ProofGap::TargetsAreInstances)
    }

    /// Number of healthy targets in the groups of our deployment, of any task.
    pub(crate) fn healthy_targets(&self) -> usize {
        let registrations = self.registrations();
        self.registered_targets(&registrations)
            .filter(|target| target.state == TargetState::Healthy)
            .count()
    }

    /// Whether any target in the groups of our deployment, of any task, is unhealthy.
    pub(crate) fn has_refused_targets(&self) -> bool {
        let registrations = self.registrations();
        self.registered_targets(&registrations)
            .any(|target| target.state.is_refusal())
    }

    fn registered_targets<'a>(
        &'a self,
        registrations: &'a [TargetRegistration],
    ) -> impl Iterator<Item = &'a TargetHealth> {
        let groups = registrations.iter().flat_map(|r| &r.groups);
        groups
            .filter_map(|group| self.targets.get(group))
            .flat_map(|reading| &reading.value)
    }

    /// Whether anything reports that a task of ours is unhealthy, or failed.
    pub fn has_unhealthy_tasks(&self) -> bool {
        let tally = self.tally();
        tally.tasks.iter().any(TaskState::is_unhealthy)
            || !self.refused_targets.is_empty()
            || self.failed_tasks().next().is_some()
    }

    /// All tasks of our deployment that were ever seen, including stopped ones.
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

    /// Counts our tasks in the newest read.
    pub fn tally(&self) -> Tally<'_> {
        let current = self.current_tasks.as_ref().map(|reading| &reading.value);
        let ours = self
            .our_tasks()
            .filter(|task| current.is_some_and(|arns| arns.contains(&task.task_arn)));
        // What cannot be matched to tasks says nothing about one of them.
        let registrations = match self.proof_gap() {
            Some(ProofGap::TargetsDenied | ProofGap::TargetsAreInstances) => Vec::new(),
            Some(ProofGap::TasksDenied) | None => self.registrations(),
        };
        tally(
            ours,
            &registrations,
            |group| self.targets.get(group).map_or(&[], |t| &t.value),
            self.has_container_checks().unwrap_or(false),
        )
    }

    /// Whether the task definition was read or cannot be read.
    pub(crate) fn has_read_task_definition(&self) -> bool {
        self.task_definition.is_some() || self.task_definition_denied
    }

    /// Whether our tasks have container health checks. `None` until the task definition was read. If
    /// it cannot be read, a task that reports its health shows that there is a check.
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

    /// Our stopped tasks that count as failures. If a revision is deployed again, its number is the
    /// same, so tasks that are older than our write belong to the earlier deployment.
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
