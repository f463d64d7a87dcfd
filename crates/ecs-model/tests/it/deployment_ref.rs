use ecs_model::{DeploymentRef, ParseDeploymentRefError};
use serde_json::json;

use crate::recorded;

const SD: &str =
    "arn:aws:ecs:us-east-1:123456789012:service-deployment/cluster/web/ejGvqq2ilnbKT9qj0vLJe";

#[test]
fn the_response_to_a_write_identifies_our_deployment() {
    let forced = DeploymentRef::from_write(&recorded::json(
        "17-updateservice-answer-force-new-deployment-2026",
    ))
    .unwrap();
    insta::assert_json_snapshot!(forced, @r#"
    {
      "ecsSvcId": "ecs-svc/6216346761948112104",
      "taskDefinitionArn": "arn:aws:ecs:ap-northeast-3:123456789012:task-definition/retail-store-ecs-ui:4",
      "serviceRevisionArn": "arn:aws:ecs:ap-northeast-3:123456789012:service-revision/retail-store-ecs-cluster/ui/6216346761948112104",
      "createdAt": "2026-04-30T03:00:42.816Z"
    }
    "#);
    assert_eq!(forced.service_ref().unwrap().service, "ui");

    let created =
        DeploymentRef::from_write(&recorded::json("18-createservice-answer-2026")).unwrap();
    assert_eq!(created.number(), Some("3541978090126952138"));

    // Without revisions in the response (2025), only the ID.
    let older =
        DeploymentRef::from_write(&recorded::json("09-updateservice-answer-new-taskdef")).unwrap();
    assert_eq!(
        older.ecs_svc_id.as_deref(),
        Some("ecs-svc/7419115625193919142")
    );
    assert_eq!(older.service_revision_arn, None);

    // Only the desired count changed: the deployment that is already running.
    let same =
        DeploymentRef::from_write(&recorded::json("10-updateservice-answer-desiredcount-only"))
            .unwrap();
    assert_eq!(
        same.ecs_svc_id.as_deref(),
        Some("ecs-svc/1976744184940610707")
    );
}

#[test]
fn texts_are_parsed() {
    assert_eq!(
        format!(" {SD}\n")
            .parse::<DeploymentRef>()
            .unwrap()
            .service_deployment_arn
            .as_deref(),
        Some(SD)
    );
    assert_eq!(
        "ecs-svc/12".parse::<DeploymentRef>().unwrap().number(),
        Some("12")
    );
    let revision = "arn:aws-cn:ecs:cn-north-1:1:service-revision/c/s/34"
        .parse::<DeploymentRef>()
        .unwrap();
    assert_eq!(revision.ecs_svc_id.as_deref(), Some("ecs-svc/34"));

    for (text, expected) in [
        ("", "is not a deployment"),
        ("ecs-svc/", "is not a deployment"),
        ("web:3", "is not a deployment"),
        ("arn:aws:ecs:r:1:service/c/s", "ARN of a service,"),
        (
            "arn:aws:ecs:r:1:service-deployment/c/s",
            "ARN of a service-deployment,",
        ),
        ("arn:aws:iam::1:role/x", "resource of iam"),
        ("arn:", "is not an ARN"),
        ("arn:aws:ecs:r", "is not an ARN"),
    ] {
        let error = text.parse::<DeploymentRef>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_result_of_ecs_deploy_is_read() {
    let bare = json!({"ecsSvcId": "ecs-svc/7", "createdAt": "2026-01-01T00:00:00Z"});
    let result = json!({"schemaVersion": 1, "verb": "ecs-deploy", "verdict": "updated",
        "data": {"action": "updated", "deployment": bare}});
    assert_eq!(
        DeploymentRef::from_document(&result).unwrap(),
        DeploymentRef::from_document(&bare).unwrap()
    );
    let revision_only = json!({"serviceRevisionArn": "arn:aws:ecs:r:1:service-revision/c/s/9"});
    assert_eq!(
        DeploymentRef::from_document(&revision_only)
            .unwrap()
            .ecs_svc_id
            .as_deref(),
        Some("ecs-svc/9")
    );

    let refused = [
        (
            json!({"verb": "ecr-push", "data": {}}),
            "not a result of ecs-deploy",
        ),
        (
            json!({"verb": "ecs-deploy", "error": {}, "data": {"deployment": null}}),
            "did not start one",
        ),
        (
            json!({"verb": "ecs-deploy", "data": null}),
            "did not start one",
        ),
        (json!({"family": "x"}), "does not identify a deployment"),
        (json!([1]), "does not identify a deployment"),
    ];
    for (document, expected) in refused {
        let error = DeploymentRef::from_document(&document).unwrap_err();
        assert!(matches!(error, ParseDeploymentRefError::Document(_)));
        assert!(error.to_string().contains(expected), "{document}: {error}");
    }
}

#[test]
fn a_deployment_survives_a_file() {
    let deployment =
        DeploymentRef::from_write(&recorded::json("18-createservice-answer-2026")).unwrap();
    let text = serde_json::to_string(&deployment).unwrap();
    assert_eq!(
        serde_json::from_str::<DeploymentRef>(&text).unwrap(),
        deployment
    );
}

#[test]
fn a_listed_service_deployment_is_ours_by_revision_and_time() {
    let deployment = DeploymentRef::from_write(&recorded::json(
        "17-updateservice-answer-force-new-deployment-2026",
    ))
    .unwrap();
    let ours = "arn:aws:ecs:ap-northeast-3:123456789012:service-revision/retail-store-ecs-cluster/ui/6216346761948112104";
    let other = "arn:aws:ecs:ap-northeast-3:123456789012:service-revision/retail-store-ecs-cluster/ui/5678755162203410295";
    let write = deployment.created_at.unwrap();
    let second = jiff::SignedDuration::from_secs(1);
    assert!(deployment.is_service_deployment(SD, Some(ours), Some(write + second)));
    assert!(deployment.is_service_deployment(SD, Some(ours), Some(write - second)));
    assert!(deployment.is_service_deployment(SD, Some(ours), None));
    assert!(!deployment.is_service_deployment(SD, Some(other), Some(write)));
    assert!(!deployment.is_service_deployment(SD, None, Some(write)));
    // An earlier deployment of the same revision, e.g. that of a rollback target, is never ours.
    assert!(!deployment.is_service_deployment(SD, Some(ours), Some(write - second * 60)));

    let known = SD.parse::<DeploymentRef>().unwrap();
    assert!(known.is_service_deployment(SD, Some(other), None));
    assert!(!known.is_service_deployment("arn:x", Some(ours), None));
    assert!(!known.is_revision(ours));
}
