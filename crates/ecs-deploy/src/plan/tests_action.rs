//! Tables of actions: re-runs, deployments in progress, refusals and creations.

use serde_json::{Value, json};

use super::last_deployment::DeploymentState;
use super::service::{Action, ForceReason, PlanOptions, create_body};
use super::tests::{NEXT, RUNS, declared as declare, live, plan_with, sent};

#[test]
fn a_rerun_heals() {
    let options = PlanOptions::default();
    let failed = DeploymentState::Failed("STOPPED".into());
    let going = DeploymentState::GoingBack("ROLLBACK_IN_PROGRESS".into());
    for (state, action, force) in [
        (DeploymentState::Succeeded, Action::Unchanged, None),
        (DeploymentState::Running, Action::Joined, None),
        (
            failed.clone(),
            Action::Forced,
            Some(ForceReason::LastFailed("STOPPED".into())),
        ),
        (
            going,
            Action::Forced,
            Some(ForceReason::LastFailed("ROLLBACK_IN_PROGRESS".into())),
        ),
    ] {
        let plan = plan_with(
            json!({}),
            Some(&live()),
            Some(RUNS),
            state.clone(),
            &options,
        )
        .expect("a plan");
        assert_eq!((plan.action, &plan.force), (action, &force), "{state:?}");
        assert_eq!(plan.updates(), force.is_some());
    }
    // A change that deploys anyway makes forcing unnecessary; one that does not deploy is forced.
    let plan = plan_with(
        json!({}),
        Some(&live()),
        Some(NEXT),
        failed.clone(),
        &options,
    )
    .expect("a plan");
    assert_eq!((plan.action, plan.force), (Action::Updated, None));
    let definition = json!({"healthCheckGracePeriodSeconds": 60});
    let plan = plan_with(
        definition.clone(),
        Some(&live()),
        Some(RUNS),
        failed,
        &options,
    )
    .expect("a plan");
    assert_eq!(plan.action, Action::Forced);
    assert_eq!(
        sent(definition, &plan),
        json!({"healthCheckGracePeriodSeconds": 60, "forceNewDeployment": true})
    );
}

#[test]
fn an_image_that_was_pushed_again_under_its_tag_is_deployed() {
    let options = PlanOptions {
        moved_images: vec!["repo:latest".into()],
        ..PlanOptions::default()
    };
    let plan =
        |state| plan_with(json!({}), Some(&live()), Some(RUNS), state, &options).expect("a plan");
    assert_eq!(plan(DeploymentState::Succeeded).action, Action::Forced);
    assert_eq!(plan(DeploymentState::Running).action, Action::Joined);
}

#[test]
fn a_deployment_in_progress_is_shown_only_if_it_is_replaced() {
    let options = PlanOptions::default();
    let competing = |definition, runs, state| {
        plan_with(definition, Some(&live()), Some(runs), state, &options)
            .expect("a plan")
            .competing
    };
    let running = || DeploymentState::Running;
    assert!(competing(json!({}), NEXT, running()).is_some());
    assert!(competing(json!({}), RUNS, running()).is_none());
    assert!(competing(json!({"healthCheckGracePeriodSeconds": 1}), RUNS, running()).is_none());
    assert!(competing(json!({}), NEXT, DeploymentState::Succeeded).is_none());
    assert!(
        competing(
            json!({}),
            RUNS,
            DeploymentState::GoingBack("STOP_REQUESTED".into())
        )
        .is_some()
    );
}

#[test]
fn an_inactive_service_is_created_and_a_draining_one_refused() {
    let with_status = |status: &str| {
        let mut service = live();
        service["status"] = status.into();
        plan_with(
            json!({}),
            Some(&service),
            Some(RUNS),
            DeploymentState::Succeeded,
            &PlanOptions::default(),
        )
    };
    assert_eq!(
        with_status("INACTIVE").map(|p| p.action),
        Ok(Action::Created)
    );
    assert_eq!(
        with_status("DRAINING").map_err(|e| e.to_string()),
        Err("service web is being deleted (DRAINING)".into())
    );
    let none = plan_with(
        json!({}),
        None,
        None,
        DeploymentState::Succeeded,
        &PlanOptions::default(),
    );
    assert_eq!(none.map(|p| p.action), Ok(Action::Created));
}

