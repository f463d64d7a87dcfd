//! Each way to name a deployment, and what is known if less may be read.

use serde_json::json;

use crate::scene::{Scene, crashing, healthy};

#[test]
fn each_name_refers_to_the_same_deployment() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let listed = scene
        .cloud
        .call(
            "ecs",
            "ListServiceDeployments",
            json!({"cluster": "prod", "service": "web"}),
        )
        .unwrap();
    let arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = json!({
        "schemaVersion": 1, "verb": "ecs-deploy", "verdict": "updated",
        "data": {"deployment": {"ecsSvcId": id}},
    });
    scene.write("ecs-deploy.json", &file.to_string());
    for name in [id.as_str(), &arn, "ecs-deploy.json"] {
        let ran = scene.run(&["--deployment", name]).expect(0, "succeeded");
        assert_eq!(ran.data()["deployment"]["ecsSvcId"], id, "{name}");
        assert_eq!(
            ran.data()["deployment"]["serviceDeploymentArn"],
            arn,
            "{name}"
        );
    }
    let ran = scene.run(&[]).expect(0, "succeeded");
    assert_eq!(
        ran.data()["deployment"]["ecsSvcId"],
        id,
        "without --deployment, it is the current one"
    );
}

#[test]
fn an_earlier_deployment_keeps_its_own_verdict() {
    let scene = Scene::running();
    let crashed = scene.deploy(crashing());
    scene
        .run(&["--deployment", &crashed, "--until-rolled-back"])
        .expect(6, "rolled-back");
    let good = scene.deploy(healthy());
    scene.run(&["--deployment", &good]).expect(0, "succeeded");
    scene
        .run(&["--deployment", &crashed])
        .expect(6, "rolled-back");
}

#[test]
fn without_service_deployments_the_service_is_judged_and_the_summary_shows_it() {
    let scene = Scene::running();
    scene.cloud.ecs().deny_service_deployments();
    let id = scene.deploy(healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    assert!(
        ran.stdout.contains("judged from the service only"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_service_without_a_load_balancer_is_healthy_when_it_runs() {
    let scene = Scene::new();
    let mut service = scene.service();
    service.as_object_mut().unwrap().remove("loadBalancers");
    let id = scene.create(service, healthy());
    let ran = scene.run(&["--deployment", &id]).expect(0, "succeeded");
    assert!(
        ran.stdout.contains("running (without a health check)"),
        "{}",
        ran.stdout
    );
}
