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
