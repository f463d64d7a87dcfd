//! Deployments that shift traffic, their hooks and their alarms.

use serde_json::json;

use super::super::history::{History, history};
use super::super::state::State;

fn stages(history: History) -> History {
    history
        .at(0.2, State::start)
        .at(0.5, State::run)
        .at(0.9, State::heal)
        .at(1.2, |s| s.stage("TEST_TRAFFIC_SHIFT", 0.0))
        .at(1.5, |s| s.stage("PRODUCTION_TRAFFIC_SHIFT", 50.0))
        .at(1.9, |s| s.stage("BAKE_TIME", 100.0))
}

fn pauses(name: &'static str) -> History {
    history(name)
        .strategy(
            "BLUE_GREEN",
            json!({"lifecycleHooks": [{"targetType": "PAUSE",
            "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"],
            "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}]}),
        )
        .at(0.2, State::start)
        .at(0.5, State::run)
        .at(0.9, State::heal)
        .at(1.2, |s| {
            s.hook("POST_PRODUCTION_TRAFFIC_SHIFT", "AWAITING_ACTION")
        })
}

pub fn all() -> Vec<History> {
    let canary =
        json!({"canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 0}});
    let linear = json!({"linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 0}});
    vec![
        stages(history("a blue/green deployment succeeds").strategy("BLUE_GREEN", json!({})))
            .at(2.6, State::complete)
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        stages(history("a canary deployment succeeds").strategy("CANARY", canary.clone()))
            .at(2.6, State::complete)
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        stages(history("a linear deployment succeeds").strategy("LINEAR", linear))
            .at(2.6, State::complete)
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        stages(history("until bake_time").strategy("BLUE_GREEN", json!({})))
            .wait(&["--until", "bake_time"])
            .ends(0, &["reached BAKE_TIME"]),
        pauses("a hook waits for a person").wait(&["--on-pause", "exit"])
            .ends(10, &["is paused at POST_PRODUCTION_TRAFFIC_SHIFT", "hook-1"]),
        pauses("a person continues a paused deployment")
            .at(3.5, |s| s.hook("POST_PRODUCTION_TRAFFIC_SHIFT", "SUCCEEDED")).at(3.8, State::complete)
            .ends(0, &["succeeded after"]),
        pauses("a person rejects a paused deployment")
            .at(3.0, |s| s.roll_back("Service deployment rolled back because POST_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed."))
            .at(4.0, |s| s.end_rollback(true))
            .ends(6, &["rolled back"]).because("hook-failed"),
        history("a Lambda hook fails").strategy("BLUE_GREEN", json!({}))
            .at(0.2, State::start).at(0.5, State::run).at(0.9, State::heal)
            .at(1.3, |s| s.stage("POST_TEST_TRAFFIC_SHIFT", 0.0))
            .at(1.8, |s| s.roll_back("Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."))
            .at(3.0, |s| s.end_rollback(true))
            .ends(6, &["rolled back"]).because("hook-failed"),
        stages(history("an alarm during a canary rolls back").strategy("CANARY", canary))
            .at(2.4, |s| s.trigger_alarm("web-5xx"))
            .at(2.6, |s| s.roll_back("Service deployment rolled back because of CloudWatch alarm(s)."))
            .at(4.0, |s| s.end_rollback(true))
            .ends(6, &["rolled back"]).because("alarm"),
        history("an alarm without a rollback fails it").rolls_back(false)
            .at(0.2, State::start).at(0.5, State::run).at(0.9, State::heal)
            .at(1.5, |s| s.trigger_alarm("web-5xx")).at(1.8, |s| s.stop(None))
            .ends(5, &["alarm web-5xx went off"]).because("alarm"),
        history("a blue/green deployment that never becomes healthy").strategy("BLUE_GREEN", json!({}))
            .at(0.2, State::start).at(0.6, State::refuse)
            .at(1.5, State::trigger_breaker)
            .at(1.7, |s| s.roll_back("Service deployment rolled back because the circuit breaker threshold was exceeded."))
            .at(8.0, |s| s.end_rollback(true))
            .ends(6, &["[503]"]).because("health-check-error"),
    ]
}
