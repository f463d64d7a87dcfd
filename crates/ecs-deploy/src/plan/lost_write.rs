//! What became of a write whose answer was lost, and whether an answer is what was asked for.

use serde_json::Value;

use super::declaration::ServiceDeclaration;
use super::live::{Change, Live};
use super::members::Effect;
use super::service::ServicePlan;

/// What a service that was read after a lost answer says of the write.
#[derive(Debug, Clone, PartialEq)]
pub enum Landed {
    /// It was carried out.
    Yes,
    /// It was not: it may be sent again.
    No,
    /// Someone else's deployment has begun; the members that are otherwise than declared.
    Others(Vec<Change>),
}

/// Reads a lost UpdateService out of the service before it and now.
pub fn landed(
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    task_definition: &str,
    before: &Value,
    now: &Value,
) -> Landed {
    let left = Live {
        service: now,
        revision: None,
    }
    .changes(declared, Some(task_definition));
    if plan.starts == Effect::Starts {
        if primary(before) == primary(now) {
            return Landed::No;
        }
        return if left.is_empty() {
            Landed::Yes
        } else {
            Landed::Others(left)
        };
    }
    let still = |c: &Change| plan.changes.iter().any(|p| p.member == c.member);
    if left.iter().any(still) {
        Landed::No
    } else {
        Landed::Yes
    }
}

/// What an answer to our write has otherwise than declared.
#[derive(Debug, Default, PartialEq)]
pub struct Overruled {
    /// Another writer changed these between our read and our write.
    pub by_others: Vec<Change>,
    /// ECS shows these otherwise than it was told them in this very request, or not at all.
    pub rewritten: Vec<Change>,
}

/// Compares the answer to a write with everything declared. What was equal before the write, was
/// not sent and differs in the answer, another writer changed. So did a single value that was
/// sent and of which the answer shows another; of a structure ECS may show its own reading.
pub fn overruled(
    declared: &ServiceDeclaration,
    task_definition: &str,
    sent: &[String],
    answer: Live<'_>,
) -> Overruled {
    let mut overruled = Overruled::default();
    for change in answer.changes(declared, Some(task_definition)) {
        let was_sent = sent.contains(&change.member);
        let is_structure = change.to.is_object() || change.to.is_array();
        if was_sent && (is_structure || change.from.is_null()) {
            overruled.rewritten.push(change);
        } else {
            overruled.by_others.push(change);
        }
    }
    overruled
}

/// The id of a service's PRIMARY deployment.
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

    use super::{Landed, landed, overruled};
    use crate::plan::declaration::ServiceDeclaration;
    use crate::plan::live::Live;
    use crate::plan::service::{ServicePlan, Wishes, decide};

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
        let live = Live {
            service: live,
            revision: None,
        };
        decide(
            declared,
            Some(live),
            Some(revision),
            None,
            &Wishes::default(),
        )
        .expect("a plan")
    }

    #[test]
    fn a_lost_answer_is_read_out_of_the_service() {
        let declared = declared(json!({"healthCheckGracePeriodSeconds": 60}));
        let before = service("ecs-svc/1", "web:1", 30);
        let deploys = plan(&declared, &before, "web:2");
        for (now, expected) in [
            (service("ecs-svc/1", "web:1", 30), Landed::No),
            (service("ecs-svc/2", "web:2", 60), Landed::Yes),
        ] {
            assert_eq!(
                landed(&deploys, &declared, "web:2", &before, &now),
                expected
            );
        }
        let theirs = service("ecs-svc/3", "web:3", 60);
        let Landed::Others(members) = landed(&deploys, &declared, "web:2", &before, &theirs) else {
            panic!("someone else deployed")
        };
        assert_eq!(members[0].member, "taskDefinition");
        // A change that deploys nothing is seen in the member itself.
        let still = plan(&declared, &before, "web:1");
        assert_eq!(
            landed(&still, &declared, "web:1", &before, &before),
            Landed::No
        );
        let now = service("ecs-svc/1", "web:1", 60);
        assert_eq!(
            landed(&still, &declared, "web:1", &before, &now),
            Landed::Yes
        );
    }

    #[test]
    fn what_was_not_sent_and_differs_in_the_answer_another_writer_changed() {
        let declared = declared(json!({"healthCheckGracePeriodSeconds": 60,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}));
        let mut answer = service("ecs-svc/2", "web:2", 10);
        answer["networkConfiguration"] = json!({"awsvpcConfiguration": {"subnets": ["b"]}});
        let live = Live {
            service: &answer,
            revision: None,
        };
        let names = |changes: &[super::Change]| -> Vec<String> {
            changes.iter().map(|c| c.member.clone()).collect()
        };
        let seen = overruled(&declared, "web:2", &["taskDefinition".into()], live);
        assert_eq!(
            names(&seen.by_others),
            ["healthCheckGracePeriodSeconds", "networkConfiguration"]
        );
        let sent = [
            "networkConfiguration".to_owned(),
            "taskDefinition".to_owned(),
        ];
        let seen = overruled(&declared, "web:3", &sent, live);
        assert_eq!(
            names(&seen.by_others),
            ["taskDefinition", "healthCheckGracePeriodSeconds"]
        );
        assert_eq!(names(&seen.rewritten), ["networkConfiguration"]);
        // An answer that does not show what was sent says nothing of another writer.
        let bare = json!({"taskDefinition": "web:2"});
        let live = Live {
            service: &bare,
            revision: None,
        };
        let sent = ["healthCheckGracePeriodSeconds".to_owned()];
        let seen = overruled(&declared, "web:2", &sent, live);
        assert_eq!(names(&seen.by_others), ["networkConfiguration"]);
        assert_eq!(names(&seen.rewritten), sent);
    }
}
