//! The action by tables: a rerun, a deployment in progress, what is refused, what is created.

use serde_json::{Value, json};

use super::last_deployment::Standing;
use super::service::{Action, Force, Wishes, create_body};
use super::tests::{NEXT, RUNS, declared as declare, live, plan_with, sent};

#[test]
fn a_rerun_heals() {
    let wishes = Wishes::default();
    let failed = Standing::Failed("STOPPED".into());
    let going = Standing::GoingBack("ROLLBACK_IN_PROGRESS".into());
    for (standing, action, force) in [
        (Standing::Succeeded, Action::Unchanged, None),
        (Standing::Running, Action::Joined, None),
        (
            failed.clone(),
            Action::Forced,
            Some(Force::LastFailed("STOPPED".into())),
        ),
        (
            going,
            Action::Forced,
            Some(Force::LastFailed("ROLLBACK_IN_PROGRESS".into())),
        ),
    ] {
        let plan = plan_with(
            json!({}),
            Some(&live()),
            Some(RUNS),
            standing.clone(),
            &wishes,
        )
        .expect("a plan");
        assert_eq!((plan.action, &plan.force), (action, &force), "{standing:?}");
        assert_eq!(plan.updates(), force.is_some());
    }
    // With a change that deploys anyway, nothing is forced; with one that does not, it is.
    let plan = plan_with(
        json!({}),
        Some(&live()),
        Some(NEXT),
        failed.clone(),
        &wishes,
    )
    .expect("a plan");
    assert_eq!((plan.action, plan.force), (Action::Updated, None));
    let definition = json!({"healthCheckGracePeriodSeconds": 60});
    let plan = plan_with(
        definition.clone(),
        Some(&live()),
        Some(RUNS),
        failed,
        &wishes,
    )
    .expect("a plan");
    assert_eq!(plan.action, Action::Forced);
    assert_eq!(
        sent(definition, &plan),
        json!({"healthCheckGracePeriodSeconds": 60, "forceNewDeployment": true})
    );
}

#[test]
fn an_image_that_moved_under_its_tag_deploys_anew() {
    let wishes = Wishes {
        moved_images: vec!["repo:latest".into()],
        ..Wishes::default()
    };
    let plan = |standing| {
        plan_with(json!({}), Some(&live()), Some(RUNS), standing, &wishes).expect("a plan")
    };
    assert_eq!(plan(Standing::Succeeded).action, Action::Forced);
    assert_eq!(plan(Standing::Running).action, Action::Joined);
}

#[test]
fn a_deployment_in_progress_is_named_only_where_it_is_replaced() {
    let wishes = Wishes::default();
    let competing = |definition, runs, standing| {
        plan_with(definition, Some(&live()), Some(runs), standing, &wishes)
            .expect("a plan")
            .competing
    };
    let running = || Standing::Running;
    assert!(competing(json!({}), NEXT, running()).is_some());
    assert!(competing(json!({}), RUNS, running()).is_none());
    assert!(competing(json!({"healthCheckGracePeriodSeconds": 1}), RUNS, running()).is_none());
    assert!(competing(json!({}), NEXT, Standing::Succeeded).is_none());
    assert!(
        competing(
            json!({}),
            RUNS,
            Standing::GoingBack("STOP_REQUESTED".into())
        )
        .is_some()
    );
}

#[test]
fn a_service_that_is_gone_is_created_and_one_that_is_going_refused() {
    let with_status = |status: &str| {
        let mut service = live();
        service["status"] = status.into();
        plan_with(
            json!({}),
            Some(&service),
            Some(RUNS),
            Standing::Succeeded,
            &Wishes::default(),
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
        Standing::Succeeded,
        &Wishes::default(),
    );
    assert_eq!(none.map(|p| p.action), Ok(Action::Created));
}

#[test]
fn what_cannot_be_changed_in_place_is_refused_by_name() {
    let refused = |definition| {
        plan_with(
            definition,
            Some(&live()),
            Some(RUNS),
            Standing::Succeeded,
            &Wishes::default(),
        )
        .expect_err("refused")
        .to_string()
    };
    assert_eq!(
        refused(json!({"launchType": "EC2", "schedulingStrategy": "DAEMON"})),
        "service web cannot be changed in place: launchType is \"FARGATE\", declared is \"EC2\"; \
         schedulingStrategy is \"REPLICA\", declared is \"DAEMON\""
    );
    // AWS's own way back to the launch type is an empty strategy, where somebody wrote it.
    let mut service = live();
    service["launchType"] = Value::Null;
    service["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE"}]);
    let definition = json!({"launchType": "FARGATE", "capacityProviderStrategy": []});
    let back = plan_with(
        definition.clone(),
        Some(&service),
        Some(RUNS),
        Standing::Succeeded,
        &Wishes::default(),
    )
    .expect("a plan");
    assert_eq!(
        sent(definition, &back),
        json!({"capacityProviderStrategy": [], "forceNewDeployment": true})
    );
}

#[test]
fn deployments_that_belong_to_someone_else_are_refused() {
    let mut service = live();
    service["deploymentController"] = json!({"type": "CODE_DEPLOY"});
    let plan = |definition| {
        plan_with(
            definition,
            Some(&service),
            Some(NEXT),
            Standing::Succeeded,
            &Wishes::default(),
        )
    };
    assert_eq!(
        plan(json!({})).map_err(|e| e.to_string()),
        Err("deployments of service web belong to CODE_DEPLOY, not to ECS".into())
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
