//! Compares the responses of ECR, CloudWatch Logs, ELB and STS with AWS's service models.

use fakes::{Finding, Recorded, Scan, Service};
use http::Method;
use serde_json::json;

use crate::conformance::hold;
use crate::model::Model;
use crate::scene::Scene;

#[test]
fn ecr_answers_fit_the_service_model() {
    let scene = Scene::new();
    scene.ok("ecr", "GetAuthorizationToken", json!({}));
    let name = json!({"repositoryName": "web"});
    scene.ok(
        "ecr",
        "CreateRepository",
        json!({
            "repositoryName": "web",
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
            "imageScanningConfiguration": {"scanOnPush": true},
            "encryptionConfiguration": {"encryptionType": "KMS"},
            "tags": [{"Key": "team", "Value": "web"}],
        }),
    );
    scene.ok(
        "ecr",
        "CreateRepository",
        json!({"repositoryName": "plain"}),
    );
    let registry = scene.cloud.registry();
    let config = registry.put_blob("web", b"{}");
    let manifest = json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [],
    });
    let media = "application/vnd.oci.image.manifest.v1+json";
    let digest = registry.put_manifest("web", Some("1"), media, manifest.to_string());
    let flaw = Finding::new("CVE-2026-0001", "CRITICAL", "openssl", "3.0.1");
    let scan = Scan::clean()
        .finding(flaw)
        .takes(std::time::Duration::from_secs(5));
    scene.cloud.ecr().scan("*", scan);
    for _ in 0..2 {
        let id = json!({"imageTag": "1"});
        scene.ok("ecr", "DescribeImages", name.clone());
        scene.ok(
            "ecr",
            "DescribeImageScanFindings",
            json!({"repositoryName": "web", "imageId": id}),
        );
        scene.pass(10.0);
    }
    scene.ok(
        "ecr",
        "BatchGetImage",
        json!({"repositoryName": "web", "imageIds": [
            {"imageTag": "1"}, {"imageTag": "none"},
        ]}),
    );
    scene.ok(
        "ecr",
        "BatchCheckLayerAvailability",
        json!({
            "repositoryName": "web", "layerDigests": [config, digest],
        }),
    );
    scene.ok(
        "ecr",
        "StartImageScan",
        json!({"repositoryName": "web", "imageId": {"imageTag": "1"}}),
    );
    scene.ok(
        "ecr",
        "PutLifecyclePolicy",
        json!({
            "repositoryName": "web", "lifecyclePolicyText": r#"{"rules": []}"#,
        }),
    );
    scene.ok("ecr", "GetLifecyclePolicy", name.clone());
    scene.ok(
        "ecr",
        "PutImageScanningConfiguration",
        json!({
            "repositoryName": "web", "imageScanningConfiguration": {"scanOnPush": true},
        }),
    );
    scene.ok(
        "ecr",
        "PutImageTagMutability",
        json!({
            "repositoryName": "web", "imageTagMutability": "IMMUTABLE",
        }),
    );
    let described = scene.ok("ecr", "DescribeRepositories", json!({"maxResults": 1}));
    let arn = scene.ok(
        "ecr",
        "DescribeRepositories",
        json!({
            "maxResults": 1, "nextToken": described["nextToken"],
        }),
    )["repositories"][0]["repositoryArn"]
        .clone();
    scene.ok(
        "ecr",
        "TagResource",
        json!({
            "resourceArn": arn, "tags": [{"Key": "stage", "Value": "prod"}],
        }),
    );
    scene.ok("ecr", "ListTagsForResource", json!({"resourceArn": arn}));
    scene.refused("ecr", "DeleteRepository", name.clone());
    scene.refused("ecr", "CreateRepository", name.clone());
    scene.refused("ecr", "CreateRepository", json!({"repositoryName": "No"}));
    scene.refused(
        "ecr",
        "DescribeRepositories",
        json!({"repositoryNames": ["none"]}),
    );
    scene.refused(
        "ecr",
        "GetLifecyclePolicy",
        json!({"repositoryName": "plain"}),
    );
    scene.refused(
        "ecr",
        "PutLifecyclePolicy",
        json!({"repositoryName": "plain"}),
    );
    scene.refused(
        "ecr",
        "DescribeImages",
        json!({
            "repositoryName": "plain", "imageIds": [{"imageTag": "none"}],
        }),
    );
    let missing = json!({"repositoryName": "plain", "imageId": {"imageTag": "none"}});
    scene.refused("ecr", "DescribeImageScanFindings", missing);
    scene.ok(
        "ecr",
        "DeleteRepository",
        json!({"repositoryName": "web", "force": true}),
    );
    let covered = hold(&Model::of("ecr"), &scene.answers(Service::Ecr));
    assert_eq!(covered.len(), 15, "{covered:?}");
}

