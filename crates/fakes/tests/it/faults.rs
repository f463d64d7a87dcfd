//! To which requests a fault applies, and what stale reads see.

use std::time::Duration;

use fakes::{Fault, Request, Rollout};
use http::Method;
use serde_json::json;

use crate::scene::Scene;

#[test]
fn a_rule_skips_and_counts_and_ends() {
    let scene = Scene::new();
    scene
        .cloud
        .fault(Fault::on("ecs", "ListClusters").skip(1).times(2).throttle());
    let list = || scene.ask("ecs", "ListClusters", &json!({})).0;
    assert_eq!([list(), list(), list(), list()], [200, 400, 400, 200]);
    scene
        .cloud
        .fault(Fault::on("ecs", "*").always().status(500));
    assert_eq!([list(), list()], [500, 500]);
    assert_eq!(scene.ask("logs", "DescribeLogGroups", &json!({})).0, 200);
    scene.cloud.clear_faults();
    assert_eq!(list(), 200);
}

#[test]
fn a_rule_for_a_share_of_the_requests_applies_to_that_share() {
    let scene = Scene::new();
    let rule = Fault::on("ecs", "ListClusters").always().percent(25);
    scene.cloud.fault(rule.throttle());
    let before = scene.cloud.request_count();
    let throttled = (0..400)
        .filter(|_| scene.ask("ecs", "ListClusters", &json!({})).0 == 400)
        .count();
    assert!((60..140).contains(&throttled), "{throttled}");
    let requests = scene.cloud.requests();
    assert_eq!(scene.cloud.request_count() - before, 400);
    for request in &requests[before..] {
        let kind = request.fault.then_some("throttle");
        assert_eq!((request.fault_kind, request.worked), (kind, !request.fault));
    }
}

#[test]
fn each_service_throttles_with_its_own_error() {
    let scene = Scene::new();
    for service in ["ecr", "logs", "sts", "elb", "s3", "registry", "github"] {
        scene.cloud.fault(Fault::on(service, "*").throttle());
    }
    let code = |service, operation| scene.refused(service, operation, json!({})).0;
    assert_eq!(code("ecr", "DescribeRepositories"), "ThrottlingException");
    assert_eq!(code("logs", "DescribeLogGroups"), "ThrottlingException");
    for service in ["sts", "elb"] {
        let (status, xml) = scene.form(service, "Any", &[]);
        assert_eq!(status, 400);
        assert!(xml.contains("<Code>Throttling</Code>"), "{xml}");
    }
    for (path, status) in [
        ("/states/app", 503),
        ("/v2/web/manifests/1", 429),
        ("/user", 429),
    ] {
        let answer = scene.cloud.answer(Request::new(Method::GET, path));
        assert_eq!(answer.response.unwrap().status, status, "{path}");
    }
}

#[test]
fn a_late_answer_reports_its_delay_without_sockets() {
    let scene = Scene::new();
    scene.cloud.s3().put("states", "app", "{}");
    let second = Duration::from_secs(1);
    scene
        .cloud
        .fault(Fault::on("s3", "GetObject").delay(second));
    let answer = scene.cloud.answer(Request::new(Method::GET, "/states/app"));
    assert_eq!(answer.delay, second);
    scene
        .cloud
        .fault(Fault::on("s3", "GetObject").cut_answer_at(1));
    let answer = scene.cloud.answer(Request::new(Method::GET, "/states/app"));
    assert_eq!(answer.cut_at, Some(1));
    assert!(answer.into_http().unwrap().is_none());
}

#[test]
fn reads_may_be_behind_and_out_of_order() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    scene.cloud.ecs().stale_reads(Duration::from_secs(2));
    scene.pass(5.0);
    let long = Rollout::healthy().over(Duration::from_secs(100));
    scene.cloud.ecs().script("web", long);
    let update = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    let written = scene.ok("ecs", "UpdateService", update)["service"]["deployments"].clone();
    assert_eq!(
        written.as_array().unwrap().len(),
        2,
        "the answer to a write is never behind"
    );
    scene.pass(1.0);
    let seen: Vec<usize> = (0..40)
        .map(|_| scene.web()["deployments"].as_array().unwrap().len())
        .collect();
    assert!(seen.contains(&1) && seen.contains(&2), "{seen:?}");
    assert!(
        seen.windows(2).any(|pair| pair[0] > pair[1]),
        "out of order: {seen:?}"
    );
    scene.pass(2.1);
    assert!((0..40).all(|_| scene.web()["deployments"].as_array().unwrap().len() == 2));
}

