//! A live service as answers show it, and where it disagrees with what is declared.

use serde_json::Value;

use super::compare::{has_unseen, holds};
use super::declaration::ServiceDeclaration;
use super::members::{Effect, Shown, Way, shown, way};

/// A service, as DescribeServices or the answer to a write shows it, and the revision that its
/// PRIMARY deployment runs, where that was read.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    pub service: &'a Value,
    pub revision: Option<&'a Value>,
}

/// One declared member that the live service has otherwise.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Change {
    pub member: String,
    /// `null` where the live service shows nothing.
    pub from: Value,
    pub to: Value,
    pub effect: Effect,
}

/// What can be seen of a member.
enum Seen<'a> {
    There(Option<&'a Value>),
    /// The answer that would show it was not read.
    Hidden,
}

impl<'a> Live<'a> {
    fn see(&self, member: &str) -> Seen<'a> {
        match shown(member) {
            Shown::Service => Seen::There(self.service.get(member)),
            Shown::Deployment => match self.primary() {
                Some(primary) => Seen::There(primary.get(member)),
                None => Seen::Hidden,
            },
            Shown::Revision => match self.revision {
                Some(revision) => Seen::There(revision.get(member)),
                None => Seen::Hidden,
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

    /// A member that is a text.
    pub fn text(&self, member: &str) -> Option<&'a str> {
        self.service.get(member)?.as_str()
    }

    /// The declared members that UpdateService takes and that are otherwise here. `task_definition`
    /// is the ARN to run; a revision that is not registered yet differs by itself.
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
                effect: Effect::Starts,
            });
        }
        for (member, value) in &declared.definition {
            let effect = match way(member) {
                Some(Way::Update(effect)) => effect,
                None => Effect::Unsaid,
                Some(_) => continue,
            };
            let Seen::There(live) = self.see(member) else {
                continue;
            };
            // AWS drops what it does not know, so its absence is no difference.
            if way(member).is_none() && live.is_none() {
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

    /// The declared members that cannot be compared, because nothing shows them or a part of them:
    /// they go along with a change that is sent anyway, and are never the reason for one.
    pub fn unseen(&self, declared: &ServiceDeclaration) -> Vec<String> {
        declared
            .definition
            .iter()
            .filter(|(member, value)| {
                let seen = self.see(member);
                let unknown = way(member).is_none() && matches!(seen, Seen::There(None));
                let partly = matches!(way(member), Some(Way::Update(_)))
                    && match seen {
                        Seen::There(live) => has_unseen(member, value, live),
                        Seen::Hidden => true,
                    };
                (unknown || partly) && !value.is_null()
            })
            .map(|(member, _)| member.clone())
            .collect()
    }

    /// The declared members that only CreateService takes and that are otherwise here.
    pub fn fixed(&self, declared: &ServiceDeclaration) -> Vec<Change> {
        let returns_to_launch_type = declared
            .definition
            .get("capacityProviderStrategy")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        declared
            .definition
            .iter()
            .filter(|(member, _)| way(member) == Some(Way::CreateOnly))
            .filter(|(member, _)| !(*member == "launchType" && returns_to_launch_type))
            .filter_map(|(member, value)| {
                let shown_as = if member == "role" { "roleArn" } else { member };
                let live = self.service.get(shown_as);
                (!holds(member, value, live)).then(|| Change {
                    member: member.clone(),
                    from: live.cloned().unwrap_or_default(),
                    to: value.clone(),
                    effect: Effect::None,
                })
            })
            .collect()
    }

    /// The declared tags that the service does not have, or has with another value. Tags that
    /// nobody declared stay.
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
