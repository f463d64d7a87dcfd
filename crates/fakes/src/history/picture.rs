//! A history's moment as AWS shows it.

use serde_json::{Map, Value, json};

use super::line::Ms;
use super::task::TaskLife;
use super::{BEFORE, Classic, History, OURS, ServiceDeployment, Strategy};

/// The target groups; a deployment that shifts traffic uses the second for ours.
pub const GROUPS: [&str; 2] = [
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/0123456789abcdef",
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/fedcba9876543210",
];

/// The write, in seconds since 1970.
const EPOCH: i64 = 1_772_442_000;
/// How long a service is shown as DRAINING before it is gone.
pub(super) const DRAINING: Ms = 30_000;
/// How long after that its service deployments are still known.
pub(super) const FORGOTTEN: Ms = 5_000;
/// When our revision's target group is known.
pub(super) const RESOLVED: Ms = 3_000;
/// How long a new classic deployment desires nothing.
pub(super) const COUNTED: Ms = 1_000;
/// How long the target of a stopped task is still listed.
pub(super) const DEREGISTERED: Ms = 5_000;

/// The states in which ECS is done with a service deployment.
const FINAL: [&str; 4] = [
    "STOPPED",
    "SUCCESSFUL",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];

const ECS: &str = "arn:aws:ecs:eu-central-1:123456789012";

/// A moment as AWS writes it in JSON: seconds, with fractions.
pub(super) fn time(moment: Ms) -> Value {
    json!(EPOCH as f64 + moment as f64 / 1000.0)
}

fn revision(number: u64) -> String {
    format!("{ECS}:service-revision/c/web/{number}")
}

fn service_deployment(id: &str) -> String {
    format!("{ECS}:service-deployment/c/web/{id}")
}

fn task_definition(number: u32) -> String {
    format!("{ECS}:task-definition/web:{number}")
}

fn task_arn(id: usize) -> String {
    format!("{ECS}:task/c/{id:032x}")
}

impl History {
    /// The moment of the write, in milliseconds since 1970.
    pub fn epoch_ms() -> i64 {
        EPOCH * 1000
    }

    /// The answer to our write: the handle's source.
    pub fn write_answer(&self) -> Value {
        json!({"service": {
            "serviceArn": format!("{ECS}:service/c/web"),
            "deployments": [{
                "id": format!("ecs-svc/{OURS}"), "status": "PRIMARY", "createdAt": time(0),
                "taskDefinition": task_definition(self.our_definition()),
                "desiredCount": 0, "runningCount": 0, "pendingCount": 0,
            }],
            "currentServiceRevisions": [{"arn": revision(OURS)}],
        }})
    }

    fn our_definition(&self) -> u32 {
        let ours = self.classics.iter().find(|c| c.number == OURS);
        ours.map_or(2, |c| c.task_definition)
    }

    fn configuration(&self) -> Value {
        let strategy = match self.strategy {
            Strategy::Rolling => "ROLLING",
            Strategy::BlueGreen => "BLUE_GREEN",
            Strategy::Canary => "CANARY",
            Strategy::Linear => "LINEAR",
        };
        let mut configuration = json!({
            "strategy": strategy,
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "bakeTimeInMinutes": self.bake_minutes,
            "deploymentCircuitBreaker": {"enable": self.breaker, "rollback": self.breaker && self.rolls_back},
            "alarms": {"alarmNames": [], "enable": self.alarms, "rollback": self.alarms && self.rolls_back},
        });
        match self.strategy {
            Strategy::Canary => {
                configuration["canaryConfiguration"] =
                    json!({"canaryPercent": 5.0, "canaryBakeTimeInMinutes": self.step_minutes});
            }
            Strategy::Linear => {
                configuration["linearConfiguration"] =
                    json!({"stepPercent": 50.0, "stepBakeTimeInMinutes": self.step_minutes});
            }
            Strategy::Rolling | Strategy::BlueGreen => {}
        }
        configuration
    }

    fn load_balancers(&self) -> Value {
        if !self.has_targets {
            return json!([]);
        }
        let mut balancer =
            json!({"targetGroupArn": GROUPS[0], "containerName": "app", "containerPort": 8080});
        if self.strategy != Strategy::Rolling {
            balancer["advancedConfiguration"] = json!({"alternateTargetGroupArn": GROUPS[1]});
        }
        json!([balancer])
    }

