//! What becomes of the service: created, updated, left as it is, joined, or deployed anew.

use serde_json::{Map, Value, json};

use super::declaration::ServiceDeclaration;
use super::last_deployment::{Last, Standing};
use super::live::{Change, Live};
use super::members::{Effect, Way, way};

const CAPACITY: &str = "capacityProviderStrategy";

/// What a run does to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Created,
    Updated,
    Unchanged,
    /// What is declared is being deployed right now.
    Joined,
    /// Nothing differs, and it is deployed anew all the same.
    Forced,
}

impl Action {
    /// The verdict word.
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
pub enum Force {
    /// `--force-new-deployment`.
    Asked,
    /// The last deployment of the same declaration did not succeed; its state in AWS's word.
    LastFailed(String),
    /// ECS takes another capacity provider strategy only with a forced deployment.
    Capacity,
    /// What an image's tag names now is not what runs, or that cannot be known.
    Images(Vec<String>),
}

/// What flags ask beyond the documents.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub force: bool,
    /// Apply `desiredCount` to a live service, too.
    pub update_desired_count: bool,
    /// Images named by a tag whose digest is not known to be the running one.
    pub moved_images: Vec<String>,
}

/// What becomes of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    pub action: Action,
    pub changes: Vec<Change>,
    /// Members that nothing shows; they are sent along with a change.
    pub unseen: Vec<String>,
    /// For TagResource.
    pub tags: Vec<Value>,
    pub force: Option<Force>,
    /// Whether a deployment begins.
    pub starts: Effect,
    /// The deployment that this run's replaces.
    pub competing: Option<Last>,
    /// The live service's count that stays, where another was declared: (live, declared).
    pub kept_count: Option<(Value, Value)>,
}

/// Why nothing can be done to the service as it is.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("service {service} is being deleted (DRAINING)")]
    Draining { service: String },
    #[error("service {service} cannot be changed in place: {}", said(.changes))]
    CreateOnly {
        service: String,
        changes: Vec<Change>,
    },
    #[error("deployments of service {service} belong to {controller}, not to ECS")]
    Controller { service: String, controller: String },
}

fn said(changes: &[Change]) -> String {
    let one = |c: &Change| format!("{} is {}, declared is {}", c.member, c.from, c.to);
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Decides. `live` is the service as described, `None` where there is none; `task_definition` the
/// revision's ARN, `None` where it is yet to be registered; `last` its last deployment.
pub fn decide(
    declared: &ServiceDeclaration,
    live: Option<Live<'_>>,
    task_definition: Option<&str>,
    last: Option<&Last>,
    wishes: &Wishes,
) -> Result<ServicePlan, Refused> {
    let Some(live) = live.filter(|l| l.text("status") != Some("INACTIVE")) else {
        return Ok(ServicePlan {
            action: Action::Created,
            changes: Vec::new(),
            unseen: Vec::new(),
            tags: Vec::new(),
            force: None,
            starts: Effect::Starts,
            competing: None,
            kept_count: None,
        });
    };
    check(declared, live)?;
    let mut changes = live.changes(declared, task_definition);
    let kept_count = count(declared, live, wishes, &mut changes);
    let tags = live.missing_tags(declared);
    let starts = changes.iter().map(|c| c.effect).max();
    let standing = last.map(|l| &l.standing);
    let force = match (starts, standing) {
        _ if wishes.force => Some(Force::Asked),
        _ if changes.iter().any(|c| c.member == CAPACITY) => Some(Force::Capacity),
        (Some(Effect::Starts), _) => None,
        (_, Some(Standing::Failed(word) | Standing::GoingBack(word))) => {
            Some(Force::LastFailed(word.clone()))
        }
        (_, Some(Standing::Running)) => None,
        _ if !wishes.moved_images.is_empty() => Some(Force::Images(wishes.moved_images.clone())),
        _ => None,
    };
    let starts = match force {
        Some(_) => Effect::Starts,
        None => starts.unwrap_or(Effect::None),
    };
    let is_still = changes.is_empty() && tags.is_empty();
    let action = match (&force, standing) {
        (Some(_), _) if changes.iter().all(|c| c.effect != Effect::Starts) => Action::Forced,
        (None, Some(Standing::Running)) if is_still => Action::Joined,
        (None, _) if is_still => Action::Unchanged,
        _ => Action::Updated,
    };
    Ok(ServicePlan {
        action,
        unseen: live.unseen(declared),
        changes,
        tags,
        force,
        starts,
        competing: last
            .filter(|l| l.is_active() && starts != Effect::None)
            .cloned(),
        kept_count,
    })
}

fn check(declared: &ServiceDeclaration, live: Live<'_>) -> Result<(), Refused> {
    let service = declared.service.clone();
    if live.text("status") == Some("DRAINING") {
        return Err(Refused::Draining { service });
    }
    let kind = |v: Option<&Value>| Some(v?.get("type")?.as_str()?.to_owned());
    let controller = kind(live.service.get("deploymentController"));
    let moves_to_ecs =
        kind(declared.definition.get("deploymentController")).as_deref() == Some("ECS");
    if let Some(controller) = controller.filter(|c| c != "ECS" && !moves_to_ecs) {
        return Err(Refused::Controller {
            service,
            controller,
        });
    }
    let changes = live.fixed(declared);
    if changes.is_empty() {
        Ok(())
    } else {
        Err(Refused::CreateOnly { service, changes })
    }
}

/// A live service's count belongs to whoever scales it, unless the caller asks for it.
fn count(
    declared: &ServiceDeclaration,
    live: Live<'_>,
    wishes: &Wishes,
    changes: &mut Vec<Change>,
) -> Option<(Value, Value)> {
    let wanted = declared.definition.get("desiredCount")?;
    let there = live.service.get("desiredCount")?;
    if super::compare::holds("desiredCount", wanted, Some(there)) {
        return None;
    }
    if !wishes.update_desired_count {
        return Some((there.clone(), wanted.clone()));
    }
    changes.push(Change {
        member: "desiredCount".to_owned(),
        from: there.clone(),
        to: wanted.clone(),
        effect: Effect::None,
    });
    None
}

impl ServicePlan {
    /// Whether only an image that moved under its tag could still be a reason to deploy.
    pub fn rests_on_images(&self) -> bool {
        matches!(self.action, Action::Unchanged | Action::Updated) && self.starts == Effect::None
    }

    /// Whether a deployment of what is declared begins, or is joined.
    pub fn deploys(&self) -> bool {
        self.starts != Effect::None || self.action == Action::Joined
    }

    /// Whether UpdateService is called.
    pub fn updates(&self) -> bool {
        self.action != Action::Created && (!self.changes.is_empty() || self.force.is_some())
    }

    /// The body of UpdateService: what differs, what goes along with it, nothing else.
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

/// The body of CreateService: the definition as it is. ECS requires a count of a service that
/// keeps one (its default strategy); 1 is sent where none is declared.
pub fn create_body(declared: &ServiceDeclaration, task_definition: &str, token: &str) -> Value {
    let mut body = Map::new();
    body.insert("cluster".into(), declared.cluster.clone().into());
    body.insert("serviceName".into(), declared.service.clone().into());
    body.insert("taskDefinition".into(), task_definition.into());
    for (member, value) in &declared.definition {
        if way(member) != Some(Way::ReadOnly) {
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
