//! Decides what a run does with the service: create, update, join, force a deployment, or nothing.

use serde_json::{Map, Value, json};

use super::declaration::ServiceDeclaration;
use super::last_deployment::{DeploymentState, LastDeployment};
use super::live::{Change, LiveService};
use super::members::{DeploymentEffect, UpdatePath, update_path};

const CAPACITY: &str = "capacityProviderStrategy";

/// What a run does with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Created,
    Updated,
    Unchanged,
    /// What is declared is already being deployed.
    Joined,
    /// Nothing differs, but a new deployment starts.
    Forced,
}

impl Action {
    /// The word in the result.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Joined => "joined",
            Self::Forced => "forced",
        }
    }
}

/// Why a deployment is forced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForceReason {
    /// `--force-new-deployment`.
    Requested,
    /// The last deployment of the same declaration did not succeed; contains AWS's status.
    LastFailed(String),
    /// ECS accepts another capacity provider strategy only with a forced deployment.
    Capacity,
    /// The tags of these images name another digest than the running one, or this is unknown.
    Images(Vec<String>),
}

/// What the flags request beyond the documents.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    pub force: bool,
    /// Apply `desiredCount` to a live service, too.
    pub update_desired_count: bool,
    /// Images with a tag whose digest may differ from the running one.
    pub moved_images: Vec<String>,
}

/// What a run does with the service, in detail.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    pub action: Action,
    pub changes: Vec<Change>,
    /// Members that no response shows; they are sent along with a change.
    pub unseen: Vec<String>,
    /// For TagResource.
    pub tags: Vec<Value>,
    /// Declared tags that ECS cannot set, because the ARN of the service has the old format.
    pub skipped_tags: Vec<Value>,
    pub force: Option<ForceReason>,
    /// Whether a deployment starts.
    pub starts: DeploymentEffect,
    /// The deployment in progress that this run would replace.
    pub competing: Option<LastDeployment>,
    /// The live count that stays although another one is declared: (live, declared).
    pub kept_count: Option<(Value, Value)>,
}

/// Why the service cannot be changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("service {service} is being deleted (DRAINING)")]
    Draining { service: String },
    #[error("service {service} cannot be changed in place: {}", differences(.changes))]
    CreateOnly {
        service: String,
        changes: Vec<Change>,
    },
    #[error("service {service} is deployed by {controller}, not by ECS")]
    Controller { service: String, controller: String },
}

