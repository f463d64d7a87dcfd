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
    pub service: ServiceHistory,
    /// Our service deployment in its most advanced state.
    pub service_deployment: Option<ServiceDeployment>,
    /// When our service deployment was first seen to have ended.
    pub end: Option<DeploymentEnd>,
    /// Reads in which ECS did not know our service deployment.
    pub unknown_deployment: Option<Sightings>,
    pub listing: ListingHistory,
    pub revision: Option<ServiceRevision>,
    pub revision_denied: bool,
    pub task_definition: Option<TaskDefinition>,
    pub task_definition_denied: bool,
    /// Every task of the service that was ever seen, by ARN, in its newest version.
    pub tasks: BTreeMap<String, Task>,
    /// ARNs of the tasks in the newest read.
    pub current_tasks: Option<Reading<BTreeSet<String>>>,
    /// The newest read of each target group, by ARN.
    pub targets: BTreeMap<String, Reading<Vec<TargetHealth>>>,
    /// Whether any of our tasks was ever healthy.
    pub ever_healthy: bool,
    /// Targets of our tasks that were unhealthy, by address, with the newest reason. They are kept
    /// because a target is deregistered with its task, and its reason is lost then.
    pub refused_targets: BTreeMap<String, TargetHealth>,
    /// The newest events of the service since our deployment began, oldest first.
    pub events: Vec<ServiceEvent>,
}

/// A value, and when it was read.
#[derive(Debug, Clone)]
pub struct Reading<T> {
    pub at: Timestamp,
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
    /// All reads that returned the service.
    pub seen: Option<Sightings>,
    /// Consecutive reads in which the service was deleted or missing.
    pub gone: Option<Sightings>,
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
            service: ServiceHistory::default(),
            service_deployment: None,
            end: None,
            unknown_deployment: None,
            listing: ListingHistory::default(),
            revision: None,
            revision_denied: false,
            task_definition: None,
            task_definition_denied: false,
            tasks: BTreeMap::new(),
            current_tasks: None,
            targets: BTreeMap::new(),
            ever_healthy: false,
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
