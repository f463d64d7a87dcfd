//! Services that change while they are deployed: churn, deletion, re-creation, EC2 in bridge mode.

use serde_json::json;

use super::super::history::{History, history};
use super::super::state::State;

/// One of many tasks is being replaced at any moment.
fn churns(mut history: History, from: f64, to: f64) -> History {
    let mut at = from;
    while at < to {
        history = history.at(at, State::replace_one);
        at += 1.0;
    }
    history
}

pub fn all() -> Vec<History> {
    let web_1 = "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1";
    vec![
        churns(
            history("one task of 60 is replaced at any moment")
                .tasks(60)
                .at(0.3, State::start)
                .at(0.8, State::run)
                .at(1.6, State::heal)
                .at(1.9, State::replace_one)
                .at(2.0, State::complete),
            2.5,
            40.0,
        )
        .ends(0, &["of 60 tasks healthy in the load balancer"]),
        history("the service is deleted")
            .at(0.3, State::start)
            .at(5.0, State::delete)
            .ends(5, &["the service was deleted"]),
        history("the service is created again under its name")
            .at(0.3, State::start)
            .at(5.0, State::delete)
            .at(8.0, move |s| s.recreate(web_1))
            .ends(5, &["deleted and created again"]),
        history("EC2 instances in bridge mode")
            .defined(|d| {
                d["networkMode"] = json!("bridge");
                d["requiresCompatibilities"] = json!(["EC2"]);
                d["containerDefinitions"][0]["portMappings"][0]["hostPort"] = json!(0);
                d["containerDefinitions"][0]["memory"] = json!(256);
            })
            .serving(|s| {
                s["launchType"] = json!("EC2");
                if let Some(members) = s.as_object_mut() {
                    members.remove("networkConfiguration");
                }
            })
            .succeeds()
            .ends(0, &["2 of 2 tasks running", "as many targets are healthy"]),
        history("creation is refused for a reason that stays")
            .first()
            .trouble(|t| {
                t.creation_refused =
                    Some("The target group does not have an associated load balancer.")
            })
            .ends_deploying(2, &["does not have an associated load balancer"]),
        history("it scales out while it is deployed")
            .at(0.3, State::start)
            .at(0.8, State::run)
            .at(1.0, |s| {
                s.service.as_mut().unwrap().desired = 4;
                for _ in 0..2 {
                    s.add_task(s.ours);
                }
            })
            .at(1.8, State::run)
            .at(2.4, State::heal)
            .at(2.8, State::complete)
            .ends(0, &["4 of 4 tasks healthy in the load balancer"]),
    ]
}

/// ECS keeps the name of a deleted service for some seconds. Here it keeps it forever.
pub fn long() -> Vec<History> {
    vec![
        history("the name of a deleted service is never free")
            .first()
            .trouble(|t| t.creation_refused = Some("Creation of service was not idempotent."))
            .ends_deploying(5, &["not idempotent"]),
    ]
}
