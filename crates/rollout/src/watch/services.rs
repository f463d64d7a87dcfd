//! What the looks at the service tell of our classic deployment.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::lasting::Lasting;
use super::{WRITE_SLACK, Watch};
use ecs_model::DeploymentRef;
use ecs_model::{RolloutState, Service, ServiceEvent};

/// What is remembered of the looks at the service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Services {
    /// The youngest picture, and when it was read.
    pub latest: Option<(Timestamp, Service)>,
    /// All looks that showed it.
    pub seen: Option<Lasting>,
    pub last: Option<Timestamp>,
    /// Look after look found the service deleted or not there.
    pub gone: Option<Lasting>,
    /// Ours was in a picture.
    pub seen_ours: bool,
    /// Deployments that were there while ours was PRIMARY: older ones.
    pub before: BTreeSet<String>,
    /// The furthest rollout state that ours was seen in.
    pub state: Option<RolloutState>,
    /// When ours was first seen COMPLETED, and its desired count then.
    pub completed: Option<(Timestamp, Option<u32>)>,
    /// Ours was seen FAILED, or an event said so.
    pub failed: Option<Lasting>,
    /// Why, as `rolloutStateReason` or an event says.
    pub failure_reason: Option<String>,
    /// Another deployment was PRIMARY in pictures younger than ours.
    pub lost: Option<Lasting>,
    /// Events already handed out.
    told: BTreeSet<String>,
}

impl Watch {
    pub(super) fn see_service(&mut self, at: Timestamp, service: Service) -> Vec<ServiceEvent> {
        let memory = &mut self.service;
        Lasting::see(&mut memory.seen, at);
        memory.last = memory.last.max(Some(at));
        if service.is_gone() {
            memory.see_gone(at);
        } else {
            memory.gone = None;
        }
        if self.handle.is_none() {
            self.handle = service.primary().map(|primary| DeploymentRef {
                ecs_svc_id: Some(primary.id.clone()),
                task_definition_arn: primary.task_definition.clone(),
                created_at: primary.created_at,
                ..DeploymentRef::default()
            });
        }
        let is_younger = memory
            .latest
            .as_ref()
            .is_none_or(|(_, known)| picture_time(&service) >= picture_time(known));
        let events = match &mut self.handle {
            Some(handle) => {
                memory.see_ours(at, &service, handle, is_younger);
                memory.new_events(&service, handle)
            }
            None => Vec::new(),
        };
        if is_younger {
            memory.latest = Some((at, service));
        }
        events
    }
}

impl Services {
    /// The service was not there, or is being deleted.
    pub(super) fn see_gone(&mut self, at: Timestamp) {
        Lasting::see(&mut self.gone, at);
    }

    fn see_ours(
        &mut self,
        at: Timestamp,
        service: &Service,
        handle: &mut DeploymentRef,
        is_younger: bool,
    ) {
        if self.failed.is_none()
            && let Some(reason) = failure_event(service, handle)
        {
            // An event that names ours shows that it was there, even if no look saw it.
            self.seen_ours = true;
            Lasting::see(&mut self.failed, at);
            self.failure_reason = Some(reason);
        }
        let ours = service
            .deployments
            .iter()
            .find(|d| handle.is_deployment(&d.id));
        if let Some(ours) = ours {
            self.seen_ours = true;
            if handle.task_definition_arn.is_none() {
                handle.task_definition_arn = ours.task_definition.clone();
            }
            if handle.created_at.is_none() {
                handle.created_at = ours.created_at;
            }
            if ours.status == "PRIMARY" {
                let others = service.deployments.iter().filter(|d| d.id != ours.id);
                self.before.extend(others.map(|d| d.id.clone()));
            }
            match ours.rollout_state {
                Some(RolloutState::Completed) => {
                    // One that is being replaced asks for fewer, down to none.
                    let is_primary = ours.status == "PRIMARY";
                    let desired = ours.desired_count.filter(|_| is_primary);
                    self.completed.get_or_insert((at, desired));
                }
                Some(RolloutState::Failed) => {
                    Lasting::see(&mut self.failed, at);
                    self.failure_reason = ours.rollout_state_reason.clone();
                }
                _ => {}
            }
            self.state = self.state.max_by_rank(ours.rollout_state);
        }
        let successor = service.primary().filter(|p| !handle.is_deployment(&p.id));
        // A picture from before our write shows another PRIMARY, too: an older one.
        let is_after_ours =
            successor.is_some_and(
                |p| match (p.created_at.max(p.updated_at), handle.created_at) {
                    (Some(theirs), Some(ours)) => theirs > ours,
                    _ => false,
                },
            );
        if self.seen_ours && is_after_ours {
            Lasting::see(&mut self.lost, at);
        } else if is_younger && ours.is_some_and(|d| d.status == "PRIMARY") {
            // Ours is PRIMARY again: what had taken its place was rolled back to it.
            self.lost = None;
        }
    }

    fn new_events(&mut self, service: &Service, handle: &DeploymentRef) -> Vec<ServiceEvent> {
        let since = handle.created_at.map(|created| created - WRITE_SLACK);
        let mut new: Vec<ServiceEvent> = service
            .events
            .iter()
            .filter(|event| match (event.created_at, since) {
                (Some(at), Some(since)) => at >= since,
                _ => false,
            })
            .filter(|event| self.told.insert(event.id.clone()))
            .cloned()
            .collect();
        new.reverse();
        new
    }
}

/// The youngest time in a picture of the service: ECS stamps each change.
fn picture_time(service: &Service) -> Option<Timestamp> {
    let deployments = service
        .deployments
        .iter()
        .flat_map(|d| [d.created_at, d.updated_at]);
    let events = service.events.iter().map(|e| e.created_at);
    deployments.chain(events).flatten().max()
}

/// "(service x) (deployment ecs-svc/OURS) deployment failed: tasks failed to start." One that is
/// older than our write tells of an earlier deployment of our revision.
fn failure_event(service: &Service, handle: &DeploymentRef) -> Option<String> {
    let id = handle.ecs_svc_id.as_deref()?;
    let since = handle.created_at.map(|created| created - WRITE_SLACK);
    let young = service
        .events
        .iter()
        .filter(|event| event.created_at.is_none() || event.created_at >= since);
    young.into_iter().find_map(|event| {
        let (head, reason) = event.message.split_once(" deployment failed")?;
        let named = head.trim_end_matches(')');
        named
            .ends_with(id)
            .then(|| reason.trim_start_matches(':').trim().to_owned())
    })
}

trait Furthest {
    fn max_by_rank(self, other: Self) -> Self;
}

impl Furthest for Option<RolloutState> {
    fn max_by_rank(self, other: Self) -> Self {
        let rank = |state: Option<RolloutState>| match state {
            None => 0,
            Some(RolloutState::Other) => 1,
            Some(RolloutState::InProgress) => 2,
            Some(RolloutState::Completed | RolloutState::Failed) => 3,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}
