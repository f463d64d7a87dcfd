//! Members of a service from files, flags and outputs, and which of them are sent.

use std::time::Duration;

use serde_json::json;

use crate::scene::Scene;

/// A service with a capacity provider strategy and a volume, to which all other members can be added.
fn on_spot() -> Scene {
    let scene = Scene::new();
    let mut service = scene.service_definition();
    service.as_object_mut().unwrap().remove("launchType");
    service["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE", "weight": 1}]);
    scene.write("service.json", &service);
    scene.put_volume(10);
    assert_eq!(scene.deploy().action(), "created");
    scene.settle();
    scene
}

#[test]
fn each_declared_change_sends_exactly_its_members() {
    let scene = on_spot();
    let second = scene.cloud.elb().target_group("second", 8080).arn;
    let balancer = |group: &str| json!({"targetGroupArn": group, "containerName": "app", "containerPort": 8080});
    let ebs = json!({"name": "data", "managedEBSVolume": {
        "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure", "sizeInGiB": 20}});
    for (pointer, value, deploys) in [
        ("/healthCheckGracePeriodSeconds", json!(90), false),
        ("/enableExecuteCommand", json!(true), false),
        ("/enableECSManagedTags", json!(true), false),
        ("/propagateTags", json!("SERVICE"), false),
        ("/platformVersion", json!("1.4.0"), true),
        (
            "/networkConfiguration",
            json!({"awsvpcConfiguration": {"subnets": ["subnet-1"]}}),
            true,
        ),
        (
            "/loadBalancers",
            json!([balancer(&scene.group.arn), balancer(&second)]),
            true,
        ),
        ("/loadBalancers", json!([]), true),
        (
            "/serviceRegistries",
            json!([{"registryArn": "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-1"}]),
            true,
        ),
        (
            "/serviceConnectConfiguration",
            json!({"enabled": true, "namespace": "shop"}),
            true,
        ),
        ("/volumeConfigurations", json!([ebs]), true),
        (
            "/deploymentConfiguration",
            json!({"maximumPercent": 150}),
            false,
        ),
        ("/availabilityZoneRebalancing", json!("DISABLED"), false),
    ] {
        let before = scene.service()["deployments"][0]["id"].clone();
        scene.edit("service.json", pointer, value.clone());
        let ran = scene.deploy();
        assert_eq!(ran.action(), "updated", "{pointer}: {}", ran.stderr);
        let member = &pointer[1..];
        assert_eq!(
            scene.sent("UpdateService"),
            [json!({"cluster": "prod", "service": "web", member: value})],
        );
        let started = ran.data()["deployment"]["ecsSvcId"] != before;
        assert_eq!(started, deploys, "{pointer}");
        scene.settle();
        assert_eq!(scene.deploy().action(), "unchanged", "{pointer}");
        assert_eq!(scene.writes(), [""; 0], "{pointer}");
        scene.cloud.forget_requests();
    }
}

#[test]
fn another_capacity_provider_strategy_forces_a_deployment() {
    let scene = on_spot();
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 3}, {"capacityProvider": "FARGATE", "base": 1}]);
    scene.edit(
        "service.json",
        "/capacityProviderStrategy",
        strategy.clone(),
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated", "{}", ran.stderr);
    assert!(ran.stderr.contains("ECS requires it"), "{}", ran.stderr);
    assert_eq!(
        scene.sent("UpdateService"),
        [
            json!({"cluster": "prod", "service": "web", "capacityProviderStrategy": strategy,
            "forceNewDeployment": true})
        ]
    );
    scene.settle();
    assert_eq!(scene.deploy().action(), "unchanged");
    // This also works from the launch type to a strategy.
    let scene = Scene::deployed();
    let mut service = scene.service_definition();
    service.as_object_mut().unwrap().remove("launchType");
    service["capacityProviderStrategy"] = strategy;
    scene.write("service.json", &service);
    assert_eq!(scene.deploy().action(), "updated");
    scene.settle();
    assert_eq!(scene.deploy().action(), "unchanged");
}

#[test]
fn empty_strings_of_other_tools_are_ignored() {
    let scene = Scene::new();
    for member in [
        "/cluster",
        "/serviceName",
        "/taskDefinition",
        "/platformVersion",
        "/loadBalancers/0/loadBalancerName",
    ] {
        scene.edit("service.json", member, json!(""));
    }
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    let said = "service.json: ignoring empty members: cluster, serviceName, taskDefinition, \
                platformVersion, loadBalancers.0.loadBalancerName";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let sent = &scene.sent("CreateService")[0];
    assert_eq!(sent.get("platformVersion"), None);
    assert_eq!(
        sent["loadBalancers"],
        scene.service_definition()["loadBalancers"]
    );
}