#[test]
fn changes_that_need_a_new_service_are_refused() {
    let refused = |definition| {
        plan_with(
            definition,
            Some(&live()),
            Some(RUNS),
            DeploymentState::Succeeded,
            &PlanOptions::default(),
        )
        .expect_err("refused")
        .to_string()
    };
    assert_eq!(
        refused(json!({"launchType": "EC2", "schedulingStrategy": "DAEMON"})),
        "service web cannot be changed in place: launchType is \"FARGATE\", but \"EC2\" \
         is declared; schedulingStrategy is \"REPLICA\", but \"DAEMON\" is declared"
    );
    // In AWS's API, an empty strategy is how you return to the launch type, if you declare it.
    let mut service = live();
    service["launchType"] = Value::Null;
    service["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE"}]);
    let definition = json!({"launchType": "FARGATE", "capacityProviderStrategy": []});
    let back = plan_with(
        definition.clone(),
        Some(&service),
        Some(RUNS),
        DeploymentState::Succeeded,
        &PlanOptions::default(),
    )
    .expect("a plan");
    assert_eq!(
        sent(definition, &back),
        json!({"capacityProviderStrategy": [], "forceNewDeployment": true})
    );
}

#[test]
fn services_of_another_deployment_controller_are_refused() {
    let mut service = live();
    service["deploymentController"] = json!({"type": "CODE_DEPLOY"});
    let plan = |definition| {
        plan_with(
            definition,
            Some(&service),
            Some(NEXT),
            DeploymentState::Succeeded,
            &PlanOptions::default(),
        )
    };
    assert_eq!(
        plan(json!({})).map_err(|e| e.to_string()),
        Err("service web is deployed by CODE_DEPLOY, not by ECS".into())
    );
    assert!(
        plan(json!({"deploymentController": {"type": "ECS"}})).is_ok(),
        "a move to ECS"
    );
}

#[test]
fn a_creation_sends_what_was_declared_and_what_ecs_requires() {
    let declared = declare(
        json!({"memberOfTomorrow": {"x": [null]}, "launchType": "FARGATE",
        "volumeConfigurations": [], "events": [], "runningCount": 3}),
    );
    assert_eq!(
        create_body(&declared, NEXT, "token"),
        json!({"cluster": "prod", "serviceName": "web", "taskDefinition": NEXT,
            "memberOfTomorrow": {"x": [null]}, "launchType": "FARGATE",
            "volumeConfigurations": [], "desiredCount": 1, "clientToken": "token"})
    );
    let own = declare(json!({"desiredCount": 0, "clientToken": "mine"}));
    let body = create_body(&own, NEXT, "token");
    assert_eq!(
        (&body["desiredCount"], &body["clientToken"]),
        (&json!(0), &json!("mine"))
    );
    let daemon = declare(json!({"schedulingStrategy": "DAEMON"}));
    assert_eq!(create_body(&daemon, NEXT, "t").get("desiredCount"), None);
}

#[test]
fn tags_of_a_service_with_an_old_arn_are_skipped() {
    let definition = json!({"tags": [{"key": "team", "value": "ops"}]});
    let plan = |arn: &str| {
        let mut service = live();
        service["serviceArn"] = arn.into();
        let options = PlanOptions::default();
        let state = DeploymentState::Succeeded;
        plan_with(
            definition.clone(),
            Some(&service),
            Some(RUNS),
            state,
            &options,
        )
        .expect("a plan")
    };
    let old = plan("arn:aws:ecs:eu-central-1:123456789012:service/web");
    assert_eq!((old.tags.len(), old.skipped_tags.len()), (0, 1));
    assert_eq!(old.action, Action::Unchanged);
    let new = plan("arn:aws:ecs:eu-central-1:123456789012:service/prod/web");
    assert_eq!((new.tags.len(), new.skipped_tags.len()), (1, 0));
}
