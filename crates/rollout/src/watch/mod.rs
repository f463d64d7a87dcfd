//! What was seen of a deployment so far, and what has to be seen next.
//!
//! Reads may be old, come in the wrong order, or lack what was there before. So what is kept only
//! ever moves forward: a service deployment's state by its rank, a service's picture by the newest
//! time in it, a task by its version. A state once seen was once true, and an end is an end.

mod lasting;
mod services;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::question::{Limit, Question, Until};
use ecs_model::DeploymentRef;
use ecs_model::{
    DeploymentConfiguration, Service, ServiceDeployment, ServiceDeploymentBrief,
    ServiceDeploymentStatus, ServiceEvent, ServiceRevision, TargetHealth, Task, TaskDefinition,
};
pub(crate) use lasting::CONFIRMED_AFTER;
use lasting::Lasting;
use services::Services;

/// How long a list of service deployments may lack ours before the service itself is judged.
const UNLISTED_FOR: SignedDuration = SignedDuration::from_secs(15);
/// What is a little older than our write belongs to it: ECS stamps parts of one change apart.
pub(crate) const WRITE_SLACK: SignedDuration = SignedDuration::from_secs(2);
/// How many lists it takes for that.
const UNLISTED_READS: u32 = 3;

/// One answer of AWS, read at one time.
#[derive(Debug, Clone)]
pub enum Sight {
    Service(Box<Service>),
    /// The service is not there (any more).
    NoService,
    Listing(Vec<ServiceDeploymentBrief>),
    /// Service deployments cannot be read: denied, or unknown to this endpoint.
    NoServiceDeployments,
    ServiceDeployment(Box<ServiceDeployment>),
    /// ECS does not know our service deployment (yet).
    NoServiceDeployment,
    Revision(Box<ServiceRevision>),
    /// The service revision may not be read.
    NoRevision,
    TaskDefinition(Box<TaskDefinition>),
    /// The task definition may not be read.
    NoTaskDefinition,
    /// All tasks of the service: running, pending and stopped.
    Tasks(Vec<Task>),
    Targets {
        group: String,
        targets: Vec<TargetHealth>,
    },
}

/// What the verdict waits for. The caller reads these now, and everything in its own time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    pub listing: bool,
    pub service: bool,
    /// Tasks, and the health of their targets.
    pub tasks: bool,
    /// The ARN of the revision whose load balancers are not known yet.
    pub revision: Option<String>,
    /// The task definition whose health checks are not known yet.
    pub task_definition: Option<String>,
}

/// A deployment under watch.
#[derive(Debug, Clone)]
pub struct Watch {
    pub(crate) question: Question,
    pub(crate) started: Timestamp,
    pub(crate) handle: Option<DeploymentRef>,
    pub(crate) deployment: Option<ServiceDeployment>,
    pub(crate) ended: Option<Ended>,
    /// ECS did not know our service deployment.
    pub(crate) unknown: Option<Lasting>,
    pub(crate) listing: Listings,
    pub(crate) service: Services,
    pub(crate) revision: Option<ServiceRevision>,
    pub(crate) revision_denied: bool,
    pub(crate) container_checks: Option<bool>,
    pub(crate) known_tasks: BTreeMap<String, Task>,
    pub(crate) current_tasks: Option<(Timestamp, BTreeSet<String>)>,
    pub(crate) targets: BTreeMap<String, (Timestamp, Vec<TargetHealth>)>,
    pub(crate) ever_healthy: bool,
    /// Targets of our tasks that the load balancer refused, by address: what it said last. They
    /// are deregistered with their task, and the reason goes with them.
    pub(crate) refused: BTreeMap<String, TargetHealth>,
}

/// When our service deployment was first seen at its end, and what it had asked for by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub at: Timestamp,
    pub requested: Option<u32>,
}