#[test]
fn a_new_deployment_is_listed_late() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    scene.pass(60.0);
    let previous = scene.newest()["serviceDeploymentArn"].clone();
    scene.cloud.ecs().listed_after(Duration::from_secs(3));
    let update = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    scene.ok("ecs", "UpdateService", update);
    scene.pass(2.0);
    assert_eq!(scene.newest()["serviceDeploymentArn"], previous);
    scene.pass(1.0);
    assert_ne!(scene.newest()["serviceDeploymentArn"], previous);
}

#[test]
fn token_buckets_throttle_and_refill() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    scene.cloud.ecs().enforce_token_buckets();
    let read = || {
        scene
            .ask(
                "ecs",
                "DescribeServiceRevisions",
                &json!({"serviceRevisionArns": ["x"]}),
            )
            .0
    };
    assert_eq!((0..50).filter(|_| read() == 200).count(), 50, "the burst");
    let (code, message) = scene.refused(
        "ecs",
        "DescribeServiceRevisions",
        json!({"serviceRevisionArns": ["x"]}),
    );
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ThrottlingException", "Rate exceeded")
    );
    scene.pass(0.5);
    assert_eq!(
        (0..50).filter(|_| read() == 200).count(),
        10,
        "twenty a second"
    );
    let register = || {
        let definition = crate::scene::task_definition("web");
        scene.ask("ecs", "RegisterTaskDefinition", &definition).0
    };
    assert_eq!(
        (0..50).filter(|_| register() == 200).count(),
        20,
        "a class of its own"
    );
    scene.pass(3.0);
    assert_eq!(
        (0..50).filter(|_| register() == 200).count(),
        3,
        "one a second"
    );
}

#[test]
fn a_denial_names_who_what_and_where() {
    let scene = Scene::new();
    let arn = "arn:aws:ecs:eu-central-1:123456789012:service/demo/web";
    scene
        .cloud
        .fault(Fault::on("ecs", "UpdateService").denied());
    let body = json!({"cluster": "demo", "service": "web"});
    let (code, message) = scene.refused("ecs", "UpdateService", body);
    assert_eq!(code, "AccessDeniedException");
    assert_eq!(
        message,
        format!(
            "User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: \
             ecs:UpdateService on resource: {arn} because no identity-based policy allows the \
             ecs:UpdateService action"
        )
    );
    scene.cloud.ecs().deny_service_deployments();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let (code, _) = scene.refused(
        "ecs",
        "ListServiceDeployments",
        json!({"cluster": "demo", "service": "web"}),
    );
    assert_eq!(code, "AccessDeniedException");
    let role = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole";
    scene.cloud.ecs().deny_pass_role(role);
    let definition = crate::scene::task_definition("web");
    let (_, message) = scene.refused("ecs", "RegisterTaskDefinition", definition);
    assert!(
        message.contains(&format!("iam:PassRole on resource: {role} because")),
        "{message}"
    );
}

#[test]
fn each_request_is_recorded_with_its_permissions() {
    let scene = Scene::new();
    let mut definition = crate::scene::task_definition("web");
    definition["taskRoleArn"] = json!("arn:aws:iam::123456789012:role/web");
    scene.ok("ecs", "RegisterTaskDefinition", definition);
    scene.cloud.ecr().repository("web");
    scene
        .cloud
        .answer(Request::new(Method::POST, "/v2/web/blobs/uploads/"));
    scene
        .cloud
        .answer(Request::new(Method::GET, "/states/env:/prod/app"));
    let used: Vec<(String, String)> = scene
        .cloud
        .requests()
        .into_iter()
        .skip(1)
        .flat_map(|request| request.permissions)
        .map(|permission| (permission.action, permission.resource))
        .collect();
    let region = "eu-central-1:123456789012";
    let expected = [
        (
            "ecs:RegisterTaskDefinition",
            format!("arn:aws:ecs:{region}:task-definition/web:*"),
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::123456789012:role/ecsTaskExecutionRole".into(),
        ),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/web".into()),
        (
            "ecr:InitiateLayerUpload",
            format!("arn:aws:ecr:{region}:repository/web"),
        ),
        ("s3:GetObject", "arn:aws:s3:::states/env:/prod/app".into()),
    ];
    let expected = expected.map(|(action, resource)| (action.to_owned(), resource));
    assert_eq!(used, expected);
}
