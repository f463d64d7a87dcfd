//! Deployments that succeed, or reach what was asked for.

use serde_json::json;

use super::super::history::{History, history};
use super::super::state::State;

pub fn all() -> Vec<History> {
    vec![
        history("a rolling deployment succeeds").succeeds().ends(
            0,
            &[
                "succeeded after",
                "2 of 2 tasks healthy in the load balancer",
            ],
        ),
        history("its tasks are healthy by their own check, too")
            .defined(|d| {
                d["containerDefinitions"][0]["healthCheck"] =
                    json!({"command": ["CMD-SHELL", "true"]})
            })
            .succeeds()
            .ends(
                0,
                &["2 of 2 tasks healthy in the load balancer and by their own checks"],
            ),
        history("a service without a load balancer succeeds")
            .serving(|s| s["loadBalancers"] = json!([]))
            .succeeds()
            .ends(0, &["2 of 2 tasks running (without a health check)"]),
        history("the first deployment of a service succeeds")
            .first()
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("a desired count of zero proves nothing")
            .tasks(0)
            .at(0.3, State::start)
            .at(1.0, State::complete)
            .ends(0, &["nothing ran and nothing was proved"]),
        history("one task crashes before the deployment succeeds")
            .at(0.2, State::start)
            .at(0.6, |s| s.crash(1))
            .at(1.2, State::run)
            .at(1.8, State::heal)
            .at(2.2, State::complete)
            .ends(0, &["succeeded after"]),
        history("ECS completes before the load balancer is healthy")
            .at(0.2, State::start)
            .at(0.5, State::run)
            .at(0.8, State::complete)
            .at(3.5, State::heal)
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        history("until running")
            .at(0.3, State::start)
            .at(1.0, State::run)
            .wait(&["--until", "running"])
            .ends(0, &["reached running"]),
        history("until healthy")
            .at(0.3, State::start)
            .at(0.8, State::run)
            .at(1.6, State::heal)
            .wait(&["--until", "healthy"])
            .ends(0, &["reached healthy"]),
    ]
}
