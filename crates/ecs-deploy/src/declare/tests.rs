use serde_json::{Value, json};

use super::{Declaration, DeclareError, LoadBalancerFlag, ServiceFlags, Sources, declare};

fn outputs(value: Value) -> Option<super::Outputs> {
    value.as_object().cloned()
}

fn ours() -> Option<super::Outputs> {
    outputs(json!({
        "ecs_cluster_name": "prod", "ecs_service_name": "web", "ecs_subnet_ids": ["a", "b"],
        "task_security_group_id": "sg", "target_group_arn": "tg", "container_name": "app",
        "container_port": 8080, "vpc_id": "vpc"}))
}

fn made(sources: Sources) -> Result<Declaration, String> {
    declare(sources).map_err(|e| e.to_string())
}

#[test]
fn outputs_alone_describe_a_service() {
    let made = made(Sources {
        outputs: ours(),
        ..Sources::default()
    })
    .expect("declared");
    assert_eq!(
        (made.service.cluster.as_str(), made.service.service.as_str()),
        ("prod", "web")
    );
    assert!(made.can_create);
    assert_eq!(
        Value::Object(made.service.definition),
        json!({
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["a", "b"], "assignPublicIp": "DISABLED", "securityGroups": ["sg"]}},
            "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
            "loadBalancers": [{"targetGroupArn": "tg", "containerName": "app", "containerPort": 8080}],
            "healthCheckGracePeriodSeconds": 60,
        })
    );
}

#[test]
fn a_definition_replaces_the_convention() {
    let definition = json!({"cluster": "prod", "serviceName": "web", "taskDefinition": "web",
        "memberOfTomorrow": [1], "status": "ACTIVE", "events": []});
    let made = made(Sources {
        definition: Some(definition),
        outputs: ours(),
        ..Sources::default()
    })
    .expect("declared");
    assert_eq!(
        Value::Object(made.service.definition),
        json!({"memberOfTomorrow": [1]})
    );
    assert_eq!(made.task_definition.as_deref(), Some("web"));
    assert_eq!(made.left_out, ["status", "events"]);
}

#[test]
fn names_alone_declare_nothing() {
    let sources = Sources {
        cluster: Some("c".into()),
        service: Some("s".into()),
        ..Sources::default()
    };
    let made = made(sources).expect("declared");
    assert!(made.service.definition.is_empty() && !made.can_create);
}

#[test]
fn flags_replace_only_their_members() {
    let flags = ServiceFlags {
        subnets: vec!["x".into()],
        target_groups: vec!["g1".into(), "g2".into()],
        containers: vec![
            LoadBalancerFlag {
                container: "app".into(),
                port: 1,
            },
            LoadBalancerFlag {
                container: "admin".into(),
                port: 2,
            },
        ],
        desired_count: Some(3),
        tags: vec![("team".into(), "shop".into())],
        ..ServiceFlags::default()
    };
    let definition = json!({"cluster": "c", "serviceName": "s",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "securityGroups": ["sg"]}},
        "tags": [{"key": "team", "value": "ops"}, {"key": "cost", "value": "1"}]});
    let made = made(Sources {
        definition: Some(definition),
        flags,
        ..Sources::default()
    })
    .expect("declared");
    assert_eq!(
        Value::Object(made.service.definition),
        json!({
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["x"], "securityGroups": ["sg"]}},
            "tags": [{"key": "cost", "value": "1"}, {"key": "team", "value": "shop"}],
            "desiredCount": 3,
            "loadBalancers": [
                {"targetGroupArn": "g1", "containerName": "app", "containerPort": 1},
                {"targetGroupArn": "g2", "containerName": "admin", "containerPort": 2}],
        })
    );
}

#[test]
fn flags_alone_describe_a_fargate_service() {
    let flags = ServiceFlags {
        subnets: vec!["x".into()],
        security_groups: vec!["sg".into()],
        assign_public_ip: true,
        ..ServiceFlags::default()
    };
    let (cluster, service) = (Some("c".into()), Some("s".into()));
    let made = made(Sources {
        flags,
        cluster,
        service,
        ..Sources::default()
    })
    .expect("declared");
    assert!(made.can_create);
    assert_eq!(
        Value::Object(made.service.definition),
        json!({"networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["x"], "securityGroups": ["sg"], "assignPublicIp": "ENABLED"}},
            "launchType": "FARGATE"})
    );
}

#[test]
fn each_error_names_the_member() {
    let definition = |value: Value| Sources {
        definition: Some(value),
        ..Sources::default()
    };
    let named = |value: Value| {
        let mut sources = definition(value);
        (sources.cluster, sources.service) = (Some("prod".into()), Some("web".into()));
        sources
    };
    for (sources, said) in [
        (Sources::default(), "no cluster given"),
        (definition(json!({"cluster": "c"})), "no service given"),
        (
            named(json!([])),
            "the service definition is a list, not an object",
        ),
        (
            named(json!({"services": []})),
            "the service definition is a response of DescribeServices, not a definition",
        ),
        (
            named(json!({"serviceName": "api"})),
            "--service is web, but the service definition contains api",
        ),
        (
            named(json!({"cluster": 1})),
            "member cluster of the service definition is a number, not a string",
        ),
        (
            named(json!({"service": "web"})),
            "the service definition has the member service, which CreateService does not take",
        ),
        (
            Sources {
                outputs: outputs(
                    json!({"ecs_cluster_name": "c", "ecs_service_name": "s", "ecs_subnet_ids": "a"}),
                ),
                ..Sources::default()
            },
            "the output ecs_subnet_ids is a string, not a list",
        ),
    ] {
        assert_eq!(made(sources).expect_err("refused"), said);
    }
    // A cluster's name and its ARN are the same cluster.
    let by_arn = named(json!({"cluster": "arn:aws:ecs:r:1:cluster/prod"}));
    assert!(declare(by_arn).is_ok());
}

#[test]
fn each_target_group_needs_its_container() {
    let flags = ServiceFlags {
        target_groups: vec!["g".into()],
        ..ServiceFlags::default()
    };
    let (cluster, service) = (Some("c".to_owned()), Some("s".to_owned()));
    let sources = Sources {
        flags: flags.clone(),
        cluster,
        service,
        ..Sources::default()
    };
    assert_eq!(
        declare(sources),
        Err(DeclareError::UnpairedTargetGroups {
            groups: 1,
            containers: 0
        })
    );
    // The outputs contain the container.
    let made = declare(Sources {
        flags,
        outputs: ours(),
        ..Sources::default()
    })
    .expect("declared");
    assert_eq!(
        made.service.definition["loadBalancers"],
        json!([{"targetGroupArn": "g", "containerName": "app", "containerPort": 8080}])
    );
}

#[test]
fn empty_outputs_are_not_set() {
    let outputs = outputs(json!({
        "ecs_cluster_name": "prod", "ecs_service_name": "web", "ecs_subnet_ids": ["a"],
        "task_security_group_id": "", "target_group_arn": "", "container_name": "app",
        "container_port": ""}));
    let made = made(Sources {
        outputs,
        ..Sources::default()
    })
    .expect("declared");
    let definition = Value::Object(made.service.definition);
    assert_eq!(definition.get("loadBalancers"), None);
    assert_eq!(
        definition["networkConfiguration"],
        json!({"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "DISABLED"}})
    );
}
