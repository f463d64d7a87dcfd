//! AWS stops answering during a wait: what ends the wait and what does not.

use fakes::{ApiError, Fault, Rollout};

use crate::scene::{Scene, healthy};

#[test]
fn expired_credentials_end_the_wait_but_not_the_deployment() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::stuck());
    let late = Fault::on("ecs", "DescribeServiceDeployments").skip(2);
    scene.cloud.fault(late.always().expired());
    scene
        .run(&["--deployment", &id])
        .expect(4, "denied")
        .shows(&[
            "lost access to AWS while waiting; the deployment of web continues",
            "expired",
        ]);
}

#[test]
fn a_read_that_does_not_find_the_service_yet_is_retried() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let missing = || ApiError::new("ServiceNotFoundException", "Service not found.");
    for operation in ["ListTasks", "ListServiceDeployments"] {
        let fault = Fault::on("ecs", operation).times(1);
        scene.cloud.fault(fault.error(missing()));
    }
    scene.run(&["--deployment", &id]).expect(0, "succeeded");
}

#[test]
fn a_deleted_target_group_has_no_healthy_targets() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let gone = ApiError::new("TargetGroupNotFound", "One or more target groups not found");
    let fault = Fault::on("elb", "DescribeTargetHealth").always();
    scene.cloud.fault(fault.error(gone));
    scene
        .run(&["--deployment", &id, "--timeout", "5s"])
        .expect(8, "timed-out")
        .shows(&["0 of 2 tasks healthy"]);
}
