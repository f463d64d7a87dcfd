//! The state of ECS: clusters, task definitions, services with their deployments, tasks, and the
//! agenda of what is due to happen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::script::{Change, OneOff, Rollout};

/// How long a stopped task stays visible.
pub(crate) const STOPPED_VISIBLE: Duration = Duration::from_secs(3600);

/// All of ECS.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) clusters: Vec<Cluster>,
    /// Family to revisions, revision 1 first.
    pub(crate) families: BTreeMap<String, Vec<TaskDefinition>>,
    pub(crate) services: Vec<Service>,
    pub(crate) tasks: Vec<Task>,
    /// What is due, in order. The second number keeps changes of the same moment in insertion order.
    pub(crate) agenda: BTreeMap<(Timestamp, u64), Due>,
    pub(crate) made: u64,
    /// Scripts for the next deployments of a service, by the service's name.
    pub(crate) scripts: BTreeMap<String, VecDeque<Rollout>>,
    pub(crate) default_rollout: Option<Rollout>,
    pub(crate) one_offs: VecDeque<OneOff>,
    pub(crate) addresses: u32,
    pub(crate) settings: Settings,
    pub(crate) run_tokens: BTreeMap<String, (Value, Vec<String>)>,
    pub(crate) history: History,
    pub(crate) buckets: super::buckets::Buckets,
}

/// Settings that a test makes once.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// Roles that the caller may not pass.
    pub(crate) unpassable_roles: Vec<String>,
    /// Whether reads of service deployments and revisions are denied.
    pub(crate) service_deployments_denied: bool,
    /// The age at which ListServiceDeployments first shows a deployment.
    pub(crate) listed_after: Duration,
}

#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) status: &'static str,
    pub(crate) tags: Vec<Value>,
}

/// One revision of a family.
#[derive(Clone)]
pub(crate) struct TaskDefinition {
    pub(crate) arn: String,
    /// As Describe shows it.
    pub(crate) document: Map<String, Value>,
    pub(crate) tags: Vec<Value>,
    pub(crate) active: bool,
}

impl TaskDefinition {
    pub(crate) fn containers(&self) -> &[Value] {
        self.document
            .get("containerDefinitions")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }
}

#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The cluster's name.
    pub(crate) cluster: String,
    pub(crate) status: &'static str,
    pub(crate) desired: usize,
    /// Members as declared, by CreateService and UpdateService.
    pub(crate) config: Map<String, Value>,
    /// The body that created it: CreateService is idempotent by it.
    pub(crate) created_from: Value,
    pub(crate) task_definition: String,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    /// Newest first; the first is PRIMARY.
    pub(crate) deployments: Vec<Deployment>,
    /// Newest first.
    pub(crate) service_deployments: Vec<ServiceDeployment>,
    pub(crate) revisions: Vec<Revision>,
    /// Newest first; the last hundred.
    pub(crate) events: VecDeque<Event>,
    pub(crate) tags: Vec<Value>,
    /// The last deployment that completed, to which a rollback returns.
    pub(crate) stable: Option<u64>,
}

impl Service {
    pub(crate) fn deployment(&mut self, number: u64) -> Option<&mut Deployment> {
        self.deployments.iter_mut().find(|d| d.number == number)
    }

    pub(crate) fn service_deployment(&mut self, number: u64) -> Option<&mut ServiceDeployment> {
        self.service_deployments
            .iter_mut()
            .find(|d| d.number == number)
    }

    pub(crate) fn revision(&self, number: u64) -> Option<&Revision> {
        self.revisions.iter().find(|r| r.number == number)
    }

    /// `arn:…:KIND/CLUSTER/SERVICE/LAST`, from the service's own ARN.
    pub(crate) fn arn_of(&self, kind: &str, last: &str) -> String {
        let (head, _) = self.arn.split_once(":service/").unwrap_or((&self.arn, ""));
        format!("{head}:{kind}/{}/{}/{last}", self.cluster, self.name)
    }

    pub(crate) fn cluster_arn(&self) -> String {
        let (head, _) = self.arn.split_once(":service/").unwrap_or((&self.arn, ""));
        format!("{head}:cluster/{}", self.cluster)
    }

    pub(crate) fn load_balancers(&self) -> &[Value] {
        list(&self.config, "loadBalancers")
    }

    /// ROLLING, BLUE_GREEN, LINEAR, CANARY.
    pub(crate) fn strategy(&self) -> &str {
        self.config
            .get("deploymentConfiguration")
            .and_then(|c| c["strategy"].as_str())
            .unwrap_or("ROLLING")
    }
}

pub(crate) fn list<'m>(map: &'m Map<String, Value>, name: &str) -> &'m [Value] {
    map.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A classic deployment, an entry of `services[].deployments`.
#[derive(Clone)]
pub(crate) struct Deployment {
    /// `ecs-svc/NUMBER`, and the end of the revision's ARN.
    pub(crate) number: u64,
    pub(crate) task_definition: String,
    pub(crate) desired: usize,
    pub(crate) failed: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) config: Map<String, Value>,
    pub(crate) rollout_state: &'static str,
    pub(crate) rollout_reason: String,
}

/// The authoritative record of a rollout.
#[derive(Clone)]
pub(crate) struct ServiceDeployment {
    pub(crate) id: String,
    /// The target revision's number.
    pub(crate) number: u64,
    pub(crate) sources: Vec<u64>,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) stopped_at: Option<Timestamp>,
    pub(crate) updated_at: Timestamp,
    pub(crate) config: Value,
    pub(crate) stage: Option<String>,
    pub(crate) hooks: Vec<Value>,
    pub(crate) failures: u64,
    pub(crate) threshold: u64,
    pub(crate) breaker_triggered: bool,
    pub(crate) alarms_triggered: Vec<String>,
    pub(crate) rollback: Option<Rollback>,
    /// Production and test traffic of the target, in percent.
    pub(crate) weights: Option<(f64, f64)>,
    /// The rest of the time line while a hook pauses it, as offsets from the moment it continues.
    pub(crate) held: Vec<(Duration, Change)>,
    /// The counts at the end: those of a finished deployment do not change.
    pub(crate) final_counts: Option<(usize, usize, usize)>,
    /// How long a rollback of it takes, from its script.
    pub(crate) rolling_back: Duration,
}

