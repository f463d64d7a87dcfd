//! `DescribeTasks` and `DescribeTargetHealth`.

use serde_json::{Value, json};

use super::super::History;
use super::super::line::Ms;
use super::super::task::TaskLife;
use super::{DEREGISTERED, task_arn, task_definition, time};

impl History {
    /// `DescribeTasks` of all tasks of the service.
    pub fn tasks(&self, moment: Ms) -> Vec<Value> {
        let all = 0..self.tasks.len();
        let seen = all.filter(|index| self.task_age(*index, moment) > 0);
        seen.map(|index| self.task(index, moment)).collect()
    }

    /// How many tasks there ever are.
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    /// How many changes of a task ECS shows up to a moment; 0 before it is created.
    pub fn task_age(&self, index: usize, moment: Ms) -> usize {
        self.tasks[index]
            .moments()
            .filter(|at| *at <= moment)
            .count()
    }

    /// `DescribeTasks` of one task.
    pub fn task(&self, index: usize, moment: Ms) -> Value {
        let task = &self.tasks[index];
        let stopped = task.stop.as_ref().filter(|s| s.stopped <= moment);
        let stopping = task.is_stopping_at(moment);
        let ran = task.running.is_some_and(|at| at <= moment);
        let last = match (stopped.is_some(), stopping, ran) {
            (true, ..) => "STOPPED",
            (false, true, true) => "DEACTIVATING",
            (false, true, false) => "DEPROVISIONING",
            (false, false, true) => "RUNNING",
            (false, false, false) => "PENDING",
        };
        let health = if self.has_container_check && ran {
            *task.health.at(moment)
        } else {
            "UNKNOWN"
        };
        let mut container = json!({"name": "app", "lastStatus": last});
        if self.is_bridged {
            container["networkBindings"] = json!([{"bindIP": "0.0.0.0", "containerPort": 8080,
                "hostPort": host_port(task), "protocol": "tcp"}]);
        } else {
            container["networkInterfaces"] = json!([{"privateIpv4Address": address(task)}]);
        }
        let mut body = json!({
            "taskArn": task_arn(task.id),
            "taskDefinitionArn": task_definition(task.task_definition),
            "lastStatus": last,
            "desiredStatus": if stopping { "STOPPED" } else { "RUNNING" },
            "healthStatus": health,
            "createdAt": time(task.created),
            "version": task.version(moment),
        });
        if !task.is_anonymous {
            body["startedBy"] = json!(format!("ecs-svc/{}", task.deployment));
        }
        if let Some(stop) = task.stop.as_ref().filter(|s| s.asked <= moment) {
            body["stopCode"] = json!(stop.code);
            body["stoppedReason"] = json!(stop.reason);
            body["stoppingAt"] = time(stop.asked);
        }
        if let Some(stop) = stopped {
            body["stoppedAt"] = time(stop.stopped);
            if let Some(exit) = stop.exit {
                container["exitCode"] = json!(exit);
            }
        }
        body["containers"] = json!([container]);
        body
    }

    /// `DescribeTargetHealth`: address, port, state.
    pub fn targets(&self, group: &str, moment: Ms) -> Vec<(String, u16, &'static str)> {
        if !self.has_targets {
            return Vec::new();
        }
        let gone = |task: &TaskLife| {
            task.stop
                .as_ref()
                .is_some_and(|s| s.stopped + DEREGISTERED <= moment)
        };
        self.tasks
            .iter()
            .filter(|task| self.group_of(task.deployment) == group && !gone(task))
            .filter_map(|task| {
                let state = (*task.target.at(moment))?;
                Some(if self.is_bridged {
                    (instance(task), host_port(task), state)
                } else {
                    (address(task), 8080, state)
                })
            })
            .collect()
    }
}

/// One of two instances.
fn instance(task: &TaskLife) -> String {
    format!("i-0123456789abcdef{}", task.id % 2)
}

/// The port of its instance that leads to it, from the ephemeral range.
fn host_port(task: &TaskLife) -> u16 {
    32_768 + task.id as u16
}

fn address(task: &TaskLife) -> String {
    format!("10.0.{}.{}", task.id / 200, task.id % 200 + 1)
}
