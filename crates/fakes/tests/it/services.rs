//! CreateService, UpdateService, DeleteService and task definitions: what changes, what is rejected,
//! and with which message.

use serde_json::{Value, json};

use crate::scene::{Scene, task_definition};

fn code(refusal: &(String, String)) -> &str {
    &refusal.0
}

#[test]
fn unknown_members_are_recorded_and_dropped() {
    let scene = Scene::new();
    let mut definition = task_definition("new");
    definition["color"] = json!("red");
    definition["containerDefinitions"][0]["big"] =
        serde_json::from_str("12345678901234567890").unwrap();
    scene.cloud.forget_requests();
    scene.ok("ecs", "RegisterTaskDefinition", definition.clone());
    let sent = &scene.cloud.requests_of("ecs", "RegisterTaskDefinition")[0];
    assert_eq!(sent.json(), definition);
    let body = json!({"taskDefinition": "new"});
    let shown = scene.ok("ecs", "DescribeTaskDefinition", body);
    assert!(shown["taskDefinition"].get("color").is_none());
    assert!(
        shown["taskDefinition"]["containerDefinitions"][0]
            .get("big")
            .is_none()
    );
    let port = &shown["taskDefinition"]["containerDefinitions"][0]["portMappings"][0];
    assert_eq!(
        *port,
        json!({"containerPort": 8080, "protocol": "tcp", "hostPort": 8080})
    );
}

#[test]
fn task_definitions_that_fargate_refuses() {
    let scene = Scene::new();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut definition = task_definition("x");
        change(&mut definition);
        scene.refused("ecs", "RegisterTaskDefinition", definition).1
    };
    assert_eq!(
        refused(&|d| d["memory"] = json!("4096")),
        "No Fargate configuration exists for given values: 256 CPU, 4096 memory"
    );
    assert!(refused(&|d| d["cpu"] = json!("300")).starts_with("Invalid 'cpu' setting for task."));
    assert_eq!(
        refused(&|d| d["networkMode"] = json!("bridge")),
        "Fargate only supports network mode ‘awsvpc’."
    );
    assert_eq!(
        refused(&|d| {
            d.as_object_mut().unwrap().remove("executionRoleArn");
        }),
        "Fargate requires task definition to have execution role ARN to support ECR images."
    );
    assert!(
        refused(&|d| d["containerDefinitions"][0]["portMappings"][0]["hostPort"] = json!(80))
            .contains("must match")
    );
    assert_eq!(
        refused(&|d| {
            d["containerDefinitions"][0]["dependsOn"] =
                json!([{"containerName": "db", "condition": "START"}]);
        }),
        "Cannot depend on container + 'db' because it does not exist\n"
    );
    assert!(
        refused(&|d| d["containerDefinitions"][0]["command"] = json!("x".repeat(70_000)))
            .contains("64 KiB")
    );
    let mut written = task_definition("written");
    written["cpu"] = json!("0.5 vCPU");
    written["memory"] = json!("1 GB");
    let shown = scene.ok("ecs", "RegisterTaskDefinition", written);
    assert_eq!(shown["taskDefinition"]["cpu"], "512");
    assert_eq!(shown["taskDefinition"]["memory"], "1024");
}

