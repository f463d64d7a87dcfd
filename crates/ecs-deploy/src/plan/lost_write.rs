//! Decides what happened to a write whose response was lost, and whether a response matches the
//! declaration.

use serde_json::Value;

use super::declaration::ServiceDeclaration;
use super::live::{Change, LiveService};
use super::members::DeploymentEffect;
use super::service::ServicePlan;

/// What the service that was read after a lost response shows about the write.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOutcome {
    /// The write was carried out.
    Yes,
    /// The write was not carried out; it may be sent again.
    No,
    /// A deployment of another writer has started; contains the members that differ from the
    /// declaration.
    Others(Vec<Change>),
}

/// Derives the outcome of a lost UpdateService from the service before and now.
pub fn write_outcome(
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    task_definition: &str,
    before: &Value,
    now: &Value,
) -> WriteOutcome {
    let left = LiveService {
        service: now,
        revision: None,
    }
    .changes(declared, Some(task_definition));
    if plan.starts == DeploymentEffect::Starts {
        if primary(before) == primary(now) {
            return WriteOutcome::No;
        }
        return if left.is_empty() {
            WriteOutcome::Yes
        } else {
            WriteOutcome::Others(left)
        };
    }
    let still = |c: &Change| plan.changes.iter().any(|p| p.member == c.member);
    if left.iter().any(still) {
        WriteOutcome::No
    } else {
        WriteOutcome::Yes
    }
}

/// How a response to our write differs from the declaration.
#[derive(Debug, Default, PartialEq)]
pub struct Conflicts {
    /// Members that another writer changed between our read and our write.
    pub by_others: Vec<Change>,
    /// Members that we sent and that ECS shows with another value, or not at all.
    pub rewritten: Vec<Change>,
}

/// Compares the response to a write with everything declared. A member that was equal before the
/// write, was not sent and differs in the response was changed by another writer. So was a single
/// value that was sent and differs; but ECS may show a structure in a form of its own.
pub fn conflicts(
    declared: &ServiceDeclaration,
    task_definition: &str,
    sent: &[String],
    answer: LiveService<'_>,
) -> Conflicts {
    let mut conflicts = Conflicts::default();
    for change in answer.changes(declared, Some(task_definition)) {
        let was_sent = sent.contains(&change.member);
        let is_structure = change.to.is_object() || change.to.is_array();
        if was_sent && (is_structure || change.from.is_null()) {
            conflicts.rewritten.push(change);
        } else {
            conflicts.by_others.push(change);
        }
    }
    conflicts
}

/// The ID of the service's PRIMARY deployment.
pub fn primary(service: &Value) -> Option<&str> {
    service["deployments"]
        .as_array()?
        .iter()
        .find(|d| d["status"] == "PRIMARY")?["id"]
        .as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{WriteOutcome, conflicts, write_outcome};
    use crate::plan::declaration::ServiceDeclaration;
    use crate::plan::live::LiveService;
    use crate::plan::service::{PlanOptions, ServicePlan, decide};

    fn service(id: &str, revision: &str, grace: u32) -> Value {
        json!({"status": "ACTIVE", "taskDefinition": revision, "healthCheckGracePeriodSeconds": grace,
            "deployments": [{"id": id, "status": "PRIMARY"}]})
    }

    fn declared(definition: Value) -> ServiceDeclaration {
        ServiceDeclaration {
            cluster: "c".into(),
            service: "s".into(),
            definition: definition.as_object().cloned().expect("an object"),
        }
    }

    fn plan(declared: &ServiceDeclaration, live: &Value, revision: &str) -> ServicePlan {
        let live = LiveService {
            service: live,
            revision: None,
        };
        decide(
            declared,
            Some(live),
            Some(revision),
            None,
            &PlanOptions::default(),
        )
        .expect("a plan")
    }

    #[test]
    fn the_service_shows_the_outcome_of_a_lost_response() {
        let declared = declared(json!({"healthCheckGracePeriodSeconds": 60}));
        let before = service("ecs-svc/1", "web:1", 30);
        let deploys = plan(&declared, &before, "web:2");
        for (now, expected) in [
            (service("ecs-svc/1", "web:1", 30), WriteOutcome::No),
            (service("ecs-svc/2", "web:2", 60), WriteOutcome::Yes),
        ] {
            assert_eq!(
                write_outcome(&deploys, &declared, "web:2", &before, &now),
                expected
            );
        }
        let theirs = service("ecs-svc/3", "web:3", 60);
        let WriteOutcome::Others(members) =
            write_outcome(&deploys, &declared, "web:2", &before, &theirs)
        else {
            panic!("someone else deployed")
        };
        assert_eq!(members[0].member, "taskDefinition");
        // A change that does not deploy is visible only in the member itself.
        let still = plan(&declared, &before, "web:1");
        assert_eq!(
            write_outcome(&still, &declared, "web:1", &before, &before),
            WriteOutcome::No
        );
        let now = service("ecs-svc/1", "web:1", 60);
        assert_eq!(
            write_outcome(&still, &declared, "web:1", &before, &now),
            WriteOutcome::Yes
        );
    }

    #[test]
    fn a_difference_that_was_not_sent_is_another_writers() {
        let declared = declared(json!({"healthCheckGracePeriodSeconds": 60,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}));
        let mut answer = service("ecs-svc/2", "web:2", 10);
        answer["networkConfiguration"] = json!({"awsvpcConfiguration": {"subnets": ["b"]}});
        let live = LiveService {
            service: &answer,
            revision: None,
        };
        let names = |changes: &[super::Change]| -> Vec<String> {
            changes.iter().map(|c| c.member.clone()).collect()
        };
        let seen = conflicts(&declared, "web:2", &["taskDefinition".into()], live);
        assert_eq!(
            names(&seen.by_others),
            ["healthCheckGracePeriodSeconds", "networkConfiguration"]
        );
        let sent = [
            "networkConfiguration".to_owned(),
            "taskDefinition".to_owned(),
        ];
        let seen = conflicts(&declared, "web:3", &sent, live);
        assert_eq!(
            names(&seen.by_others),
            ["taskDefinition", "healthCheckGracePeriodSeconds"]
        );
        assert_eq!(names(&seen.rewritten), ["networkConfiguration"]);
        // A response that does not contain what was sent is not evidence of another writer.
        let bare = json!({"taskDefinition": "web:2"});
        let live = LiveService {
            service: &bare,
            revision: None,
        };
        let sent = ["healthCheckGracePeriodSeconds".to_owned()];
        let seen = conflicts(&declared, "web:2", &sent, live);
        assert_eq!(names(&seen.by_others), ["networkConfiguration"]);
        assert_eq!(names(&seen.rewritten), sent);
    }
}
