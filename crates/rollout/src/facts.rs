//! What was recorded of a deployment. Plain data: `record` writes it, `judge` reads it.
//!
//! Here are also the few things that follow from the data without any decision. What the data mean
//! for the verdict is never decided here.

use std::collections::{BTreeMap, BTreeSet};

use ecs_model::{
    DeploymentConfiguration, DeploymentRef, Service, ServiceDeployment, ServiceDeploymentBrief,
    ServiceEvent, ServiceRevision, TargetHealth, Task, TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};

use crate::sightings::Sightings;

/// What is a little older than our write belongs to it: ECS stamps parts of one change apart.
pub(crate) const WRITE_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// Everything that was recorded of our deployment so far.
///
/// Times are those of the caller's clock at which a request was sent, except inside AWS's own types.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the wait began.
    pub started: Timestamp,
    /// What identifies our deployment, as far as it is known by now.
    pub deployment_ref: Option<DeploymentRef>,
    pub service: ServiceHistory,
    /// Our service deployment in the furthest state that was seen.
    pub service_deployment: Option<ServiceDeployment>,
    /// When our service deployment was first seen at its end.
    pub end: Option<DeploymentEnd>,
    /// ECS did not know our service deployment.
    pub unknown_deployment: Option<Sightings>,
    pub listing: ListingHistory,
    pub revision: Option<ServiceRevision>,
    pub revision_denied: bool,
    pub task_definition: Option<TaskDefinition>,
    pub task_definition_denied: bool,
    /// Every task of the service that was ever seen, by ARN, each in its newest version.
    pub tasks: BTreeMap<String, Task>,
    /// ARNs of the tasks in the newest reading.
    pub current_tasks: Option<Reading<BTreeSet<String>>>,
    /// The newest reading of each target group, by ARN.
    pub targets: BTreeMap<String, Reading<Vec<TargetHealth>>>,
    /// Whether any of our tasks was ever healthy.
    pub ever_healthy: bool,
    /// Targets of our tasks that the load balancer refuses or has refused, by address, with its
    /// last word. They are deregistered with their task, and the reason goes with them.
    pub refused_targets: BTreeMap<String, TargetHealth>,
    /// The last events of the service since our deployment began, oldest first.
    pub events: Vec<ServiceEvent>,
}

/// A value, and when it was read.
#[derive(Debug, Clone)]
pub struct Reading<T> {
    pub at: Timestamp,
    pub value: T,
}

/// When ECS was first seen to be done with our deployment, and the desired count by then.
#[derive(Debug, Clone, Copy)]
pub struct DeploymentEnd {
    pub at: Timestamp,
    pub requested: Option<u32>,
}

/// What the lists of service deployments showed.
#[derive(Debug, Clone, Default)]
pub struct ListingHistory {
    /// Service deployments cannot be read.
    pub denied: bool,
    /// When the first list was read.
    pub first: Option<Timestamp>,
    /// How many lists were read.
    pub reads: u32,
    /// All service deployments that were ever listed, by ARN.
    pub known: BTreeMap<String, ServiceDeploymentBrief>,
    /// Lists read since our deployment was seen at its end.
    pub since_end: Option<Sightings>,
}

/// What readings of the service showed of our classic deployment.
#[derive(Debug, Clone, Default)]
pub struct ServiceHistory {
    /// The youngest picture.
    pub latest: Option<Reading<Service>>,
    /// All readings that showed the service.
    pub seen: Option<Sightings>,
    /// Reading after reading found the service deleted or not there.
    pub gone: Option<Sightings>,
    /// Ours was in a picture.
    pub seen_ours: bool,
    /// Deployments that were there while ours was PRIMARY: older ones.
    pub before: BTreeSet<String>,
    /// When ours was first seen COMPLETED.
    pub completed: Option<DeploymentEnd>,
    /// Ours was seen FAILED, or an event said so.
    pub failed: Option<Sightings>,
    /// Why, as `rolloutStateReason` or an event says.
    pub failure_reason: Option<String>,
    /// Another deployment was PRIMARY in pictures younger than ours.
    pub lost: Option<Sightings>,
    /// Ids of all events that were recorded.
    pub event_ids: BTreeSet<String>,
}

impl Facts {
    /// Nothing is recorded yet, but what identifies the deployment may be known.
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

    /// The service as last seen.
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

    /// When our deployment was created, as far as what identifies it says so.
    pub(crate) fn written_at(&self) -> Option<Timestamp> {
        self.deployment_ref.as_ref()?.created_at
    }

    /// Whether the service alone shows our deployment, since its service deployments may not be
    /// read.
    pub fn is_without_service_deployments(&self) -> bool {
        self.service_deployment.is_none() && self.listing.denied
    }

    /// The deployment's own configuration, or else the service's.
    pub(crate) fn configuration(&self) -> Option<&DeploymentConfiguration> {
        let of_deployment = self
            .service_deployment
            .as_ref()
            .map(|deployment| &deployment.deployment_configuration);
        of_deployment.or(self.service().map(|s| &s.deployment_configuration))
    }
}
