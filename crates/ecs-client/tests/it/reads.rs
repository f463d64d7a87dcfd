//! Reads, their retries, and when a call counts as unavailable.

use ecs_client::{Availability, DeploymentPages, RetryMode, Tags};
use fakes::{ApiError, Fault, FaultRule};
use serde_json::json;

use crate::scene::Scene;

const PAGES: DeploymentPages = DeploymentPages { size: 20, limit: 1 };

fn listing() -> FaultRule {
    Fault::on("ecs", "ListServiceDeployments")
}

#[tokio::test]
async fn a_service_is_read_with_what_belongs_to_it() {
    let scene = Scene::running();
    let reader = scene.reader(RetryMode::Standard);
    let service = reader.service(Tags::Excluded).await.unwrap().unwrap();
    assert_eq!(service["serviceName"], "web");
    let listed = reader.service_deployments(PAGES).await.unwrap();
    let listed = listed.into_result().unwrap();
    assert_eq!(listed.len(), 1);
    let arn = &listed[0].service_deployment_arn;
    let deployment = reader.service_deployment(arn).await.unwrap();
    let deployment = deployment.into_result().unwrap().unwrap();
    assert_eq!(&deployment.service_deployment_arn, arn);
    let revision = listed[0].target_service_revision_arn.as_deref().unwrap();
    let revision = reader.service_revision(revision).await.unwrap();
    let revision = revision.into_result().unwrap().unwrap();
    assert_eq!(revision["taskDefinition"], service["taskDefinition"]);
    assert_eq!(reader.tasks().await.unwrap().len(), 2);
    let group = service["loadBalancers"][0]["targetGroupArn"].as_str();
    assert_eq!(reader.targets(group.unwrap()).await.unwrap().len(), 2);
    // One request each for the service, the list, the deployment, the revision, the two lists of
    // tasks, the tasks and the targets.
    assert_eq!(reader.take_request_count(), 8);
    assert_eq!(reader.take_request_count(), 0);
}

#[tokio::test]
async fn what_does_not_exist_is_none() {
    let scene = Scene::running();
    let reader = ecs_client::ServiceReader::new(&scene.session, "prod", "nope", RetryMode::Once);
    assert!(reader.service(Tags::Included).await.unwrap().is_none());
    let found = reader.task_definition("nope:1", Tags::Included).await;
    assert!(found.unwrap().is_none());
    let arn = "arn:aws:ecs:eu-central-1:123456789012:service-deployment/prod/web/nope";
    let found = reader.service_deployment(arn).await.unwrap();
    assert!(found.into_result().unwrap().is_none());
}

#[tokio::test]
async fn every_kind_of_refusal_makes_service_deployments_unavailable() {
    let codes = [
        "InvalidAction",
        "UnknownOperationException",
        "UnsupportedFeatureException",
    ];
    let refused = codes.map(|code| listing().always().error(ApiError::new(code, "no")));
    let silent = [listing().always().bare(500), listing().always().bare(501)];
    let denied = [listing().always().denied()];
    for fault in refused.into_iter().chain(silent).chain(denied) {
        for retries in [RetryMode::Once, RetryMode::Standard] {
            let scene = Scene::running();
            scene.cloud.fault(fault.clone());
            let listed = scene.reader(retries).service_deployments(PAGES).await;
            let listed = listed.unwrap();
            assert!(matches!(listed, Availability::Unavailable(_)), "{fault:?}");
            assert!(scene.calls("ListServiceDeployments") <= 2, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn one_page_of_a_proxy_does_not_make_them_unavailable() {
    let scene = Scene::running();
    scene.cloud.fault(listing().html(500));
    let reader = scene.reader(RetryMode::Once);
    let listed = reader.service_deployments(PAGES).await.unwrap();
    assert_eq!(listed.into_result().unwrap().len(), 1);
}

#[tokio::test]
async fn a_garbled_answer_is_asked_for_again_unless_the_caller_polls() {
    for (retries, is_read, calls) in [(RetryMode::Standard, true, 3), (RetryMode::Once, false, 1)] {
        let scene = Scene::running();
        let garbled = Fault::on("ecs", "DescribeServices").times(2);
        scene.cloud.fault(garbled.malformed());
        let read = scene.reader(retries).service(Tags::Excluded).await;
        assert_eq!(read.is_ok(), is_read, "{read:?}");
        assert_eq!(scene.calls("DescribeServices"), calls);
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let scene = Scene::running();
    for family in 0..5 {
        let definition = json!({"family": format!("job-{family}"), "containerDefinitions": [
            {"name": "app", "image": "app:1", "memory": 128}]});
        let registered = scene
            .cloud
            .call("ecs", "RegisterTaskDefinition", definition);
        registered.unwrap();
    }
    let reader = scene.reader(RetryMode::Standard);
    let operation = ecs_client::Operation::ListTaskDefinitions;
    let body = json!({"maxResults": 2});
    let all = reader.list(operation, body, "taskDefinitionArns").await;
    assert_eq!(all.unwrap().len(), 6);
    assert_eq!(scene.calls("ListTaskDefinitions"), 3);
}