#[derive(Clone)]
pub(crate) struct Rollback {
    pub(crate) reason: String,
    pub(crate) started_at: Timestamp,
    pub(crate) to: u64,
}

impl ServiceDeployment {
    pub(crate) fn finished(&self) -> bool {
        matches!(
            self.status,
            "SUCCESSFUL" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED"
        )
    }
}

/// A service revision, which a deployment rolls out.
#[derive(Clone)]
pub(crate) struct Revision {
    pub(crate) number: u64,
    pub(crate) task_definition: String,
    pub(crate) config: Map<String, Value>,
    pub(crate) images: Vec<Value>,
    pub(crate) created_at: Timestamp,
    /// For blue/green: the target group, of the two, in which this revision's tasks are.
    pub(crate) alternate: bool,
}

#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) message: String,
}

#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// The cluster's name.
    pub(crate) cluster: String,
    /// The service's ARN, for a service's task.
    pub(crate) service: Option<String>,
    /// The deployment's number, for a service's task.
    pub(crate) deployment: Option<u64>,
    pub(crate) started_by: Option<String>,
    pub(crate) group: String,
    pub(crate) task_definition: String,
    pub(crate) family: String,
    pub(crate) last_status: &'static str,
    pub(crate) desired_status: &'static str,
    pub(crate) health: &'static str,
    pub(crate) containers: Vec<Container>,
    pub(crate) config: Map<String, Value>,
    pub(crate) overrides: Value,
    pub(crate) tags: Vec<Value>,
    pub(crate) cpu: String,
    pub(crate) memory: String,
    pub(crate) eni: Eni,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) pull_started_at: Option<Timestamp>,
    pub(crate) pull_stopped_at: Option<Timestamp>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) stopping_at: Option<Timestamp>,
    pub(crate) execution_stopped_at: Option<Timestamp>,
    pub(crate) stopped_at: Option<Timestamp>,
    pub(crate) stop_code: Option<&'static str>,
    pub(crate) stopped_reason: Option<String>,
}

impl Task {
    pub(crate) fn running(&self) -> bool {
        self.last_status == "RUNNING"
    }

    pub(crate) fn alive(&self) -> bool {
        self.last_status != "STOPPED"
    }

    pub(crate) fn pending(&self) -> bool {
        matches!(self.last_status, "PROVISIONING" | "PENDING" | "ACTIVATING")
    }
}

#[derive(Clone)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) digest: Option<String>,
    pub(crate) cpu: String,
    pub(crate) memory: Option<String>,
    pub(crate) essential: bool,
    pub(crate) checked: bool,
    pub(crate) exit_code: Option<i64>,
    pub(crate) reason: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Eni {
    pub(crate) attachment: String,
    pub(crate) id: String,
    pub(crate) mac: String,
    pub(crate) address: String,
    pub(crate) subnet: String,
    pub(crate) zone: String,
}

/// One thing on the agenda.
#[derive(Clone)]
pub(crate) struct Due {
    pub(crate) subject: Subject,
    pub(crate) change: Change,
}

/// What a change applies to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A deployment of a service: its ARN and the deployment's number.
    Deployment { service: String, number: u64 },
    /// A task that no service started, by its ARN.
    Task(String),
    /// A service itself.
    Service(String),
}

impl State {
    pub(crate) fn plan(&mut self, at: Timestamp, subject: Subject, change: Change) {
        self.made += 1;
        self.agenda.insert((at, self.made), Due { subject, change });
    }

    /// Drops everything that is scheduled for it.
    pub(crate) fn unplan(&mut self, subject: &Subject) {
        self.agenda.retain(|_, due| due.subject != *subject);
    }

    pub(crate) fn service(&self, arn: &str) -> Option<&Service> {
        self.services.iter().rev().find(|s| s.arn == arn)
    }

    pub(crate) fn service_mut(&mut self, arn: &str) -> Option<&mut Service> {
        self.services.iter_mut().rev().find(|s| s.arn == arn)
    }

    pub(crate) fn task_definition(&self, arn: &str) -> Option<&TaskDefinition> {
        let (_, name) = arn.rsplit_once('/').unwrap_or(("", arn));
        let (family, revision) = name.rsplit_once(':')?;
        let index = revision.parse::<usize>().ok()?.checked_sub(1)?;
        self.families.get(family)?.get(index)
    }

    /// The tasks of one deployment, in the order they were started.
    pub(crate) fn tasks_of(&self, service: &str, number: u64) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |task| {
            task.deployment == Some(number) && task.service.as_deref() == Some(service)
        })
    }

    /// Running and pending tasks of a deployment.
    pub(crate) fn counts(&self, service: &str, number: u64) -> (usize, usize) {
        self.tasks_of(service, number)
            .fold((0, 0), |(running, pending), task| {
                (
                    running + usize::from(task.running()),
                    pending + usize::from(task.pending()),
                )
            })
    }
}

/// The past states that are kept, and how far reads may lag.
#[derive(Clone, Default)]
pub(crate) struct History {
    pub(super) lag: Duration,
    pub(super) past: VecDeque<(Timestamp, Arc<State>)>,
}

impl History {
    pub(crate) fn set_lag(&mut self, lag: Duration) {
        self.lag = lag;
        self.past.clear();
    }
}
