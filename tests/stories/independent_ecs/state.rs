//! The account: one cluster `prod` with one service `web`, its deployments, tasks and targets.
//!
//! Everything here is written from AWS's API reference and recorded answers. It uses neither the crate
//! `fakes` nor a type of the programs, so a misreading there is not repeated here.

use serde_json::{Value, json};

pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "123456789012";
/// The number of the deployment that runs before ours.
const FIRST_NUMBER: u64 = 7_100_000_000_000_000_001;

pub fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

/// The target groups. A deployment that shifts traffic uses the second one for the new tasks.
pub fn target_group(green: bool) -> String {
    let name = if green {
        "green/0fedcba987654321"
    } else {
        "blue/0123456789abcdef"
    };
    arn("elasticloadbalancing", &format!("targetgroup/{name}"))
}

/// A deployment, as a service deployment and as an entry of the service's `deployments`.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub number: u64,
    pub task_definition: String,
    pub load_balancers: Value,
    pub created: f64,
    pub updated: f64,
    pub ended: Option<f64>,
    pub status: &'static str,
    pub reason: Option<String>,
    pub stage: Option<&'static str>,
    pub hooks: Value,
    pub breaker: &'static str,
    pub failures: u32,
    pub alarms: Vec<String>,
    pub rollback: Option<(u64, String)>,
    pub sources: Vec<u64>,
    pub weight: f64,
    /// The entry in the service; `None` if it is not shown any more.
    pub classic: Option<&'static str>,
    pub rollout: &'static str,
    pub rollout_reason: String,
    pub is_green: bool,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub id: u64,
    pub deployment: u64,
    pub task_definition: String,
    pub status: &'static str,
    pub health: &'static str,
    pub created: f64,
    pub version: u32,
    /// State, reason and description of its target.
    pub target: Option<(&'static str, &'static str, &'static str)>,
    pub stop: Option<Stop>,
}

#[derive(Debug, Clone)]
pub struct Stop {
    pub at: f64,
    pub code: &'static str,
    pub reason: String,
    pub exit: Option<i32>,
    pub container_reason: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Service {
    /// Members as they were declared.
    pub body: Value,
    pub created: f64,
    pub status: &'static str,
    pub desired: u32,
}

/// What AWS knows at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Seconds since 1970.
    pub now: f64,
    pub definitions: Vec<Value>,
    pub service: Option<Service>,
    /// Oldest first.
    pub deployments: Vec<Deployment>,
    pub tasks: Vec<Task>,
    pub events: Vec<(f64, String)>,
    pub log_lines: Vec<&'static str>,
    /// The number of our deployment.
    pub ours: u64,
    next_task: u64,
}

impl State {
    /// An account at this moment.
    pub fn at(now: f64) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// Whether the tasks are reached through ports of EC2 instances.
    pub fn is_bridged(&self) -> bool {
        self.definitions
            .iter()
            .any(|d| d["networkMode"] == "bridge")
    }

    pub fn strategy(&self) -> &str {
        let body = self.service.as_ref().map(|s| &s.body);
        body.and_then(|b| b["deploymentConfiguration"]["strategy"].as_str())
            .unwrap_or("ROLLING")
    }

    pub fn deployment(&mut self, number: u64) -> &mut Deployment {
        let found = self.deployments.iter_mut().find(|d| d.number == number);
        found.unwrap_or_else(|| panic!("there is no deployment {number}"))
    }

    /// Our deployment.
    pub fn our(&mut self) -> &mut Deployment {
        let now = self.now;
        let ours = self.deployment(self.ours);
        ours.updated = now;
        ours
    }