/// What the lists of service deployments showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listings {
    pub denied: bool,
    pub first: Option<Timestamp>,
    pub reads: u32,
    /// By ARN.
    pub known: BTreeMap<String, ServiceDeploymentBrief>,
    /// Lists read since our deployment was seen at its end.
    pub since_end: Option<Lasting>,
}

impl Watch {
    /// Begins to watch.
    pub fn new(question: Question, started: Timestamp) -> Self {
        let handle = question.handle.clone().map(|mut handle| {
            handle.join();
            handle
        });
        Self {
            question,
            started,
            handle,
            deployment: None,
            ended: None,
            unknown: None,
            listing: Listings::default(),
            service: Services::default(),
            revision: None,
            revision_denied: false,
            container_checks: None,
            known_tasks: BTreeMap::new(),
            current_tasks: None,
            targets: BTreeMap::new(),
            ever_healthy: false,
            refused: BTreeMap::new(),
        }
    }

    /// The deployment's names, as far as they are known by now.
    pub fn handle(&self) -> Option<&DeploymentRef> {
        self.handle.as_ref()
    }

    /// The service as last seen.
    pub fn service(&self) -> Option<&Service> {
        self.service.latest.as_ref().map(|(_, service)| service)
    }

    /// Our service deployment as last seen.
    pub fn deployment(&self) -> Option<&ServiceDeployment> {
        self.deployment.as_ref()
    }

    /// Takes in an answer to a request that was sent at `at`. Returns the events that are new in
    /// it and younger than our deployment, oldest first.
    pub fn see(&mut self, at: Timestamp, sight: Sight) -> Vec<ServiceEvent> {
        let tells_health = matches!(sight, Sight::Tasks(_) | Sight::Targets { .. });
        match sight {
            Sight::Service(service) => return self.see_service(at, *service),
            Sight::NoService => self.service.see_gone(at),
            Sight::Listing(listed) => self.see_listing(at, listed),
            Sight::NoServiceDeployments => self.listing.denied = true,
            Sight::ServiceDeployment(deployment) => self.see_deployment(at, *deployment),
            Sight::NoServiceDeployment => Lasting::see(&mut self.unknown, at),
            Sight::NoRevision => self.revision_denied = true,
            Sight::Revision(revision) => self.revision = Some(*revision),
            Sight::TaskDefinition(definition) => {
                self.container_checks = Some(definition.has_health_check());
            }
            Sight::NoTaskDefinition => self.container_checks = Some(false),
            Sight::Tasks(tasks) => self.see_tasks(at, tasks),
            Sight::Targets { group, targets } => {
                let newer = self.targets.get(&group).is_none_or(|(seen, _)| *seen <= at);
                if newer {
                    self.targets.insert(group, (at, targets));
                }
            }
        }
        if tells_health {
            self.see_health();
        }
        Vec::new()
    }

    /// Whether the service alone tells of our deployment, since its service deployments may not be
    /// read.
    pub fn is_without_service_deployments(&self) -> bool {
        self.deployment.is_none() && self.listing.denied
    }

    fn see_deployment(&mut self, at: Timestamp, seen: ServiceDeployment) {
        if let Some(handle) = &mut self.handle {
            handle.service_deployment_arn = Some(seen.service_deployment_arn.clone());
            if let (None, Some(arn)) = (
                &handle.service_revision_arn,
                &seen.target_service_revision.arn,
            ) {
                handle.service_revision_arn = Some(arn.clone());
                handle.join();
            }
            if handle.created_at.is_none() {
                handle.created_at = seen.created_at;
            }
        }
        let newer = self.deployment.as_ref().is_none_or(|known| {
            let order = |d: &ServiceDeployment| (d.status.rank(), d.updated_at);
            order(&seen) >= order(known)
        });
        if !newer {
            return;
        }
        if self.ended.is_none()
            && (seen.status.is_final() || seen.status == ServiceDeploymentStatus::StopRequested)
        {
            self.ended = Some(Ended {
                at,
                requested: seen.target_service_revision.requested_task_count,
            });
        }
        self.deployment = Some(seen);
    }

