//! Days on which AWS stops answering in the middle: what that ends, and what it does not.

use fakes::{ApiError, Fault, Rollout};

use crate::scene::{Scene, healthy};

#[test]
fn credentials_that_end_in_the_middle_end_the_wait_and_not_the_deployment() {
    let scene = Scene::running();
    let id = scene.deploy(Rollout::stuck());
    let late = Fault::on("ecs", "DescribeServiceDeployments").skip(2);
    scene.cloud.fault(late.always().expired());
    scene
        .run(&["--deployment", &id])
        .expect(4, "denied")
        .says(&[
            "AWS refuses to be asked any further; the deployment of web goes on",
            "expired",
        ]);
}

#[test]
fn a_look_that_does_not_find_the_service_yet_is_taken_again() {
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
fn a_target_group_that_is_not_there_is_no_healthy_one() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let gone = ApiError::new("TargetGroupNotFound", "One or more target groups not found");
    let fault = Fault::on("elb", "DescribeTargetHealth").always();
    scene.cloud.fault(fault.error(gone));
    scene
        .run(&["--deployment", &id, "--timeout", "5s"])
        .expect(8, "timed-out")
        .says(&["0 of 2 tasks healthy"]);
}