    /// Begins a deployment and returns its number.
    pub fn begin(&mut self, task_definition: &str) -> u64 {
        let number = FIRST_NUMBER + self.deployments.len() as u64;
        let shifts = self.strategy() != "ROLLING";
        let is_green = shifts
            && self
                .deployments
                .iter()
                .rev()
                .any(|d| d.classic.is_some() && !d.is_green);
        for other in &mut self.deployments {
            other.classic = other.classic.map(|_| "ACTIVE");
        }
        let service = self.service.as_ref();
        let load_balancers = service
            .map(|s| s.body["loadBalancers"].clone())
            .unwrap_or_default();
        let sources = self
            .deployments
            .iter()
            .filter(|d| d.status == "SUCCESSFUL" && d.classic.is_some());
        let sources = sources.map(|d| d.number).collect();
        self.deployments.push(Deployment {
            number,
            task_definition: task_definition.to_owned(),
            load_balancers,
            created: self.now,
            updated: self.now,
            ended: None,
            status: "PENDING",
            reason: None,
            stage: None,
            hooks: json!([]),
            breaker: "MONITORING",
            failures: 0,
            alarms: Vec::new(),
            rollback: None,
            sources,
            weight: 0.0,
            classic: Some("PRIMARY"),
            rollout: "IN_PROGRESS",
            rollout_reason: format!("ECS deployment ecs-svc/{number} in progress."),
            is_green,
        });
        number
    }

    pub fn add_task(&mut self, deployment: u64) -> &mut Task {
        self.next_task += 1;
        let task_definition = self.deployment(deployment).task_definition.clone();
        self.tasks.push(Task {
            id: self.next_task,
            deployment,
            task_definition,
            status: "PENDING",
            health: "UNKNOWN",
            created: self.now,
            version: 1,
            target: None,
            stop: None,
        });
        let last = self.tasks.len() - 1;
        &mut self.tasks[last]
    }

    /// The tasks of a deployment that have not stopped.
    pub fn live(&mut self, deployment: u64) -> impl Iterator<Item = &mut Task> {
        let tasks = self.tasks.iter_mut();
        tasks.filter(move |t| t.deployment == deployment && t.stop.is_none())
    }

    pub fn count(&self, deployment: u64, status: &str) -> u32 {
        let tasks = self.tasks.iter();
        tasks
            .filter(|t| t.deployment == deployment && t.status == status)
            .count() as u32
    }

    pub fn event(&mut self, message: &str) {
        self.events
            .push((self.now, format!("(service web) {message}")));
    }

    /// A stable deployment that ran for a long time, with healthy tasks.
    pub fn run_stable(&mut self, task_definition: &str) {
        let desired = self.service.as_ref().map_or(0, |s| s.desired);
        let long_ago = self.now - 9_000.0;
        let number = self.begin(task_definition);
        for _ in 0..desired {
            let task = self.add_task(number);
            task.status = "RUNNING";
            task.health = "HEALTHY";
            task.target = Some(("healthy", "", ""));
            task.created = long_ago;
        }
        let stable = self.deployment(number);
        stable.created = long_ago;
        stable.updated = long_ago + 60.0;
        stable.ended = Some(long_ago + 60.0);
        stable.status = "SUCCESSFUL";
        stable.rollout = "COMPLETED";
        stable.rollout_reason = format!("ECS deployment ecs-svc/{number} completed.");
        stable.weight = 100.0;
    }
}

impl Task {
    pub fn arn(&self) -> String {
        arn("ecs", &format!("task/prod/{:032x}", self.id))
    }

    pub fn address(&self) -> String {
        format!("10.0.{}.{}", self.id / 200, self.id % 200 + 10)
    }

    /// The dynamic port on its instance, in bridge mode.
    pub fn host_port(&self) -> u64 {
        32_768 + self.id
    }

    pub fn instance(&self) -> &'static str {
        if self.id.is_multiple_of(2) {
            "i-0aaaaaaaaaaaaaaa0"
        } else {
            "i-0bbbbbbbbbbbbbbb1"
        }
    }

    pub fn stopped(&mut self, now: f64, code: &'static str, reason: &str) -> &mut Stop {
        self.status = "STOPPED";
        self.version += 2;
        self.target = None;
        self.stop.insert(Stop {
            at: now,
            code,
            reason: reason.to_owned(),
            exit: None,
            container_reason: None,
        })
    }
}