#[test]
fn log_answers_fit_the_service_model() {
    let scene = Scene::new();
    scene
        .cloud
        .logs()
        .put("/ecs/web", "web/app/1", ["one", "two"]);
    let stream = json!({"logGroupName": "/ecs/web", "logStreamName": "web/app/1", "limit": 1});
    scene.ok("logs", "GetLogEvents", stream);
    scene.ok(
        "logs",
        "FilterLogEvents",
        json!({"logGroupName": "/ecs/web", "limit": 1}),
    );
    scene.ok(
        "logs",
        "DescribeLogGroups",
        json!({"logGroupNamePrefix": "/ecs"}),
    );
    scene.ok(
        "logs",
        "DescribeLogStreams",
        json!({"logGroupName": "/ecs/web"}),
    );
    scene.refused(
        "logs",
        "GetLogEvents",
        json!({"logGroupName": "none", "logStreamName": "1"}),
    );
    scene.refused(
        "logs",
        "GetLogEvents",
        json!({"logGroupName": "/ecs/web", "logStreamName": "1"}),
    );
    hold(&Model::of("logs"), &scene.answers(Service::Logs));
}

#[test]
fn query_answers_fit_the_service_models() {
    let scene = Scene::new();
    scene.cloud.ecs().running_service(scene.service()).unwrap();
    let group = scene.group.arn.as_str();
    let balancer = scene.group.load_balancer_arn.as_str();
    scene.form("elb", "DescribeTargetHealth", &[("TargetGroupArn", group)]);
    scene.form(
        "elb",
        "DescribeTargetHealth",
        &[
            ("TargetGroupArn", group),
            ("Targets.member.1.Id", "10.9.9.9"),
            ("Targets.member.1.Port", "8080"),
        ],
    );
    scene.form("elb", "DescribeTargetHealth", &[("TargetGroupArn", "none")]);
    scene.form(
        "elb",
        "DescribeTargetGroups",
        &[("TargetGroupArns.member.1", group)],
    );
    scene.form("elb", "DescribeTargetGroups", &[("Names.member.1", "none")]);
    scene.form("elb", "DescribeListeners", &[("LoadBalancerArn", balancer)]);
    scene.form("elb", "DescribeListeners", &[("LoadBalancerArn", "none")]);
    let listener = scene.group.listener_arn.as_str();
    scene.cloud.elb().rule(listener, "/*", [group, group]);
    scene.form("elb", "DescribeRules", &[("ListenerArn", listener)]);
    scene.form("elb", "DescribeRules", &[("RuleArns.member.1", "none")]);
    scene.form(
        "elb",
        "DescribeLoadBalancers",
        &[("LoadBalancerArns.member.1", balancer)],
    );
    scene.form(
        "elb",
        "DescribeLoadBalancers",
        &[("Names.member.1", "none")],
    );
    scene.form("sts", "GetCallerIdentity", &[]);
    let role = "arn:aws:iam::123456789012:role/deploy";
    let token = scene
        .cloud
        .sts()
        .web_identity_token(json!({"iss": "i", "sub": "s", "aud": "a"}));
    let fields = [
        ("RoleArn", role),
        ("RoleSessionName", "ci"),
        ("WebIdentityToken", &token),
    ];
    scene.form("sts", "AssumeRoleWithWebIdentity", &fields);
    scene.form("sts", "AssumeRole", &fields[..2]);
    hold_xml("elbv2", &scene.answers(Service::Elb));
    hold_xml("sts", &scene.answers(Service::Sts));
}

fn hold_xml(service: &str, answers: &[Recorded]) {
    let model = Model::of(service);
    let mut faults = Vec::new();
    for answer in answers {
        assert_eq!(answer.method, Method::POST.as_str());
        let operation = answer.operation.as_str();
        let xml = String::from_utf8(answer.answer.to_vec()).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let named = |name: String| {
            let mut nodes = document.descendants();
            nodes.find(|node| node.tag_name().name() == name)
        };
        if answer.status == Some(200) {
            let result = named(format!("{operation}Result")).unwrap();
            let found = model.xml_faults(model.output(operation), result);
            faults.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{operation}: {fault}")),
            );
        } else {
            let code = named("Code".into()).unwrap().text().unwrap().to_owned();
            if !model.errors(operation).contains(&code) {
                faults.push(format!("{operation}: error {code} is not modeled"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
