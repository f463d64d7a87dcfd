//! Summarizes in a sentence how a deployment will proceed, from the deployment configuration: when
//! traffic shifts, where it pauses, and what rolls it back.

use serde_json::{Map, Value};

/// The configuration that the service will have: the declared members override the live ones.
pub fn effective(declared: &Map<String, Value>, live: Option<&Value>) -> Value {
    let member = "deploymentConfiguration";
    let mut effective = live.map(|l| l[member].clone()).unwrap_or_default();
    match (&mut effective, declared.get(member)) {
        (Value::Object(effective), Some(Value::Object(declared))) => {
            effective.extend(declared.clone());
        }
        (effective, Some(declared)) => *effective = declared.clone(),
        (_, None) => {}
    }
    effective
}

/// The sentence.
pub fn summary(configuration: &Value) -> String {
    let mut parts = vec![shift(configuration)];
    parts.extend(hooks(configuration));
    if let Some(minutes) = configuration["bakeTimeInMinutes"]
        .as_f64()
        .filter(|m| *m > 0.0)
    {
        parts.push(format!("bakes {minutes} min with both revisions running"));
    }
    parts.push(takes_back(configuration));
    parts.join("; ")
}

/// How the traffic or the tasks move to the new revision. ECS's defaults apply to what is not
/// declared.
fn shift(configuration: &Value) -> String {
    let number = |member: &str, of: &str, default: f64| {
        configuration[member][of].as_f64().unwrap_or(default)
    };
    match configuration["strategy"].as_str() {
        None | Some("ROLLING") => {
            let percent = |of: &str, default: f64| configuration[of].as_f64().unwrap_or(default);
            format!(
                "rolling: {} % to {} % of the tasks run during the deployment",
                percent("minimumHealthyPercent", 100.0),
                percent("maximumPercent", 200.0)
            )
        }
        Some("BLUE_GREEN") => "blue/green: all traffic shifts at once".to_owned(),
        Some("LINEAR") => {
            let of = "linearConfiguration";
            format!(
                "linear: traffic shifts by {} % every {} min",
                number(of, "stepPercent", 10.0),
                number(of, "stepBakeTimeInMinutes", 6.0)
            )
        }
        Some("CANARY") => {
            let of = "canaryConfiguration";
            format!(
                "canary: {} % of the traffic for {} min, then the rest",
                number(of, "canaryPercent", 5.0),
                number(of, "canaryBakeTimeInMinutes", 10.0)
            )
        }
        Some(other) => format!("strategy {other}"),
    }
}

fn hooks(configuration: &Value) -> Vec<String> {
    let hooks = configuration["lifecycleHooks"].as_array();
    let one = |hook: &Value| {
        let stages = hook["lifecycleStages"].as_array();
        let stages: Vec<&str> = stages
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let stages = stages.join(", ");
        if hook["targetType"] == "PAUSE" {
            let timeout = &hook["timeoutConfiguration"];
            let minutes = timeout["timeoutInMinutes"].as_f64().unwrap_or(1440.0);
            let then = match timeout["action"].as_str() {
                Some("CONTINUE") => "continues",
                _ => "rolls back",
            };
            return format!(
                "pauses at {stages} until `ecs-deploy continue`, and {then} after {minutes} min"
            );
        }
        let arn = hook["hookTargetArn"].as_str().unwrap_or_default();
        let function = arn.split(":function:").nth(1).unwrap_or(arn);
        format!("calls function {function} at {stages}")
    };
    hooks.into_iter().flatten().map(one).collect()
}

/// What ECS does if the deployment fails.
fn takes_back(configuration: &Value) -> String {
    let guard = |name: &str, of: &Value| {
        let does = if of["rollback"] == true {
            "rolls back"
        } else {
            "stops it without a rollback"
        };
        (of["enable"] == true).then(|| format!("{name} {does}"))
    };
    let alarms = &configuration["alarms"];
    let names = alarms["alarmNames"].as_array();
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let guards: Vec<String> = [
        guard(
            "the circuit breaker",
            &configuration["deploymentCircuitBreaker"],
        ),
        guard(&format!("an alarm of {}", names.join(", ")), alarms),
    ]
    .into_iter()
    .flatten()
    .collect();
    if guards.is_empty() {
        return "no automatic rollback: no circuit breaker, no alarms".to_owned();
    }
    guards.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{effective, summary};

    #[test]
    fn each_strategy_has_a_summary() {
        let breaker = json!({"enable": true, "rollback": true});
        let summary: Vec<String> = [
            json!({}),
            json!({"strategy": "ROLLING", "minimumHealthyPercent": 0, "deploymentCircuitBreaker": breaker,
                "alarms": {"enable": true, "rollback": false, "alarmNames": ["5xx", "slow"]}}),
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "deploymentCircuitBreaker": breaker,
                "lifecycleHooks": [
                    {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
                     "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "CONTINUE"}},
                    {"hookTargetArn": "arn:aws:lambda:r:1:function:smoke", "lifecycleStages": ["PRE_SCALE_UP", "POST_SCALE_UP"]}]}),
            json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 20.5},
                "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}]}),
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 1, "canaryBakeTimeInMinutes": 30}}),
            json!({"strategy": "OF_TOMORROW"}),
        ]
        .iter()
        .map(summary)
        .collect();
        insta::assert_snapshot!(summary.join("\n"), @r"
        rolling: 100 % to 200 % of the tasks run during the deployment; no automatic rollback: no circuit breaker, no alarms
        rolling: 0 % to 200 % of the tasks run during the deployment; the circuit breaker rolls back, an alarm of 5xx, slow stops it without a rollback
        blue/green: all traffic shifts at once; pauses at POST_TEST_TRAFFIC_SHIFT until `ecs-deploy continue`, and continues after 60 min; calls function smoke at PRE_SCALE_UP, POST_SCALE_UP; bakes 5 min with both revisions running; the circuit breaker rolls back
        linear: traffic shifts by 20.5 % every 6 min; pauses at POST_SCALE_UP until `ecs-deploy continue`, and rolls back after 1440 min; no automatic rollback: no circuit breaker, no alarms
        canary: 1 % of the traffic for 30 min, then the rest; no automatic rollback: no circuit breaker, no alarms
        strategy OF_TOMORROW; no automatic rollback: no circuit breaker, no alarms
        ");
    }

    #[test]
    fn declared_members_override_live_ones() {
        let live =
            json!({"deploymentConfiguration": {"strategy": "ROLLING", "bakeTimeInMinutes": 3}});
        let declared = json!({"deploymentConfiguration": {"strategy": "CANARY"}});
        let declared = declared.as_object().expect("an object");
        assert_eq!(
            effective(declared, Some(&live)),
            json!({"strategy": "CANARY", "bakeTimeInMinutes": 3})
        );
        assert_eq!(effective(declared, None), json!({"strategy": "CANARY"}));
        let none = serde_json::Map::new();
        assert_eq!(
            effective(&none, Some(&live)),
            live["deploymentConfiguration"]
        );
    }
}
