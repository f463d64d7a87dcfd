//! Helps to write tests: short bodies of AWS, observed at a second of the clock.

use ecs_model::DeploymentRef;
use ecs_model::{self, TargetHealth, TargetState};
use jiff::{SignedDuration, Timestamp};
use rollout::{Judgment, Limit, Observation, Outcome, Question, Until, Verdict, Watch};
use serde_json::{Value, json};

pub const OURS: &str = "200";
pub const OLD: &str = "100";

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub fn arn(number: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:service-revision/c/web/{number}")
}

pub fn deployment_arn(id: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:service-deployment/c/web/{id}")
}

pub fn question() -> Question {
    Question {
        deployment: Some(DeploymentRef {
            ecs_svc_id: Some(format!("ecs-svc/{OURS}")),
            service_revision_arn: Some(arn(OURS)),
            created_at: Some(at(0)),
            ..DeploymentRef::default()
        }),
        until: Until::Completed,
        until_rolled_back: false,
        exit_on_pause: false,
        fail_fast: None,
        limit: Limit::Fixed(SignedDuration::from_mins(30)),
    }
}

/// Our service deployment in a status. `more` overrides its members.
pub fn deployment(second: i64, status: &str, more: Value) -> Observation {
    let mut body = json!({
        "serviceDeploymentArn": deployment_arn("ours"),
        "status": status,
        "createdAt": at(0).to_string(),
        "updatedAt": at(second).to_string(),
        "sourceServiceRevisions": [{"arn": arn(OLD), "requestedTaskCount": 2}],
        "targetServiceRevision": {"arn": arn(OURS), "requestedTaskCount": 2,
            "runningTaskCount": 0, "pendingTaskCount": 0},
        "deploymentConfiguration": {"strategy": "ROLLING"},
        "deploymentCircuitBreaker": {"status": "MONITORING"},
    });
    override_members(&mut body, more);
    Observation::ServiceDeployment(Box::new(ecs_model::from_answer(&body).unwrap()))
}

/// Each entry: second of creation, ID, number of the target revision.
pub fn listing(entries: &[(i64, &str, &str)]) -> Observation {
    let list: Vec<Value> = entries
        .iter()
        .map(|(second, id, number)| {
            json!({"serviceDeploymentArn": deployment_arn(id), "status": "IN_PROGRESS",
                "createdAt": at(*second).to_string(), "targetServiceRevisionArn": arn(number)})
        })
        .collect();
    Observation::Listing(ecs_model::from_answer(&json!(list)).unwrap())
}

pub fn service(second: i64, more: Value) -> Observation {
    let mut body = json!({
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/c/web",
        "serviceName": "web",
        "status": "ACTIVE",
        "desiredCount": 2,
        "deployments": [classic(OURS, "PRIMARY", "IN_PROGRESS", 0, second), classic(OLD, "ACTIVE", "COMPLETED", -1000, second)],
        "events": [],
    });
    override_members(&mut body, more);
    Observation::Service(Box::new(ecs_model::from_answer(&body).unwrap()))
}

pub fn classic(number: &str, status: &str, rollout: &str, created: i64, updated: i64) -> Value {
    json!({"id": format!("ecs-svc/{number}"), "status": status, "rolloutState": rollout,
        "taskDefinition": format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:{number}"),
        "createdAt": at(created).to_string(), "updatedAt": at(updated).to_string(),
        "desiredCount": 2, "runningCount": 2,
        "rolloutStateReason": format!("ECS deployment ecs-svc/{number} in progress.")})
}

pub fn event(second: i64, message: &str) -> Value {
    json!({"id": format!("{second}{message}"), "createdAt": at(second).to_string(), "message": message})
}

