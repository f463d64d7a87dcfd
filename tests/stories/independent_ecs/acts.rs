//! What happens to a deployment: each act is one change at ECS, as a history plays it.

use serde_json::json;

use super::state::{State, Task};

/// The reason of a task that ECS stops because it is not needed any more.
fn scaling(number: u64) -> String {
    format!("Scaling activity initiated by (deployment ecs-svc/{number})")
}

impl State {
    /// ECS begins to work on our deployment and starts its tasks.
    pub fn start(&mut self) {
        let desired = self.service.as_ref().map_or(0, |s| s.desired);
        let shifts = self.strategy() != "ROLLING";
        let ours = self.our();
        ours.status = "IN_PROGRESS";
        ours.stage = shifts.then_some("SCALE_UP");
        for _ in 0..desired {
            self.add_task(self.ours);
        }
    }

    /// Our tasks run, and their targets are registered.
    pub fn run(&mut self) {
        for task in self.live(self.ours) {
            task.status = "RUNNING";
            task.version += 1;
            task.target = Some((
                "initial",
                "Elb.RegistrationInProgress",
                "Target registration is in progress",
            ));
        }
    }

    /// Our running tasks are healthy.
    pub fn heal(&mut self) {
        for task in self.live(self.ours).filter(|t| t.status == "RUNNING") {
            task.health = "HEALTHY";
            task.version += 1;
            task.target = Some(("healthy", "", ""));
        }
    }

    /// ECS completes our deployment and stops the tasks of all others.
    pub fn complete(&mut self) {
        let now = self.now;
        let ours = self.our();
        ours.status = "SUCCESSFUL";
        ours.ended = Some(now);
        ours.weight = 100.0;
        ours.breaker = "MONITORING_COMPLETE";
        ours.stage = None;
        ours.rollout = "COMPLETED";
        ours.rollout_reason = format!("ECS deployment ecs-svc/{} completed.", ours.number);
        let number = self.ours;
        self.retire_others(number);
        self.event(&format!(
            "(deployment ecs-svc/{number}) deployment completed."
        ));
    }

    /// The tasks of all other deployments stop, and their entries disappear.
    pub fn retire_others(&mut self, survivor: u64) {
        let now = self.now;
        for task in self
            .tasks
            .iter_mut()
            .filter(|t| t.deployment != survivor && t.stop.is_none())
        {
            let reason = scaling(task.deployment);
            task.stopped(now, "ServiceSchedulerInitiated", &reason).exit = Some(143);
        }
        for other in self.deployments.iter_mut().filter(|d| d.number != survivor) {
            other.classic = None;
        }
    }

    pub fn stage(&mut self, stage: &'static str, weight: f64) {
        let ours = self.our();
        ours.stage = Some(stage);
        ours.weight = weight;
    }

    /// A hook that waits for a person, or has got its answer.
    pub fn hook(&mut self, stage: &'static str, status: &str) {
        let expires = self.now + 3_600.0;
        let ours = self.our();
        ours.stage = Some(stage);
        ours.hooks = json!([{"hookId": "hook-1", "targetType": "PAUSE", "status": status,
            "expiresAt": expires, "timeoutAction": "ROLLBACK"}]);
    }

    /// One of our tasks ends, and ECS starts another one.
    pub fn fail_task(
        &mut self,
        code: &'static str,
        reason: &str,
        exit: Option<i32>,
        container: Option<&str>,
    ) {
        let (now, ours) = (self.now, self.ours);
        let is_live = |t: &Task| t.deployment == ours && t.stop.is_none();
        let task = match self.tasks.iter().position(is_live) {
            Some(index) => &mut self.tasks[index],
            None => self.add_task(ours),
        };
        let stop = task.stopped(now, code, reason);
        stop.exit = exit;
        stop.container_reason = container.map(str::to_owned);
        self.our().failures += 1;
        self.add_task(ours);
    }

    /// The program in a task exits.
    pub fn crash(&mut self, exit: i32) {
        self.run();
        self.fail_task(
            "EssentialContainerExited",
            "Essential container in task exited",
            Some(exit),
            None,
        );
    }

