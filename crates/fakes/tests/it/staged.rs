//! Blue/green, linear and canary deployments: stages, traffic, pauses.

use std::time::Duration;

use fakes::Rollout;
use serde_json::json;

use crate::scene::Scene;

/// A service of this strategy with its second deployment just begun, a PAUSE hook after the test
/// traffic shift, and ten seconds to go.
pub fn staged(strategy: &str) -> Scene {
    let scene = Scene::new();
    let elb = scene.cloud.elb();
    let green = elb.unattached_target_group("green", 8080, "ip");
    let rule = elb.rule(&scene.group.listener_arn, "/*", [&scene.group.arn, &green]);
    let mut service = scene.service();
    service["loadBalancers"][0]["advancedConfiguration"] = json!({
        "alternateTargetGroupArn": green,
        "productionListenerRule": rule,
        "roleArn": "arn:aws:iam::123456789012:role/ecsInfrastructure",
    });
    service["deploymentConfiguration"]["strategy"] = json!(strategy);
    service["deploymentConfiguration"]["lifecycleHooks"] = json!([{
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"},
    }]);
    if strategy == "LINEAR" {
        service["deploymentConfiguration"]["linearConfiguration"] = json!({"stepPercent": 25.0});
    }
    scene.cloud.ecs().running_service(service).unwrap();
    let ten = Rollout::healthy().over(Duration::from_secs(10));
    scene.cloud.ecs().script("web", ten);
    scene.ok(
        "ecs",
        "UpdateService",
        json!({"cluster": "demo", "service": "web", "forceNewDeployment": true}),
    );
    scene
}

/// The observed stages and traffic weights, without repetitions.
fn seen(scene: &Scene, seconds: u32) -> Vec<(String, f64, f64)> {
    let mut seen: Vec<(String, f64, f64)> = Vec::new();
    for _ in 0..seconds * 40 {
        scene.pass(0.025);
        let newest = scene.newest();
        let target = &newest["targetServiceRevision"];
        let weight = |name: &str| target[name].as_f64().unwrap_or(-1.0);
        let stage = newest["lifecycleStage"]
            .as_str()
            .unwrap_or("none")
            .to_owned();
        let look = (
            stage,
            weight("requestedProductionTrafficWeight"),
            weight("requestedTestTrafficWeight"),
        );
        if seen.last() != Some(&look) {
            seen.push(look);
        }
    }
    seen
}

fn go_on(scene: &Scene, action: &str) -> (u16, serde_json::Value) {
    let newest = scene.newest();
    let body = json!({
        "serviceDeploymentArn": newest["serviceDeploymentArn"],
        "hookId": newest["lifecycleHookDetails"][0]["hookId"],
        "action": action,
    });
    scene.ask("ecs", "ContinueServiceDeployment", &body)
}

#[test]
fn blue_green_shifts_test_traffic_then_all_of_production() {
    let scene = staged("BLUE_GREEN");
    let before = seen(&scene, 7);
    let stages: Vec<&str> = before.iter().map(|look| look.0.as_str()).collect();
    assert!(
        stages.ends_with(&[
            "TEST_TRAFFIC_SHIFT",
            "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT"
        ]),
        "{stages:?}"
    );
    assert_eq!(
        before.last().unwrap(),
        &("POST_TEST_TRAFFIC_SHIFT".into(), 0.0, 100.0)
    );
    let newest = scene.newest();
    assert_eq!(newest["status"], "IN_PROGRESS");
    let source = &newest["sourceServiceRevisions"][0];
    assert_eq!(source["requestedProductionTrafficWeight"], 100.0);
    scene.pass(600.0);
    assert_eq!(
        scene.newest()["lifecycleHookDetails"][0]["status"],
        "AWAITING_ACTION"
    );
    assert_eq!(go_on(&scene, "CONTINUE").0, 200);
    assert_eq!(
        scene.newest()["lifecycleHookDetails"][0]["status"],
        "SUCCEEDED"
    );
    assert_eq!(go_on(&scene, "CONTINUE").0, 400, "it is over");
    let after = seen(&scene, 10);
    let weights: Vec<f64> = after.iter().map(|look| look.1).collect();
    assert_eq!(weights.first(), Some(&0.0));
    assert_eq!(weights.last(), Some(&100.0));
    assert_eq!(scene.newest()["status"], "SUCCESSFUL");
    assert_eq!(scene.web()["deployments"].as_array().unwrap().len(), 1);
}

#[test]
fn the_new_tasks_are_in_the_alternate_target_group() {
    let scene = staged("BLUE_GREEN");
    scene.pass(4.0);
    let newest = scene.newest();
    let groups_of = |revision: &serde_json::Value| {
        let body = json!({"serviceRevisionArns": [revision["arn"]]});
        let answer = scene.ok("ecs", "DescribeServiceRevisions", body);
        answer["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"][0].clone()
    };
    let blue = groups_of(&newest["sourceServiceRevisions"][0]);
    let green = groups_of(&newest["targetServiceRevision"]);
    assert_eq!(blue["targetGroupArn"], scene.group.arn);
    assert_ne!(green["targetGroupArn"], blue["targetGroupArn"]);
    assert!(
        green["productionListenerRule"]
            .as_str()
            .unwrap()
            .contains(":listener-rule/")
    );
    let targets = scene.targets(green["targetGroupArn"].as_str().unwrap());
    assert_eq!(targets.len(), 2);
}

#[test]
fn linear_and_canary_shift_in_steps() {
    for (strategy, steps) in [
        ("LINEAR", vec![0.0, 25.0, 50.0, 75.0, 100.0]),
        ("CANARY", vec![0.0, 5.0, 100.0]),
    ] {
        let scene = staged(strategy);
        scene.pass(8.0);
        assert_eq!(go_on(&scene, "CONTINUE").0, 200);
        let mut weights: Vec<f64> = seen(&scene, 8).into_iter().map(|look| look.1).collect();
        weights.dedup();
        assert_eq!(weights, steps, "{strategy}");
    }
}

#[test]
fn a_pause_rolls_back_on_request_and_by_its_timeout() {
    let scene = staged("BLUE_GREEN");
    scene.pass(8.0);
    assert_eq!(go_on(&scene, "ROLLBACK").0, 200);
    assert_eq!(scene.newest()["status"], "ROLLBACK_REQUESTED");
    scene.pass(10.0);
    assert_eq!(scene.newest()["status"], "ROLLBACK_SUCCESSFUL");
    let scene = staged("BLUE_GREEN");
    scene.pass(8.0);
    scene.pass(3600.0);
    let newest = scene.newest();
    assert_eq!(newest["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(
        newest["statusReason"],
        "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook timed out."
    );
}

#[test]
fn a_hook_refuses() {
    let scene = staged("BLUE_GREEN");
    let hook = "arn:aws:lambda:eu-central-1:123456789012:function:check";
    scene
        .cloud
        .ecs()
        .script("web", Rollout::hook_refuses("PRE_SCALE_UP", hook));
    let body = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    scene.ok("ecs", "UpdateService", body);
    scene.pass(60.0);
    let newest = scene.newest();
    assert_eq!(newest["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(
        newest["statusReason"],
        format!(
            "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. \
             Lifecycle hook target {hook} returned FAILED status."
        )
    );
}
