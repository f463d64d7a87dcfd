//! A live service as responses show it, and how it differs from the declaration.

use ecs_model::Arn;
use serde_json::Value;

use super::compare::{has_unseen, holds};
use super::declaration::ServiceDeclaration;
use super::members::{DeploymentEffect, UpdatePath, Visibility, update_path, visibility};

/// A service from DescribeServices or from the response to a write, and the service revision of its
/// PRIMARY deployment if that was read.
#[derive(Debug, Clone, Copy)]
pub struct LiveService<'a> {
    pub service: &'a Value,
    pub revision: Option<&'a Value>,
}

/// A declared member with another value in the live service.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Change {
    pub member: String,
    /// `null` if the live service does not show the member.
    pub from: Value,
    pub to: Value,
    pub effect: DeploymentEffect,
}

/// What is known about a member of the live service.
enum Visible<'a> {
    Shown(Option<&'a Value>),
    /// The response that would show it was not read.
    Hidden,
}

impl<'a> LiveService<'a> {
    fn see(&self, member: &str) -> Visible<'a> {
        match visibility(member) {
            Visibility::Service => Visible::Shown(self.service.get(member)),
            Visibility::Deployment => match self.primary() {
                Some(primary) => Visible::Shown(primary.get(member)),
                None => Visible::Hidden,
            },
            Visibility::Revision => match self.revision {
                Some(revision) => Visible::Shown(revision.get(member)),
                None => Visible::Hidden,
            },
        }
    }

    fn primary(&self) -> Option<&'a Value> {
        self.service
            .get("deployments")?
            .as_array()?
            .iter()
            .find(|d| d["status"] == "PRIMARY")
    }

    /// A member that is a string.
    pub fn text(&self, member: &str) -> Option<&'a str> {
        self.service.get(member)?.as_str()
    }

    /// The declared members that UpdateService takes and that differ from the live service.
    /// `task_definition` is the ARN of the revision to run; `None`, a revision that is not
    /// registered yet, is always a difference.
    pub fn changes(
        &self,
        declared: &ServiceDeclaration,
        task_definition: Option<&str>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        if task_definition.is_none() || task_definition != self.text("taskDefinition") {
            changes.push(Change {
                member: "taskDefinition".to_owned(),
                from: self
                    .service
                    .get("taskDefinition")
                    .cloned()
                    .unwrap_or_default(),
                to: task_definition.map_or(Value::Null, Value::from),
                effect: DeploymentEffect::Starts,
            });
        }
        for (member, value) in &declared.definition {
            let effect = match update_path(member) {
                Some(UpdatePath::Update(effect)) => effect,
                None => DeploymentEffect::Undocumented,
                Some(_) => continue,
            };
            let Visible::Shown(live) = self.see(member) else {
                continue;
            };
            // AWS drops members that it does not know, so their absence is not a difference.
            if update_path(member).is_none() && live.is_none() {
                continue;
            }
            if !holds(member, value, live) {
                changes.push(Change {
                    member: member.clone(),
                    from: live.cloned().unwrap_or_default(),
                    to: value.clone(),
                    effect,
                });
            }
        }
        changes
    }

    /// The declared members that cannot be compared, because no response shows them, or only in
    /// part. They are sent along with a change, but never cause one.
    pub fn unseen(&self, declared: &ServiceDeclaration) -> Vec<String> {
        declared
            .definition
            .iter()
            .filter(|(member, value)| {
                let seen = self.see(member);
                let unknown = update_path(member).is_none() && matches!(seen, Visible::Shown(None));
                let partly = matches!(update_path(member), Some(UpdatePath::Update(_)))
                    && match seen {
                        Visible::Shown(live) => has_unseen(member, value, live),
                        Visible::Hidden => true,
                    };
                (unknown || partly) && !value.is_null()
            })
            .map(|(member, _)| member.clone())
            .collect()
    }

    /// The declared members that only CreateService takes and that differ from the live service.
    pub fn fixed(&self, declared: &ServiceDeclaration) -> Vec<Change> {
        let returns_to_launch_type = declared
            .definition
            .get("capacityProviderStrategy")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        declared
            .definition
            .iter()
            .filter(|(member, _)| update_path(member) == Some(UpdatePath::CreateOnly))
            .filter(|(member, _)| !(*member == "launchType" && returns_to_launch_type))
            .filter_map(|(member, value)| {
                let shown_as = if member == "role" { "roleArn" } else { member };
                let live = self.service.get(shown_as);
                (!holds(member, value, live)).then(|| Change {
                    member: member.clone(),
                    from: live.cloned().unwrap_or_default(),
                    to: value.clone(),
                    effect: DeploymentEffect::None,
                })
            })
            .collect()
    }

    /// Whether ECS can tag the service: its ARN must contain the cluster. Services from before 2019
    /// may have an ARN of the old format.
    pub fn can_be_tagged(&self) -> bool {
        let arn = self
            .text("serviceArn")
            .and_then(|arn| Arn::try_from(arn).ok());
        arn.is_none_or(|arn| arn.path().len() > 1)
    }

    /// The declared tags that the service lacks or has with another value. Undeclared tags stay.
    pub fn missing_tags(&self, declared: &ServiceDeclaration) -> Vec<Value> {
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned();
        let live = list(self.service.get("tags")).unwrap_or_default();
        list(declared.definition.get("tags"))
            .unwrap_or_default()
            .into_iter()
            .filter(|tag| {
                !live.iter().any(|l| {
                    l["key"] == tag["key"] && holds("value", &tag["value"], l.get("value"))
                })
            })
            .collect()
    }
}
