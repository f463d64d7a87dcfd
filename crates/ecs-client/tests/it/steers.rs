//! Rollbacks, stops and continuations, also if someone else acted first.

use std::time::Duration;

use ecs_client::{Ecs, SteerOutcome, continue_deployment, rollback, stop};
use fakes::{ApiError, Fault};
use serde_json::json;

use crate::scene::Scene;

#[tokio::test]
async fn a_rollback_is_asked_for_at_the_hook_or_by_stopping() {
    let scene = Scene::paused();
    let ecs = Ecs::new(&scene.session);
    let (arn, hook) = scene.paused_at();
    let asked = rollback(&ecs, &arn, Some(&hook)).await.unwrap();
    assert_eq!(asked, SteerOutcome::Requested);
    assert_eq!(scene.calls("StopServiceDeployment"), 0);

    let scene = Scene::paused();
    let ecs = Ecs::new(&scene.session);
    let (arn, _) = scene.paused_at();
    let asked = rollback(&ecs, &arn, None).await.unwrap();
    assert_eq!(asked, SteerOutcome::Requested);
    assert_eq!(
        scene.sent("StopServiceDeployment"),
        [json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"})]
    );
}

#[tokio::test]
async fn a_rollback_at_a_hook_that_was_answered_meanwhile_stops_the_deployment() {
    let scene = Scene::paused();
    let ecs = Ecs::new(&scene.session);
    let (arn, hook) = scene.paused_at();
    let continued = continue_deployment(&ecs, &arn, &hook).await.unwrap();
    assert_eq!(continued, SteerOutcome::Requested);
    let asked = rollback(&ecs, &arn, Some(&hook)).await.unwrap();
    assert_eq!(asked, SteerOutcome::Requested);
    assert_eq!(scene.calls("StopServiceDeployment"), 1);
    assert_eq!(scene.deployment()["status"], "ROLLBACK_REQUESTED");
}

#[tokio::test]
async fn a_hook_that_was_answered_meanwhile_needs_no_continuation() {
    let scene = Scene::paused();
    let ecs = Ecs::new(&scene.session);
    let (arn, hook) = scene.paused_at();
    continue_deployment(&ecs, &arn, &hook).await.unwrap();
    let again = continue_deployment(&ecs, &arn, &hook).await.unwrap();
    assert_eq!(again, SteerOutcome::NotNeeded);
    // The end of the deployment does not cause an error either.
    scene.clock.advance(Duration::from_secs(3600));
    let again = continue_deployment(&ecs, &arn, &hook).await.unwrap();
    assert_eq!(again, SteerOutcome::NotNeeded);
}

#[tokio::test]
async fn a_hook_that_still_waits_was_refused_for_a_reason() {
    let scene = Scene::paused();
    let ecs = Ecs::new(&scene.session);
    let (arn, hook) = scene.paused_at();
    let refused = ApiError::new("InvalidParameterException", "Invalid action");
    let fault = Fault::on("ecs", "ContinueServiceDeployment");
    scene.cloud.fault(fault.error(refused));
    let error = continue_deployment(&ecs, &arn, &hook).await.unwrap_err();
    assert!(error.is("InvalidParameterException"), "{error}");
}

#[tokio::test]
async fn a_deployment_that_has_ended_needs_nothing() {
    let scene = Scene::running();
    let ecs = Ecs::new(&scene.session);
    let arn = scene.deployment()["serviceDeploymentArn"].clone();
    let arn = arn.as_str().unwrap();
    assert_eq!(stop(&ecs, arn).await.unwrap(), SteerOutcome::NotNeeded);
    let hook = Some("ecs-pause-1");
    let asked = rollback(&ecs, arn, hook).await.unwrap();
    assert_eq!(asked, SteerOutcome::NotNeeded);
}