    fn see_listing(&mut self, at: Timestamp, listed: Vec<ServiceDeploymentBrief>) {
        self.listing.first.get_or_insert(at);
        self.listing.reads += 1;
        if self.ended.is_some_and(|ended| ended.at <= at) {
            Lasting::see(&mut self.listing.since_end, at);
        }
        for entry in listed {
            self.listing
                .known
                .insert(entry.service_deployment_arn.clone(), entry);
        }
        let Some(handle) = &mut self.handle else {
            return;
        };
        if handle.service_deployment_arn.is_none() {
            let ours = self
                .listing
                .known
                .values()
                .filter(|l| {
                    handle.is_service_deployment(
                        &l.service_deployment_arn,
                        l.target_service_revision_arn.as_deref(),
                        l.created_at,
                    )
                })
                .reduce(|a, b| {
                    // Of several the one that our write began: an earlier one was sorted out by its
                    // time, a later one deploys our revision again. Without a time, the last.
                    let a_is_ours = (a.created_at < b.created_at) == handle.created_at.is_some();
                    if a_is_ours { a } else { b }
                });
            if let Some(ours) = ours {
                handle.service_deployment_arn = Some(ours.service_deployment_arn.clone());
                if handle.service_revision_arn.is_none() {
                    handle.service_revision_arn = ours.target_service_revision_arn.clone();
                }
            }
        }
    }

    /// The deadline, extended by the deployment's own configuration where nobody set it.
    pub fn deadline(&self) -> Timestamp {
        let limit = match self.question.limit {
            Limit::Fixed(limit) => limit,
            Limit::Extended(limit) => {
                limit
                    + self
                        .configuration()
                        .map_or(SignedDuration::ZERO, DeploymentConfiguration::own_time)
            }
        };
        self.started.checked_add(limit).unwrap_or(Timestamp::MAX)
    }

    /// From here on a rollback that was asked for is watched: patience with our own deployment is
    /// over, and the deadline is a new one.
    pub fn follow_rollback(&mut self, deadline: Timestamp) {
        self.question.until = Until::Completed;
        self.question.exit_on_pause = false;
        self.question.fail_fast = None;
        self.question.limit = Limit::Fixed(deadline.duration_since(self.started));
    }

    /// How long this service's earlier deployments took until ECS called them successful: the
    /// median of those that were listed.
    pub fn usual_time(&self) -> Option<SignedDuration> {
        let ours = self.handle.as_ref()?.service_deployment_arn.as_deref();
        let earlier = self.listing.known.values().filter(|l| {
            l.status == ServiceDeploymentStatus::Successful
                && Some(l.service_deployment_arn.as_str()) != ours
        });
        let mut times: Vec<SignedDuration> = earlier
            .filter_map(|l| {
                Some(
                    l.finished_at?
                        .duration_since(l.created_at.or(l.started_at)?),
                )
            })
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    pub(crate) fn configuration(&self) -> Option<&DeploymentConfiguration> {
        let of_deployment = self
            .deployment
            .as_ref()
            .map(|d| &d.deployment_configuration);
        of_deployment.or(self.service().map(|s| &s.deployment_configuration))
    }

    /// Whether the service's classic deployments are judged, since its service deployments cannot
    /// be read or do not have ours.
    pub(crate) fn judges_by_service(&self) -> bool {
        if self.deployment.is_some() {
            return false;
        }
        let unlisted = match (self.listing.first, self.service.last) {
            (Some(first), Some(now)) => {
                self.listing.reads >= UNLISTED_READS && now.duration_since(first) >= UNLISTED_FOR
            }
            _ => false,
        };
        let has_arn = self
            .handle
            .as_ref()
            .is_some_and(|h| h.service_deployment_arn.is_some());
        self.listing.denied || (unlisted && !has_arn)
    }
}
