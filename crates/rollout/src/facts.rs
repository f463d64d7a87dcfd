//! What was recorded about a deployment. Plain data: `record` writes it, `judge` reads it.
//!
//! This file also contains the few values that follow from the data directly. Never here: what the
//! data mean for the verdict.

use std::collections::{BTreeMap, BTreeSet};

use ecs_model::{
    DeploymentConfiguration, DeploymentRef, Service, ServiceDeployment, ServiceDeploymentBrief,
    ServiceEvent, ServiceRevision, TargetHealth, Task, TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};

use crate::sightings::Sightings;

/// ECS gives the parts of one change slightly different times, so something that is this much older
/// than our write still belongs to it.
pub(crate) const WRITE_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// Everything that was recorded about our deployment.
///
/// Times are from the caller's clock, when the request was sent. Times inside AWS's types are from
/// AWS's clock.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the wait started.
    pub started: Timestamp,
    /// What identifies our deployment, as far as it is known.
    pub deployment_ref: Option<DeploymentRef>,
    /// Whether our deployment is the one that was current in the first read.
    pub is_current: bool,
    pub service: ServiceHistory,
    /// Our service deployment in its most advanced state.
    pub service_deployment: Option<ServiceDeployment>,
    /// When our service deployment was first seen to have ended.
    pub end: Option<DeploymentEnd>,
    /// Reads in which ECS did not know our service deployment.
    pub unknown_deployment: Option<Sightings>,
    /// Reads in which the circuit breaker had triggered while the deployment was in progress.
    pub breaker_triggered: Option<Sightings>,
    pub listing: ListingHistory,
    pub revision: Option<ServiceRevision>,
    pub revision_denied: bool,
    pub task_definition: Option<TaskDefinition>,
    pub task_definition_denied: bool,
    /// Every task of the service that was ever seen, by ARN, in its newest version.
    pub tasks: BTreeMap<String, Task>,
    /// When each task was last described, by ARN.
    pub task_reads: BTreeMap<String, ReadSpan>,
    /// Access to the tasks of the service is denied.
    pub tasks_denied: bool,
    /// ARNs of the tasks in the newest list.
    pub current_tasks: Option<Reading<BTreeSet<String>>>,
    /// The newest read of each target group, by ARN.
    pub targets: BTreeMap<String, Reading<Vec<TargetHealth>>>,
    /// Access to the health of targets is denied.
    pub targets_denied: bool,
    /// Whether any of our tasks was ever healthy.
    pub ever_healthy: bool,
    /// When each of our tasks was last seen healthy, by ARN, since the deployment had ended.
    pub last_healthy: BTreeMap<String, Timestamp>,
    /// When each target in our groups was last seen healthy, by ID and port, since the deployment had
    /// ended. In bridge mode, targets cannot be matched to tasks.
    pub last_healthy_targets: BTreeMap<(String, Option<u16>), Timestamp>,
    /// Targets of our tasks that were unhealthy, by address, with the newest reason. They are kept
    /// because a target is deregistered with its task, and its reason is lost then.
    pub refused_targets: BTreeMap<String, TargetHealth>,
    /// The newest events of the service since our deployment began, oldest first.
    pub events: Vec<ServiceEvent>,
}

/// When a request was sent and when its response arrived. A list of several pages is one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadSpan {
    pub sent: Timestamp,
    pub received: Timestamp,
}

impl ReadSpan {
    /// A read that took no time.
    pub fn at(moment: Timestamp) -> Self {
        Self {
            sent: moment,
            received: moment,
        }
    }
}

/// A value, and when it was read.
#[derive(Debug, Clone)]
pub struct Reading<T> {
    pub span: ReadSpan,
    pub value: T,
}

/// When our deployment was first seen to have ended, and the number of tasks that it had requested
/// by then.
#[derive(Debug, Clone, Copy)]
pub struct DeploymentEnd {
    pub at: Timestamp,
    pub requested: Option<u32>,
}