#[test]
fn revisions_are_listed_found_and_retired() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.ok("ecs", "RegisterTaskDefinition", task_definition("web"));
    }
    let list = |body: Value| scene.ok("ecs", "ListTaskDefinitions", body);
    let arn = |n: u32| format!("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:{n}");
    let first = list(json!({"familyPrefix": "web", "sort": "DESC", "maxResults": 3}));
    assert_eq!(first["taskDefinitionArns"], json!([arn(4), arn(3), arn(2)]));
    let next = json!({
        "familyPrefix": "web", "sort": "DESC", "maxResults": 3, "nextToken": first["nextToken"],
    });
    assert_eq!(list(next), json!({"taskDefinitionArns": [arn(1)]}));
    scene.ok(
        "ecs",
        "DeregisterTaskDefinition",
        json!({"taskDefinition": arn(4)}),
    );
    let newest = scene.ok(
        "ecs",
        "DescribeTaskDefinition",
        json!({"taskDefinition": "web"}),
    );
    assert_eq!(newest["taskDefinition"]["revision"], 3);
    assert_eq!(
        list(json!({"status": "INACTIVE"}))["taskDefinitionArns"],
        json!([arn(4)])
    );
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let update = json!({"cluster": "demo", "service": "web", "taskDefinition": "web:4"});
    let refusal = scene.refused("ecs", "UpdateService", update);
    assert_eq!(
        refusal,
        (
            "ClientException".into(),
            "TaskDefinition is inactive".into()
        )
    );
    let update = json!({"cluster": "demo", "service": "web", "taskDefinition": "web:9"});
    let refusal = scene.refused("ecs", "UpdateService", update);
    assert_eq!(
        refusal,
        ("ClientException".into(), "TaskDefinition not found.".into())
    );
}

#[test]
fn what_create_service_refuses() {
    let scene = Scene::new();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut service = scene.service();
        change(&mut service);
        scene.refused("ecs", "CreateService", service)
    };
    let refusal = refused(&|s| s["cluster"] = json!("none"));
    assert_eq!(
        refusal,
        (
            "ClusterNotFoundException".into(),
            "Cluster not found.".into()
        )
    );
    let refusal = refused(&|s| s["taskDefinition"] = json!("none"));
    assert_eq!(refusal.1, "TaskDefinition not found.");
    let refusal =
        refused(&|s| s["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = json!([]));
    assert_eq!(refusal.1, "subnets can not be empty.");
    let refusal = refused(&|s| s["loadBalancers"][0]["containerName"] = json!("db"));
    assert_eq!(
        refusal.1,
        "The container db does not exist in the task definition."
    );
    let refusal = refused(&|s| s["loadBalancers"][0]["containerPort"] = json!(5000));
    assert_eq!(
        refusal.1,
        "The container app did not have a container port 5000 defined."
    );
    let lone = scene.cloud.elb().unattached_target_group("lone", 80, "ip");
    let refusal = refused(&|s| s["loadBalancers"][0]["targetGroupArn"] = json!(lone));
    assert!(
        refusal
            .1
            .ends_with("does not have an associated load balancer.")
    );
    let refusal = refused(&|s| s["deploymentConfiguration"]["strategy"] = json!("BLUE_GREEN"));
    assert!(
        refusal
            .1
            .starts_with("advancedConfiguration field is required")
    );
    let refusal = refused(&|s| s["enableExecuteCommand"] = json!(true));
    assert!(refusal.1.contains("a valid taskRoleArn is not being used"));
    let refusal = refused(&|s| s["loadBalancers"] = json!({}));
    assert_eq!(code(&refusal), "SerializationException");
    scene.cloud.ecs().delete_cluster("demo");
    let refusal = scene.refused("ecs", "CreateService", scene.service());
    assert_eq!(refusal.1, "The referenced cluster was inactive.");
}

#[test]
fn creating_twice() {
    let scene = Scene::new();
    let first = scene.ok("ecs", "CreateService", scene.service());
    let again = scene.ok("ecs", "CreateService", scene.service());
    assert_eq!(
        first["service"]["deployments"][0]["id"],
        again["service"]["deployments"][0]["id"]
    );
    let mut other = scene.service();
    other["desiredCount"] = json!(5);
    let refusal = scene.refused("ecs", "CreateService", other);
    assert_eq!(refusal.1, "Creation of service was not idempotent.");
}

#[test]
fn only_some_members_start_a_deployment() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let count = || {
        let body = json!({"cluster": "demo", "service": "web"});
        let list = scene.ok("ecs", "ListServiceDeployments", body);
        list["serviceDeployments"].as_array().unwrap().len()
    };
    let update = |members: Value| {
        let mut body = json!({"cluster": "demo", "service": "web"});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        scene.ok("ecs", "UpdateService", body)["service"].clone()
    };
    for members in [
        json!({"desiredCount": 3}),
        json!({"healthCheckGracePeriodSeconds": 60}),
        json!({"deploymentConfiguration": {"maximumPercent": 150}}),
        json!({"enableECSManagedTags": true, "propagateTags": "SERVICE"}),
        json!({"taskDefinition": "web:1"}),
        json!({"volumeConfigurations": []}),
        json!({"networkConfiguration": scene.service()["networkConfiguration"]}),
    ] {
        update(members.clone());
        assert_eq!(count(), 1, "{members}");
    }
    let kept = update(json!({"deploymentConfiguration": {"minimumHealthyPercent": 50}}));
    assert_eq!(kept["deploymentConfiguration"]["maximumPercent"], 150);
    let breaker = &kept["deploymentConfiguration"]["deploymentCircuitBreaker"];
    assert_eq!(breaker["rollback"], true);
    for (members, number) in [
        (json!({"platformVersion": "1.4.0"}), 2),
        (json!({"forceNewDeployment": true}), 3),
        (json!({"loadBalancers": []}), 4),
    ] {
        let service = update(members.clone());
        assert_eq!(count(), number, "{members}");
        assert_eq!(service["deployments"][0]["desiredCount"], 0);
    }
}