/// `count` running tasks of the deployment, with addresses 10.0.0.1, 10.0.0.2, …
pub fn running(number: &str, count: usize) -> Value {
    let tasks = (1..=count).map(|n| {
        json!({"taskArn": format!("arn:aws:ecs:eu-west-1:123456789012:task/c/{number}{n}"),
            "startedBy": format!("ecs-svc/{number}"), "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING", "healthStatus": "UNKNOWN", "version": 3,
            "containers": [{"name": "app", "networkInterfaces": [{"privateIpv4Address": format!("10.0.0.{n}")}]}]})
    });
    tasks.collect()
}

/// The same, healthy by their own check.
pub fn healthy(number: &str, count: usize) -> Value {
    let mut tasks = running(number, count);
    for task in tasks.as_array_mut().into_iter().flatten() {
        task["healthStatus"] = json!("HEALTHY");
    }
    tasks
}

/// `count` tasks of ours that exited with an error.
pub fn crashed(count: usize) -> Value {
    let tasks = (1..=count).map(|n| {
        json!({"taskArn": format!("arn:aws:ecs:eu-west-1:123456789012:task/c/dead{n}"),
            "startedBy": format!("ecs-svc/{OURS}"), "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
            "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
            "stoppedAt": at(n as i64).to_string(),
            "containers": [{"name": "app", "exitCode": 1}], "version": 5})
    });
    tasks.collect()
}

pub fn tasks(lists: &[Value]) -> Observation {
    let all: Vec<Value> = lists
        .iter()
        .flat_map(|l| l.as_array().unwrap().clone())
        .collect();
    Observation::Tasks(ecs_model::from_answer(&json!(all)).unwrap())
}

pub fn targets(group: &str, states: &[&str]) -> Observation {
    let targets = states
        .iter()
        .enumerate()
        .map(|(n, state)| TargetHealth {
            id: format!("10.0.0.{}", n + 1),
            port: Some(8080),
            state: TargetState::from(*state),
            reason: None,
            description: None,
        })
        .collect();
    Observation::Targets {
        group: group.to_owned(),
        targets,
    }
}

/// No container health checks.
pub fn plain_definition() -> Observation {
    let body = json!({"containerDefinitions": [{"name": "app"}]});
    Observation::TaskDefinition(Box::new(ecs_model::from_answer(&body).unwrap()))
}

pub struct Scene {
    pub watch: Watch,
    pub now: i64,
}

impl Scene {
    pub fn of(question: Question) -> Self {
        Self {
            watch: Watch::new(question, at(0)),
            now: 0,
        }
    }

    /// Ours, with service deployments and a task definition without health checks.
    pub fn with_deployments() -> Self {
        let mut scene = Self::of(question());
        scene.record(1, plain_definition());
        scene.record(1, listing(&[(-900, "old", OLD), (0, "ours", OURS)]));
        scene.record(1, service(1, json!({})));
        scene
    }

    /// Ours, with only the service.
    pub fn with_service_only(more: Value) -> Self {
        let mut scene = Self::of(question());
        scene.record(1, plain_definition());
        scene.record(1, Observation::NoServiceDeployments);
        scene.record(1, service(1, more));
        scene
    }

    pub fn record(&mut self, second: i64, observation: Observation) -> &mut Self {
        self.now = self.now.max(second);
        self.watch.record(at(second), observation);
        self
    }

    /// What identifies our deployment, as far as it is known.
    pub fn ours(&self) -> &DeploymentRef {
        self.watch.facts().deployment_ref.as_ref().unwrap()
    }

    pub fn judge(&self) -> Judgment {
        self.watch.judge(at(self.now))
    }

    pub fn verdict(&self) -> Verdict {
        match self.judge() {
            Judgment::Decided(verdict) => verdict,
            other => panic!("no verdict: {other:?}"),
        }
    }

    pub fn outcome(&self) -> Outcome {
        self.verdict().outcome
    }

    pub fn waits(&self) -> bool {
        self.judge() == Judgment::Waiting
    }
}

fn override_members(body: &mut Value, more: Value) {
    let (Value::Object(body), Value::Object(more)) = (body, more) else {
        panic!("objects only");
    };
    for (member, value) in more {
        body.insert(member, value);
    }
}
