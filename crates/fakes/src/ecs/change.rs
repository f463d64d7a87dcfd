//! Applies each change of a script to ECS, the load balancer and the logs.

use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;

use super::events::event;
use super::script::{Change, Stop};
use super::state::{Due, STOPPED_VISIBLE, Subject};
use super::{begin, deploy, one_off, rollback, task};
use crate::elb;
use crate::world::World;

/// Brings all state up to `now`: runs everything that was due, each at its own moment.
pub(crate) fn advance(world: &mut World, now: Timestamp) {
    while let Some((&(at, _), _)) = world.ecs.agenda.first_key_value() {
        if at > now {
            break;
        }
        let Some(((at, _), due)) = world.ecs.agenda.pop_first() else {
            break;
        };
        world.now = world.now.max(at);
        apply(world, due);
        super::history::keep(world);
    }
    world.ecs.tasks.retain(|task| {
        task.stopped_at
            .is_none_or(|stopped| now.duration_since(stopped).unsigned_abs() < STOPPED_VISIBLE)
    });
}

fn apply(world: &mut World, due: Due) {
    match (due.subject, due.change) {
        (Subject::Task(arn), Change::OneOff(step)) => one_off::step(world, &arn, step),
        (Subject::Service(arn), Change::Retire) => deploy::retire(world, &arn),
        (Subject::Service(arn), Change::StopOld) => deploy::settle(world, &arn),
        (Subject::Deployment { service, number }, change) => {
            Scene {
                world,
                service,
                number,
            }
            .apply(change);
        }
        // No other change is scheduled for a task or a service itself.
        _ => {}
    }
}

/// One deployment to which a change is applied.
struct Scene<'w> {
    world: &'w mut World,
    service: String,
    number: u64,
}