fn differences(changes: &[Change]) -> String {
    let one = |c: &Change| format!("{} is {}, but {} is declared", c.member, c.from, c.to);
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Decides. `live` is the described service, `None` if it does not exist; `task_definition` is the
/// ARN of the revision, `None` if it is not registered yet; `last` is the last deployment.
///
/// # Errors
/// If the service is being deleted, if ECS cannot change a member in place, or if another
/// deployment controller owns it.
pub fn decide(
    declared: &ServiceDeclaration,
    live: Option<LiveService<'_>>,
    task_definition: Option<&str>,
    last: Option<&LastDeployment>,
    options: &PlanOptions,
) -> Result<ServicePlan, PlanError> {
    let Some(live) = live.filter(|l| l.text("status") != Some("INACTIVE")) else {
        return Ok(ServicePlan {
            action: Action::Created,
            changes: Vec::new(),
            unseen: Vec::new(),
            tags: Vec::new(),
            skipped_tags: Vec::new(),
            force: None,
            starts: DeploymentEffect::Starts,
            competing: None,
            kept_count: None,
        });
    };
    check(declared, live)?;
    let mut changes = live.changes(declared, task_definition);
    let kept_count = count(declared, live, options, &mut changes);
    let missing_tags = live.missing_tags(declared);
    let (tags, skipped_tags) = if live.can_be_tagged() {
        (missing_tags, Vec::new())
    } else {
        (Vec::new(), missing_tags)
    };
    let starts = changes.iter().map(|c| c.effect).max();
    let state = last.map(|l| &l.state);
    let force = match (starts, state) {
        _ if options.force => Some(ForceReason::Requested),
        _ if changes.iter().any(|c| c.member == CAPACITY) => Some(ForceReason::Capacity),
        (Some(DeploymentEffect::Starts), _) => None,
        (_, Some(DeploymentState::Failed(word) | DeploymentState::GoingBack(word))) => {
            Some(ForceReason::LastFailed(word.clone()))
        }
        (_, Some(DeploymentState::Running)) => None,
        _ if !options.moved_images.is_empty() => {
            Some(ForceReason::Images(options.moved_images.clone()))
        }
        _ => None,
    };
    let starts = match force {
        Some(_) => DeploymentEffect::Starts,
        None => starts.unwrap_or(DeploymentEffect::None),
    };
    let is_still = changes.is_empty() && tags.is_empty();
    let action = match (&force, state) {
        (Some(_), _) if changes.iter().all(|c| c.effect != DeploymentEffect::Starts) => {
            Action::Forced
        }
        (None, Some(DeploymentState::Running)) if is_still => Action::Joined,
        (None, _) if is_still => Action::Unchanged,
        _ => Action::Updated,
    };
    Ok(ServicePlan {
        action,
        unseen: live.unseen(declared),
        changes,
        tags,
        skipped_tags,
        force,
        starts,
        competing: last
            .filter(|l| l.is_active() && starts != DeploymentEffect::None)
            .cloned(),
        kept_count,
    })
}

fn check(declared: &ServiceDeclaration, live: LiveService<'_>) -> Result<(), PlanError> {
    let service = declared.service.clone();
    if live.text("status") == Some("DRAINING") {
        return Err(PlanError::Draining { service });
    }
    let kind = |v: Option<&Value>| Some(v?.get("type")?.as_str()?.to_owned());
    let controller = kind(live.service.get("deploymentController"));
    let moves_to_ecs =
        kind(declared.definition.get("deploymentController")).as_deref() == Some("ECS");
    if let Some(controller) = controller.filter(|c| c != "ECS" && !moves_to_ecs) {
        return Err(PlanError::Controller {
            service,
            controller,
        });
    }
    let changes = live.fixed(declared);
    if changes.is_empty() {
        Ok(())
    } else {
        Err(PlanError::CreateOnly { service, changes })
    }
}

/// Whoever scales a live service owns its count, unless the caller wants to set it.
fn count(
    declared: &ServiceDeclaration,
    live: LiveService<'_>,
    options: &PlanOptions,
    changes: &mut Vec<Change>,
) -> Option<(Value, Value)> {
    let wanted = declared.definition.get("desiredCount")?;
    let there = live.service.get("desiredCount")?;
    if super::compare::holds("desiredCount", wanted, Some(there)) {
        return None;
    }
    if !options.update_desired_count {
        return Some((there.clone(), wanted.clone()));
    }
    changes.push(Change {
        member: "desiredCount".to_owned(),
        from: there.clone(),
        to: wanted.clone(),
        effect: DeploymentEffect::None,
    });
    None
}

impl ServicePlan {
    /// Whether only an image that was pushed again under its tag could still be a reason to deploy.
    pub fn rests_on_images(&self) -> bool {
        matches!(self.action, Action::Unchanged | Action::Updated)
            && self.starts == DeploymentEffect::None
    }

    /// Whether a deployment of the declaration starts or is joined.
    pub fn deploys(&self) -> bool {
        self.starts != DeploymentEffect::None || self.action == Action::Joined
    }

    /// Whether UpdateService is called.
    pub fn updates(&self) -> bool {
        self.action != Action::Created && (!self.changes.is_empty() || self.force.is_some())
    }

    /// The body of UpdateService: the members that differ, those sent along, and nothing else.
    pub fn update_body(&self, declared: &ServiceDeclaration, task_definition: &str) -> Value {
        let mut body = Map::new();
        body.insert("cluster".into(), declared.cluster.clone().into());
        body.insert("service".into(), declared.service.clone().into());
        for change in &self.changes {
            let value = match change.member.as_str() {
                "taskDefinition" => task_definition.into(),
                _ => change.to.clone(),
            };
            body.insert(change.member.clone(), value);
        }
        for member in &self.unseen {
            if let (Some(value), false) =
                (declared.definition.get(member), body.contains_key(member))
            {
                body.insert(member.clone(), value.clone());
            }
        }
        if self.force.is_some() {
            body.insert("forceNewDeployment".into(), true.into());
        }
        Value::Object(body)
    }
}

/// The body of CreateService: the definition, unchanged. ECS requires a count for REPLICA services;
/// it is 1 if none is declared.
pub fn create_body(declared: &ServiceDeclaration, task_definition: &str, token: &str) -> Value {
    let mut body = Map::new();
    body.insert("cluster".into(), declared.cluster.clone().into());
    body.insert("serviceName".into(), declared.service.clone().into());
    body.insert("taskDefinition".into(), task_definition.into());
    for (member, value) in &declared.definition {
        if update_path(member) != Some(UpdatePath::ReadOnly) {
            body.insert(member.clone(), value.clone());
        }
    }
    let is_daemon = body
        .get("schedulingStrategy")
        .is_some_and(|s| s == "DAEMON");
    if !is_daemon && body.get("desiredCount").is_none_or(Value::is_null) {
        body.insert("desiredCount".into(), json!(1));
    }
    if body.get("clientToken").is_none_or(Value::is_null) {
        body.insert("clientToken".into(), token.into());
    }
    Value::Object(body)
}