    /// The load balancer refuses our tasks, and ECS stops one for it.
    pub fn refuse(&mut self) {
        self.run();
        for task in self.live(self.ours) {
            task.target = Some((
                "unhealthy",
                "Target.ResponseCodeMismatch",
                "Health checks failed with these codes: [503]",
            ));
        }
    }

    pub fn trigger_breaker(&mut self) {
        let ours = self.our();
        ours.breaker = "TRIGGERED";
        ours.rollout = "FAILED";
        ours.rollout_reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
        let number = ours.number;
        self.event(&format!(
            "(deployment ecs-svc/{number}) deployment failed: tasks failed to start."
        ));
    }

    pub fn trigger_alarm(&mut self, name: &str) {
        let ours = self.our();
        ours.alarms = vec![name.to_owned()];
        ours.rollout = "FAILED";
        let number = ours.number;
        self.event(&format!(
            "(deployment ecs-svc/{number}) deployment failed: alarm detected."
        ));
    }

    /// ECS goes back to the deployment before ours.
    pub fn roll_back(&mut self, reason: &str) {
        let to = self.our().sources.first().copied();
        let ours = self.our();
        ours.status = "ROLLBACK_IN_PROGRESS";
        ours.reason = Some(reason.to_owned());
        if let Some(to) = to {
            ours.rollback = Some((to, reason.to_owned()));
            ours.classic = Some("ACTIVE");
            let now = self.now;
            let earlier = self.deployment(to);
            earlier.classic = Some("PRIMARY");
            earlier.updated = now;
        }
    }

    /// The rollback is over.
    pub fn end_rollback(&mut self, works: bool) {
        let now = self.now;
        let ours = self.our();
        ours.ended = Some(now);
        ours.status = if works {
            "ROLLBACK_SUCCESSFUL"
        } else {
            "ROLLBACK_FAILED"
        };
        if let (true, Some((to, _))) = (works, ours.rollback.clone()) {
            self.retire_others(to);
        }
    }

    /// Our deployment is stopped, and nothing replaces it.
    pub fn stop(&mut self, reason: Option<&str>) {
        let now = self.now;
        let ours = self.our();
        ours.status = "STOPPED";
        ours.ended = Some(now);
        ours.reason = reason.map(str::to_owned);
    }

    /// Another deployment begins. ECS stops ours for it.
    pub fn supersede(&mut self, task_definition: &str) {
        self.begin(task_definition);
        self.stop(None);
    }

    /// One of our healthy tasks is replaced for no fault of its own, by one that becomes healthy later.
    pub fn replace_one(&mut self) {
        let (now, ours) = (self.now, self.ours);
        let is_healthy = |t: &&mut Task| t.target.is_some_and(|(state, ..)| state == "healthy");
        if let Some(task) = self.live(ours).find(is_healthy) {
            let reason = "Amazon ECS is performing Availability Zone rebalancing.";
            task.stopped(now, "ServiceSchedulerInitiated", reason).exit = Some(143);
        }
        // What was started before is healthy by now.
        self.run_new();
        self.add_task(ours);
    }

    fn run_new(&mut self) {
        for task in self.live(self.ours).filter(|t| t.status == "PENDING") {
            task.status = "RUNNING";
            task.version += 1;
            task.health = "HEALTHY";
            task.target = Some(("healthy", "", ""));
        }
    }

    /// The service is deleted.
    pub fn delete(&mut self) {
        let now = self.now;
        for task in self.tasks.iter_mut().filter(|t| t.stop.is_none()) {
            task.stopped(now, "ServiceSchedulerInitiated", &scaling(task.deployment));
        }
        self.deployments.clear();
        if let Some(service) = &mut self.service {
            service.status = "INACTIVE";
            service.desired = 0;
        }
    }

    /// The service is deleted, and another one gets its name.
    pub fn recreate(&mut self, task_definition: &str) {
        let other = self.deployments.len();
        self.delete();
        self.tasks.clear();
        self.events.clear();
        if let Some(service) = &mut self.service {
            service.status = "ACTIVE";
            service.desired = 2;
            service.created = self.now;
        }
        // Its deployment has a number of its own.
        let number = self.begin(task_definition) + 500 + other as u64;
        let last = self.deployments.len() - 1;
        self.deployments[last].number = number;
    }
}