impl Scene<'_> {
    fn apply(mut self, change: Change) {
        let now = self.world.now;
        match change {
            Change::Begin => self.begin(now),
            Change::Place(count) => self.place(count),
            Change::Pull(tasks) => {
                for arn in self.tasks(&tasks) {
                    task::pull(self.world, &arn);
                }
            }
            Change::Run(tasks) => self.run(&tasks),
            Change::Healthy(tasks) => {
                for arn in self.tasks(&tasks) {
                    task::healthy(self.world, &arn);
                    elb::set_task_targets(self.world, &arn, "healthy", None, None);
                }
            }
            Change::FailContainerHealth(tasks) => {
                for arn in self.tasks(&tasks) {
                    task::unhealthy(self.world, &arn);
                    let id = task::id(&arn).to_owned();
                    self.event(format!("(task {id}) failed container health checks."));
                }
            }
            Change::Target {
                tasks,
                state,
                reason,
                description,
            } => self.target(&tasks, &state, reason.as_deref(), description.as_deref()),
            Change::Stop { tasks, stop } => self.stop(&tasks, &stop),
            Change::ExitContainer(tasks, name, code) => {
                for arn in self.tasks(&tasks) {
                    task::exit_container(self.world, &arn, &name, code);
                }
            }
            Change::Log { tasks, lines } => {
                for arn in self.tasks(&tasks) {
                    task::log(self.world, &arn, &lines);
                }
            }
            Change::Event(message) => self.event(message),
            Change::Fail(count) => self.fail(count),
            Change::ResetFailures => {
                if let Some(service) = self.world.ecs.service_mut(&self.service) {
                    if let Some(deployment) = service.deployment(self.number) {
                        deployment.failed = 0;
                    }
                    if let Some(rollout) = service.service_deployment(self.number) {
                        rollout.failures = 0;
                    }
                }
            }
            // Only the PRIMARY ends the others: a newer one may have begun while this one was
            // draining them.
            Change::DrainOld | Change::StopOld | Change::Complete if !self.is_primary() => {}
            Change::DrainOld => deploy::drain_others(self.world, &self.service, self.number),
            Change::StopOld => deploy::stop_others(self.world, &self.service, self.number),
            Change::Succeed => self.succeed(now),
            Change::Complete => deploy::complete(self.world, &self.service, self.number),
            Change::Stage(stage) => {
                self.rollout(|rollout| rollout.stage = Some(stage));
            }
            Change::Traffic { production, test } => {
                self.rollout(|rollout| rollout.weights = Some((production, test)));
            }
            Change::Pause {
                stage,
                timeout,
                then_rollback,
            } => rollback::pause(
                self.world,
                &self.service,
                self.number,
                &stage,
                timeout,
                then_rollback,
            ),
            Change::Resume => {
                rollback::resume(self.world, &self.service, self.number, "TIMED_OUT");
            }
            Change::AlarmFires(name) => {
                self.rollout(|rollout| rollout.alarms_triggered.push(name));
                rollback::fail(
                    self.world,
                    &self.service,
                    self.number,
                    &rollback::Why::Alarm,
                    Duration::from_secs(1),
                );
            }
            Change::RollBack { reason, over } => rollback::fail(
                self.world,
                &self.service,
                self.number,
                &rollback::Why::Told(reason),
                over,
            ),
            Change::RolledBack => rollback::done(self.world, &self.service, self.number),
            Change::StopDeployment { reason } => {
                rollback::stop(self.world, &self.service, self.number, reason);
            }
            Change::Stopped => {
                self.rollout(|rollout| {
                    rollout.status = "STOPPED";
                    rollout.stopped_at = Some(now);
                    rollout.finished_at = Some(now);
                });
            }
            Change::ForeignDeployment => {
                begin::start(self.world, &self.service);
            }
            Change::Scale(desired) => deploy::scale(self.world, &self.service, desired),
            Change::Config(members) => {
                if let Some(service) = self.world.ecs.service_mut(&self.service) {
                    for (name, value) in members.as_object().into_iter().flatten() {
                        service.config.insert(name.clone(), value.clone());
                    }
                }
            }
            Change::Retire | Change::OneOff(_) => {}
        }
    }

    /// The ARNs of these tasks of this deployment, in the order in which they were started.
    fn tasks(&self, range: &Range<usize>) -> Vec<String> {
        self.world
            .ecs
            .tasks_of(&self.service, self.number)
            .skip(range.start)
            .take(range.len())
            .filter(|task| task.alive())
            .map(|task| task.arn.clone())
            .collect()
    }

    fn is_primary(&self) -> bool {
        let service = self.world.ecs.service(&self.service);
        let primary = service.and_then(|service| service.deployments.first());
        primary.is_some_and(|deployment| deployment.number == self.number)
    }

    fn event(&mut self, message: String) {
        event(self.world, &self.service, &message);
    }

    fn rollout(&mut self, change: impl FnOnce(&mut super::state::ServiceDeployment)) {
        let now = self.world.now;
        if let Some(service) = self.world.ecs.service_mut(&self.service)
            && let Some(rollout) = service.service_deployment(self.number)
        {
            change(rollout);
            rollout.updated_at = now;
        }
    }

    fn begin(&mut self, now: Timestamp) {
        self.rollout(|rollout| {
            rollout.status = "IN_PROGRESS";
            rollout.started_at = Some(now);
        });
        if let Some(service) = self.world.ecs.service_mut(&self.service) {
            let desired = service.desired;
            if let Some(deployment) = service.deployment(self.number) {
                deployment.desired = desired;
                deployment.updated_at = now;
            }
        }
    }

    fn place(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let mut message = format!("has started {count} tasks:");
        for _ in 0..count {
            if let Some(arn) = task::place(self.world, &self.service, self.number) {
                message.push_str(&format!(" (task {})", task::id(&arn)));
            }
        }
        message.push('.');
        let replaced = self.world.ecs.service(&self.service).and_then(|service| {
            let rollout = service
                .service_deployments
                .iter()
                .find(|d| d.number == self.number)?;
            (rollout.failures > 0).then_some(count)
        });
        let unhealthy = self
            .world
            .ecs
            .tasks_of(&self.service, self.number)
            .any(|task| task.stop_code == Some("ServiceSchedulerInitiated"));
        if let (Some(count), true) = (replaced, unhealthy) {
            message.push_str(&format!(
                " Amazon ECS replaced {count} tasks due to an unhealthy status."
            ));
        }
        self.event(message);
    }

    fn run(&mut self, range: &Range<usize>) {
        let tasks = self.tasks(range);
        for arn in &tasks {
            task::run(self.world, arn);
        }
        for group in deploy::target_groups(self.world, &self.service, self.number) {
            for arn in &tasks {
                elb::register(self.world, &group, arn);
            }
            if !tasks.is_empty() {
                self.event(format!(
                    "registered {} targets in (target-group {})",
                    tasks.len(),
                    group.arn
                ));
            }
        }
    }

    fn target(
        &mut self,
        range: &Range<usize>,
        state: &str,
        reason: Option<&str>,
        description: Option<&str>,
    ) {
        for arn in self.tasks(range) {
            let ports = elb::set_task_targets(self.world, &arn, state, reason, description);
            if state != "unhealthy" {
                continue;
            }
            for (group, port) in ports {
                let why = description.unwrap_or("Health checks failed");
                let id = task::id(&arn);
                self.event(format!(
                    "(task {id}) (port {port}) is unhealthy in (target-group {group}) \
                     due to (reason {why})."
                ));
            }
        }
    }

    fn stop(&mut self, range: &Range<usize>, stop: &Stop) {
        let tasks = self.tasks(range);
        let scheduler = stop.code == Some("ServiceSchedulerInitiated");
        let running = tasks
            .iter()
            .filter(|arn| task::is_running(self.world, arn))
            .count();
        for group in deploy::target_groups(self.world, &self.service, self.number) {
            if running > 0 {
                self.event(format!(
                    "deregistered {running} targets in (target-group {})",
                    group.arn
                ));
            }
        }
        for arn in &tasks {
            elb::deregister_task(self.world, arn);
            task::stop(self.world, arn, stop);
        }
        if scheduler && running > 0 {
            let named: String = tasks
                .iter()
                .map(|arn| format!(" (task {})", task::id(arn)))
                .collect();
            self.event(format!("has stopped {running} running tasks:{named}."));
        }
    }

    fn fail(&mut self, count: u64) {
        let mut tripped = false;
        if let Some(service) = self.world.ecs.service_mut(&self.service) {
            let enabled = rollback::breaker(service).0;
            if let Some(deployment) = service.deployment(self.number) {
                deployment.failed += count;
            }
            if let Some(rollout) = service.service_deployment(self.number) {
                rollout.failures += count;
                tripped = enabled && rollout.failures >= rollout.threshold;
            }
        }
        if tripped {
            let over = deploy::rollback_time(self.world, &self.service, self.number);
            rollback::fail(
                self.world,
                &self.service,
                self.number,
                &rollback::Why::Breaker,
                over,
            );
        }
    }

    fn succeed(&mut self, now: Timestamp) {
        let counts = self.world.ecs.counts(&self.service, self.number);
        let requested = self
            .world
            .ecs
            .service(&self.service)
            .map_or(0, |service| service.desired);
        self.rollout(|rollout| {
            rollout.status = "SUCCESSFUL";
            rollout.finished_at = Some(now);
            rollout.stage = None;
            rollout.hooks.clear();
            rollout.final_counts = Some((requested, counts.0, counts.1));
        });
    }
}