#[test]
fn what_update_service_refuses() {
    let scene = Scene::new();
    let update = json!({"cluster": "demo", "service": "web", "desiredCount": 1});
    let refusal = scene.refused("ecs", "UpdateService", update.clone());
    assert_eq!(
        refusal,
        (
            "ServiceNotFoundException".into(),
            "Service not found.".into()
        )
    );
    let mut service = scene.service();
    service["deploymentController"] = json!({"type": "CODE_DEPLOY"});
    scene.cloud.ecs().running_service(service).unwrap();
    let forced = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    let refusal = scene.refused("ecs", "UpdateService", forced);
    assert!(
        refusal
            .1
            .starts_with("Cannot force a new deployment on services with a CODE_DEPLOY")
    );
}

#[test]
fn deleting_drains_first() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let body = json!({"cluster": "demo", "service": "web"});
    let refusal = scene.refused("ecs", "DeleteService", body.clone());
    assert_eq!(
        refusal.1,
        "The service cannot be stopped while it is scaled above 0."
    );
    scene.ok(
        "ecs",
        "UpdateService",
        json!({"cluster": "demo", "service": "web", "desiredCount": 0}),
    );
    scene.pass(1.0);
    let answer = scene.ok("ecs", "DeleteService", body.clone());
    assert_eq!(answer["service"]["status"], "DRAINING");
    let refusal = scene.refused("ecs", "CreateService", scene.service());
    assert_eq!(
        refusal.1,
        "Unable to Start a service that is still Draining."
    );
    let refusal = scene.refused("ecs", "UpdateService", body.clone());
    assert_eq!(code(&refusal), "ServiceNotActiveException");
    scene.pass(1.0);
    assert_eq!(scene.web()["status"], "INACTIVE");
    assert_eq!(scene.targets(&scene.group.arn), []);
    scene.ok("ecs", "CreateService", scene.service());
    assert_eq!(scene.web()["status"], "ACTIVE");
}

#[test]
fn missing_things_are_failures_and_not_errors() {
    let scene = Scene::new();
    let arn = "arn:aws:ecs:eu-central-1:123456789012:service/demo/none";
    let body = json!({"cluster": "demo", "services": ["none"]});
    let answer = scene.ok("ecs", "DescribeServices", body);
    assert_eq!(
        answer,
        json!({"services": [], "failures": [{"arn": arn, "reason": "MISSING"}]})
    );
    let many: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let refusal = scene.refused(
        "ecs",
        "DescribeServices",
        json!({"cluster": "demo", "services": many}),
    );
    assert_eq!(code(&refusal), "InvalidParameterException");
}
