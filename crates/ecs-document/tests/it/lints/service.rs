//! Lints of service definitions and of overrides.

use ecs_document::lints::{DeploymentTarget, lint_request};
use ecs_document::model::DocumentKind;
use ecs_document::{Document, Syntax};

fn messages(kind: DocumentKind, text: &str) -> Vec<String> {
    let document = Document::parse(text, "service.json", Syntax::Json).unwrap();
    lint_request(&document, kind, &DeploymentTarget::default())
        .iter()
        .map(|lint| {
            let at = lint.location.unwrap();
            let severity = lint.severity.as_str();
            format!(
                "{}:{} {severity} {}: {}",
                at.line,
                at.column,
                lint.code.as_str(),
                lint.message
            )
        })
        .collect()
}

#[test]
fn members_that_ecs_would_ignore_are_reported() {
    let text = r#"{
 "launchtype": "FARGATE",
 "desiredcount": 4,
 "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a"], "asignPublicIp": "ENABLED"}},
 "deploymentCircuitBreaker": {"enable": true, "rollback": true},
 "healthCheckGracePeriod": 120,
 "memberOfTomorrow": 1
}"#;
    assert_eq!(
        messages(DocumentKind::CreateService, text),
        [
            "2:2 error misspelled-member: unknown member launchtype; did you mean launchType?",
            "3:2 error misspelled-member: unknown member desiredcount; did you mean desiredCount?",
            "4:77 error misspelled-member: unknown member networkConfiguration.awsvpcConfiguration.asignPublicIp; did you mean assignPublicIp?",
            "5:2 error misspelled-member: unknown member deploymentCircuitBreaker; did you mean deploymentConfiguration.deploymentCircuitBreaker?",
            "6:2 warning unknown-member: unknown member healthCheckGracePeriod; did you mean healthCheckGracePeriodSeconds?",
            "7:2 warning unknown-member: unknown member memberOfTomorrow",
        ]
    );
}

#[test]
fn values_of_the_wrong_type_are_reported() {
    let text = r#"{
 "desiredCount": "two",
 "launchType": "FARGTE",
 "loadBalancers": {"containerPort": 80},
 "deploymentConfiguration": {"maximumPercent": 1.5, "deploymentCircuitBreaker": {"enable": true}}
}"#;
    assert_eq!(
        messages(DocumentKind::CreateService, text),
        [
            "2:18 error wrong-type: desiredCount is a string; ECS expects a whole number",
            "3:16 warning unknown-value: unknown value \"FARGTE\" of launchType; did you mean FARGATE?",
            "4:19 error wrong-type: loadBalancers is an object; ECS expects a list",
            "5:48 error wrong-type: deploymentConfiguration.maximumPercent is not a whole number of 32 bits; ECS expects a whole number",
            "5:81 error missing-member: deploymentConfiguration.deploymentCircuitBreaker has no rollback",
        ]
    );
}

#[test]
fn a_correct_service_definition_has_no_lints() {
    // Flags may supply `serviceName`, and UpdateService accepts `forceNewDeployment`.
    let text = r#"{"taskDefinition": "web", "desiredCount": 2, "forceNewDeployment": true,
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}}"#;
    assert_eq!(messages(DocumentKind::CreateService, text), [""; 0]);
}

#[test]
fn documented_rules_are_checked() {
    for (text, expected) in [
        (
            r#"{"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}]}"#,
            "1:2 error service-conflict: no capacity provider has a weight, so ECS cannot place tasks",
        ),
        (
            r#"{"capacityProviderStrategy": [{"capacityProvider": "a", "weight": 1, "base": 1}, {"capacityProvider": "b", "base": 2}]}"#,
            "1:116 error service-conflict: only one capacity provider can have a base",
        ),
        (
            r#"{"launchType": "FARGATE", "schedulingStrategy": "DAEMON"}"#,
            "1:49 error fargate-unsupported: Fargate does not support the schedulingStrategy DAEMON",
        ),
        (
            r#"{"launchType": "FARGATE", "placementStrategy": [{"type": "random"}]}"#,
            "1:27 error fargate-unsupported: the service uses placementStrategy, which Fargate does not support",
        ),
        (
            r#"{"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}}"#,
            "1:55 error service-conflict: minimumHealthyPercent 100 and maximumPercent 100 leave no room to replace a task",
        ),
        (
            r#"{"desiredCount": -1}"#,
            "1:18 error out-of-range: desiredCount is -1; ECS accepts at least 0",
        ),
        (
            r#"{"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "securityGroups": ["1","2","3","4","5","6"]}}}"#,
            "1:69 error out-of-range: networkConfiguration.awsvpcConfiguration.securityGroups has 6 elements; ECS accepts at most 5",
        ),
        (
            r#"{"serviceName": "my.web"}"#,
            "1:17 error invalid-name: serviceName \"my.web\" contains '.', which ECS rejects",
        ),
        (
            r#"{"tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}"#,
            "1:39 error resource-tag: the tag \"a\" is a duplicate",
        ),
        (
            r#"{"loadBalancers": [{"targetGroupArn": "a", "loadBalancerName": "b"}]}"#,
            "1:44 error service-conflict: targetGroupArn and loadBalancerName exclude each other",
        ),
    ] {
        assert_eq!(
            messages(DocumentKind::CreateService, text),
            [expected],
            "{text}"
        );
    }
}

#[test]
fn overrides_of_a_task_are_checked() {
    let text =
        r#"{"overrides": {"containerOverrides": [{"name": "app", "comand": ["x"], "cpu": "1"}]}}"#;
    assert_eq!(
        messages(DocumentKind::RunTask, text),
        [
            "1:55 error misspelled-member: unknown member overrides.containerOverrides[0].comand; did you mean command?",
            "1:79 error wrong-type: overrides.containerOverrides[0].cpu is a string; ECS expects a whole number: 1",
        ]
    );
}
