//! Writes a moment of a history in the shapes of AWS's API.

mod deployment;
mod service;
mod task;

use serde_json::{Value, json};

use super::line::Ms;
use super::{History, OURS, Strategy};

/// The target groups; a deployment that shifts traffic uses the second for ours.
pub const GROUPS: [&str; 2] = [
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/0123456789abcdef",
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/fedcba9876543210",
];

/// The write, in seconds since 1970.
const EPOCH: i64 = 1_772_442_000;
/// How long a service is shown as DRAINING before it is gone.
pub(super) const DRAINING: Ms = 30_000;
/// How long after that its service deployments are still readable.
pub(super) const FORGOTTEN: Ms = 5_000;
/// When our revision's target group is known.
pub(super) const RESOLVED: Ms = 3_000;
/// How long a new classic deployment desires nothing.
pub(super) const COUNTED: Ms = 1_000;
/// How long the target of a stopped task is still listed.
pub(super) const DEREGISTERED: Ms = 5_000;

/// The number of the revision of a service that was created again under its name.
const OTHER: u64 = 7_000_000_000_000_000_009;

/// The states in which ECS is done with a service deployment.
const FINAL: [&str; 4] = [
    "STOPPED",
    "SUCCESSFUL",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];

const ECS: &str = "arn:aws:ecs:eu-central-1:123456789012";

/// A moment in AWS's JSON format: seconds with fractions.
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

    /// The response to our write, from which a `DeploymentRef` is read.
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

    fn configuration(&self, strategy: Strategy) -> Value {
        let word = match strategy {
            Strategy::Rolling => "ROLLING",
            Strategy::BlueGreen => "BLUE_GREEN",
            Strategy::Canary => "CANARY",
            Strategy::Linear => "LINEAR",
        };
        let mut configuration = json!({
            "strategy": word,
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "bakeTimeInMinutes": self.bake_minutes,
            "deploymentCircuitBreaker": {"enable": self.breaker, "rollback": self.breaker && self.rolls_back},
            "alarms": {"alarmNames": [], "enable": self.alarms, "rollback": self.alarms && self.rolls_back},
        });
        match strategy {
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
        let green = self.strategy != Strategy::Rolling && (number == OURS) == self.is_green;
        GROUPS[usize::from(green)]
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
}