    /// The group in which a deployment's tasks are registered.
    fn group_of(&self, number: u64) -> &'static str {
        let green = self.strategy != Strategy::Rolling && number == OURS;
        GROUPS[usize::from(green)]
    }

    /// `DescribeServices`: the service, or nothing.
    pub fn service(&self, moment: Ms) -> Option<Value> {
        if self.is_first && moment < 0 {
            return None;
        }
        let gone = *self.gone.at(moment);
        let deleted = self.gone.changed_before(moment).unwrap_or(moment);
        if gone && moment - deleted >= DRAINING {
            return None;
        }
        let mut rows: Vec<Value> = self
            .classics
            .iter()
            .filter_map(|row| self.classic(row, moment))
            .collect();
        rows.sort_by_key(|row| row["status"] != "PRIMARY");
        let count =
            |want: fn(&TaskLife, Ms) -> bool| self.tasks.iter().filter(|t| want(t, moment)).count();
        let mut events: Vec<&(Ms, String)> =
            self.events.iter().filter(|(at, _)| *at <= moment).collect();
        events.sort_by_key(|(at, _)| -at);
        let events: Vec<Value> = events
            .into_iter()
            .map(|(at, message)| json!({"id": format!("event-{at}"), "createdAt": time(*at), "message": message}))
            .collect();
        Some(json!({
            "serviceArn": format!("{ECS}:service/c/web"),
            "serviceName": "web",
            "clusterArn": format!("{ECS}:cluster/c"),
            "status": if gone { "DRAINING" } else { "ACTIVE" },
            "desiredCount": if gone { 0 } else { *self.desired.at(moment) },
            "runningCount": count(TaskLife::runs_at),
            "pendingCount": count(|t, m| t.created <= m && t.running.is_none_or(|r| r > m) && !t.is_stopping_at(m)),
            "loadBalancers": self.load_balancers(),
            "deploymentConfiguration": self.configuration(),
            "deploymentController": {"type": "ECS"},
            "deployments": rows,
            "events": events,
        }))
    }

    fn classic(&self, row: &Classic, moment: Ms) -> Option<Value> {
        let status = (*row.status.at(moment))?;
        let running = self
            .tasks
            .iter()
            .filter(|t| t.deployment == row.number && t.runs_at(moment))
            .count();
        let updated = [
            row.created.changed_before(moment),
            row.status.changed_before(moment),
            row.rollout.changed_before(moment),
        ];
        let updated = updated
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(*row.created.at(moment));
        let desired = if status == "PRIMARY" && moment >= *row.created.at(moment) + COUNTED {
            *self.desired.at(moment)
        } else {
            0
        };
        let mut body = json!({
            "id": format!("ecs-svc/{}", row.number),
            "status": status,
            "taskDefinition": task_definition(row.task_definition),
            "desiredCount": desired,
            "runningCount": running,
            "pendingCount": 0,
            "failedTasks": 0,
            "createdAt": time(*row.created.at(moment)),
            "updatedAt": time(updated),
        });
        if self.strategy == Strategy::Rolling {
            body["rolloutState"] = json!(row.rollout.at(moment));
            body["rolloutStateReason"] = json!(row.reason.at(moment));
        }
        Some(body)
    }

    /// `ListServiceDeployments`, newest first.
    pub fn list(&self, moment: Ms) -> Value {
        let mut known: Vec<&ServiceDeployment> = self
            .deployments
            .iter()
            .filter(|d| d.created <= moment)
            .collect();
        known.sort_by_key(|d| -d.created);
        let known: Vec<Value> = known
            .into_iter()
            .map(|d| {
                json!({
                    "serviceDeploymentArn": service_deployment(&d.id),
                    "targetServiceRevisionArn": revision(d.target),
                    "createdAt": time(d.created),
                    "status": d.status.at(moment),
                })
            })
            .collect();
        json!({"serviceDeployments": known})
    }

    /// `DescribeServiceDeployments`: ours, or nothing.
    pub fn describe(&self, moment: Ms) -> Option<Value> {
        let ours = self.ours();
        let deleted = *self.gone.at(moment - FORGOTTEN);
        if ours.created > moment || deleted {
            return None;
        }
        let status = *ours.status.at(moment);
        let is_over = FINAL.contains(&status);
        // The counts are those of the moment at which it was over.
        let counted = match is_over {
            true => ours.status.changed_before(moment).unwrap_or(moment),
            false => moment,
        };
        let running = self.our_tasks().filter(|t| t.runs_at(counted)).count();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("serviceDeploymentArn", json!(service_deployment(&ours.id)));
        put("status", json!(status));
        put("updatedAt", time(self.updated(ours, counted)));
        put(
            "targetServiceRevision",
            json!({
                "arn": revision(ours.target),
                "requestedTaskCount": ours.requested.at(counted),
                "runningTaskCount": running,
                "pendingTaskCount": 0,
            }),
        );
        put("deploymentConfiguration", self.configuration());
        if status != "PENDING" {
            let sources: Vec<Value> = ours
                .sources
                .iter()
                .map(|n| json!({"arn": revision(*n)}))
                .collect();
            put("sourceServiceRevisions", json!(sources));
            put("createdAt", time(ours.created));
            put(
                "deploymentCircuitBreaker",
                json!({"status": ours.breaker.at(moment), "threshold": 3}),
            );
            let alarms = if *ours.alarm.at(moment) {
                json!({"status": "TRIGGERED", "triggeredAlarmNames": ["errors"]})
            } else {
                json!({"status": "DISABLED"})
            };
            put("alarms", alarms);
        }
        if let Some(reason) = ours.reason.at(moment) {
            put("statusReason", json!(reason));
        }
        if let Some(stage) = ours.stage.at(moment) {
            put("lifecycleStage", json!(stage));
        }
        if *ours.paused.at(moment) {
            put(
                "lifecycleHookDetails",
                json!([{"hookId": "ecs-pause-x", "targetType": "PAUSE", "status": "AWAITING_ACTION", "timeoutAction": "ROLLBACK"}]),
            );
        }
        if let Some(back) = ours.rollback.at(moment) {
            put(
                "rollback",
                json!({"reason": "ECS rolled back", "serviceRevisionArn": revision(*back)}),
            );
        }
        if matches!(
            status,
            "STOPPED" | "SUCCESSFUL" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED"
        ) {
            let end = ours.status.changed_before(moment).unwrap_or(moment);
            put("finishedAt", time(end));
        }
        Some(Value::Object(body))
    }

    fn updated(&self, deployment: &ServiceDeployment, moment: Ms) -> Ms {
        let own = [
            deployment.status.changed_before(moment),
            deployment.stage.changed_before(moment),
            deployment.paused.changed_before(moment),
            deployment.breaker.changed_before(moment),
            deployment.alarm.changed_before(moment),
            deployment.requested.changed_before(moment),
        ];
        let tasks = self
            .our_tasks()
            .filter_map(|t| t.running)
            .filter(|at| *at <= moment);
        own.into_iter()
            .flatten()
            .chain(tasks)
            .max()
            .unwrap_or(deployment.created)
    }

    /// `DescribeServiceRevisions`: ours.
    pub fn revision(&self, moment: Ms) -> Value {
        let mut body = json!({
            "serviceRevisionArn": revision(OURS),
            "taskDefinition": task_definition(self.our_definition()),
            "loadBalancers": self.load_balancers(),
        });
        // Resolved some seconds after it is made.
        if self.has_targets && moment >= RESOLVED {
            body["resolvedConfiguration"] =
                json!({"loadBalancers": [{"targetGroupArn": self.group_of(OURS)}]});
        }
        body
    }

    /// `DescribeTaskDefinition`: ours.
    pub fn task_definition(&self) -> Value {
        let mut container = json!({"name": "app", "essential": true, "image": "web"});
        if self.has_container_check {
            container["healthCheck"] = json!({"command": ["CMD", "true"]});
        }
        json!({"taskDefinitionArn": task_definition(self.our_definition()), "containerDefinitions": [container]})
    }

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

    /// How many changes of a task there were up to a moment; 0 before it is created.
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
        let mut container = json!({"name": "app", "lastStatus": last, "networkInterfaces": [{"privateIpv4Address": address(task)}]});
        let mut body = json!({
            "taskArn": task_arn(task.id),
            "taskDefinitionArn": task_definition(task.task_definition),
            "startedBy": format!("ecs-svc/{}", task.deployment),
            "lastStatus": last,
            "desiredStatus": if stopping { "STOPPED" } else { "RUNNING" },
            "healthStatus": health,
            "createdAt": time(task.created),
            "version": task.version(moment),
        });
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
                Some((address(task), 8080, state))
            })
            .collect()
    }

    /// Whether the revision before ours has this number: what a rollback names.
    pub fn is_before(number: u64) -> bool {
        number == BEFORE
    }
}

fn address(task: &TaskLife) -> String {
    format!("10.0.{}.{}", task.id / 200, task.id % 200 + 1)
}