/// What the lists of service deployments contained.
#[derive(Debug, Clone, Default)]
pub struct ListingHistory {
    /// Whether service deployments cannot be read.
    pub denied: bool,
    /// When the first list was read.
    pub first: Option<Timestamp>,
    /// How many lists were read.
    pub reads: u32,
    /// All service deployments that were ever listed, by ARN.
    pub known: BTreeMap<String, ServiceDeploymentBrief>,
    /// Lists that were read since our deployment was seen to have ended.
    pub since_end: Option<Sightings>,
}

/// What reads of the service showed about our classic deployment.
#[derive(Debug, Clone, Default)]
pub struct ServiceHistory {
    /// The newest state of the service, which may be from an earlier read than the last one.
    pub latest: Option<Reading<Service>>,
    /// The newest read that returned the service.
    pub newest_read: Option<ReadSpan>,
    /// All reads that returned the service.
    pub seen: Option<Sightings>,
    /// Consecutive reads in which the service was deleted or missing.
    pub gone: Option<Sightings>,
    /// When the service was created, in the first read.
    pub created_at: Option<Timestamp>,
    /// The service was deleted and created again under its name.
    pub was_recreated: bool,
    /// Whether a read of the service contained our deployment.
    pub seen_ours: bool,
    /// IDs of deployments that existed while ours was PRIMARY. They are earlier than ours.
    pub before: BTreeSet<String>,
    /// When ours was first seen COMPLETED.
    pub completed: Option<DeploymentEnd>,
    /// Reads in which our deployment was FAILED or an event reported its failure.
    pub failed: Option<Sightings>,
    /// The reason of the failure, from `rolloutStateReason` or an event.
    pub failure_reason: Option<String>,
    /// Reads, newer than our deployment, in which another deployment was PRIMARY.
    pub lost: Option<Sightings>,
    /// IDs of all events that were recorded.
    pub event_ids: BTreeSet<String>,
}

impl Facts {
    /// Facts without any read. The reference of the deployment may already be known.
    pub fn new(deployment: Option<DeploymentRef>, started: Timestamp) -> Self {
        let deployment_ref = deployment.map(|mut deployment| {
            deployment.join();
            deployment
        });
        Self {
            started,
            deployment_ref,
            is_current: false,
            service: ServiceHistory::default(),
            service_deployment: None,
            end: None,
            unknown_deployment: None,
            breaker_triggered: None,
            listing: ListingHistory::default(),
            revision: None,
            revision_denied: false,
            task_definition: None,
            task_definition_denied: false,
            tasks: BTreeMap::new(),
            task_reads: BTreeMap::new(),
            tasks_denied: false,
            current_tasks: None,
            targets: BTreeMap::new(),
            targets_denied: false,
            ever_healthy: false,
            last_healthy: BTreeMap::new(),
            last_healthy_targets: BTreeMap::new(),
            refused_targets: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// The newest state of the service.
    pub fn service(&self) -> Option<&Service> {
        self.service.latest.as_ref().map(|reading| &reading.value)
    }

    /// The ARN of our service deployment, if it is known.
    pub fn service_deployment_arn(&self) -> Option<&str> {
        self.deployment_ref
            .as_ref()?
            .service_deployment_arn
            .as_deref()
    }

    /// When our deployment was created, if the reference contains it.
    pub(crate) fn written_at(&self) -> Option<Timestamp> {
        self.deployment_ref.as_ref()?.created_at
    }

    /// Whether only the service can be judged, because service deployments cannot be read.
    pub fn is_without_service_deployments(&self) -> bool {
        self.service_deployment.is_none() && self.listing.denied
    }

    /// The configuration of the deployment or, if it is not known, of the service.
    pub(crate) fn configuration(&self) -> Option<&DeploymentConfiguration> {
        let of_deployment = self
            .service_deployment
            .as_ref()
            .map(|deployment| &deployment.deployment_configuration);
        of_deployment.or(self.service().map(|s| &s.deployment_configuration))
    }
}