#[test]
fn tags_go_by_their_own_call() {
    let scene = Scene::deployed();
    let ran = scene.deploy_with(&["--resource-tag", "team=shop"]);
    assert_eq!(ran.action(), "updated");
    assert_eq!(scene.writes(), ["TagResource"]);
    assert_eq!(
        scene.service()["tags"],
        json!([{"key": "team", "value": "shop"}])
    );
    scene.settle();
    assert_eq!(
        scene.deploy_with(&["--resource-tag", "team=shop"]).action(),
        "unchanged"
    );
}

#[test]
fn autoscaling_keeps_its_count() {
    let scene = Scene::deployed();
    let scaled = json!({"cluster": "prod", "service": "web", "desiredCount": 7});
    scene.cloud.call("ecs", "UpdateService", scaled).unwrap();
    scene.settle();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged");
    assert!(
        ran.stderr.contains("desiredCount stays 7 (2 is declared;"),
        "{}",
        ran.stderr
    );
    let ran = scene.deploy_with(&["--update-desired-count"]);
    assert_eq!(ran.action(), "updated");
    assert_eq!(
        scene.sent("UpdateService"),
        [json!({"cluster": "prod", "service": "web", "desiredCount": 2})]
    );
}

#[test]
fn outputs_alone_create_the_service() {
    let scene = Scene::new();
    scene.write(
        "outputs.json",
        &json!({"ecs_cluster_name": "prod", "ecs_service_name": "web",
            "ecs_subnet_ids": ["subnet-0a1b2c3d4e5f67890"], "task_security_group_id": "sg-1",
            "target_group_arn": scene.group.arn, "container_name": "app", "container_port": 8080}),
    );
    let args = [
        "--task-definition",
        "task.json",
        "--outputs",
        "outputs.json",
    ];
    assert_eq!(scene.run(&args).action(), "created");
    let sent = &scene.sent("CreateService")[0];
    assert_eq!(
        (&sent["cluster"], &sent["serviceName"]),
        (&json!("prod"), &json!("web"))
    );
    assert_eq!(
        sent["loadBalancers"][0]["targetGroupArn"],
        json!(scene.group.arn)
    );
    scene.settle();
    assert_eq!(scene.run(&args).action(), "unchanged");
}

#[test]
fn flags_alone_create_the_service() {
    let scene = Scene::new();
    let args = [
        "--task-definition",
        "task.json",
        "--cluster",
        "prod",
        "--service",
        "web",
        "--subnets",
        "subnet-1,subnet-2",
        "--security-groups",
        "sg-1",
        "--target-group",
        &scene.group.arn,
        "--target-container",
        "app:8080",
        "--desired-count",
        "3",
        "--resource-tag",
        "team=shop",
    ];
    assert_eq!(scene.run(&args).action(), "created");
    let mut sent = scene.sent("CreateService")[0].clone();
    assert!(sent["clientToken"].take().is_string());
    assert_eq!(
        sent,
        json!({"cluster": "prod", "serviceName": "web", "clientToken": null,
            "taskDefinition": sent["taskDefinition"],
            "desiredCount": 3, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}},
            "loadBalancers": [
                {"targetGroupArn": scene.group.arn, "containerName": "app", "containerPort": 8080}],
            "tags": [{"key": "team", "value": "shop"}]})
    );
    scene.settle();
    assert_eq!(scene.run(&args).action(), "unchanged");
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn each_strategy_is_sent_unchanged_and_shown_in_the_plan() {
    for (configuration, rollout) in [
        (
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [
                {"targetType": "AWS_LAMBDA", "lifecycleStages": ["POST_SCALE_UP"],
                 "hookTargetArn": "arn:aws:lambda:eu-central-1:123456789012:function:smoke",
                 "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure"}]}),
            "blue/green: all traffic shifts at once; calls function smoke at POST_SCALE_UP; bakes 5 min",
        ),
        (
            json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 2}}),
            "linear: traffic shifts by 25 % every 2 min",
        ),
        (
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0}}),
            "canary: 10 % of the traffic for 10 min, then the rest",
        ),
    ] {
        let scene = Scene::new();
        scene.put_blue_green(configuration.clone());
        let plan = scene.deploy_with(&["--dry-run"]);
        assert!(
            plan.stdout.contains(&format!("  roll out  {rollout}")),
            "{}",
            plan.stdout
        );
        assert_eq!(scene.deploy().action(), "created");
        let sent = &scene.sent("CreateService")[0];
        assert_eq!(sent["deploymentConfiguration"], configuration);
        scene.clock.advance(Duration::from_secs(3600));
        assert_eq!(scene.deploy().action(), "unchanged", "{rollout}");
        // The next revision is deployed in the same way, and the configuration is not sent again.
        scene.edit(
            "task.json",
            "/containerDefinitions/0/image",
            json!("app@sha256:2"),
        );
        let plan = scene.deploy_with(&["--dry-run"]);
        assert!(
            plan.stdout.contains(&format!("  roll out  {rollout}")),
            "{}",
            plan.stdout
        );
        let ran = scene.deploy();
        assert_eq!(ran.action(), "updated");
        assert_eq!(scene.sent("UpdateService")[0].as_object().unwrap().len(), 3);
    }
}
