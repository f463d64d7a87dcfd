//! The plan by tables: what differs, what is sent, what it starts.

use rollout::Handle;
use serde_json::{Value, json};

use super::last::{Last, Standing};
use super::live::{Declared, Live};
use super::members::{self, Effect, Way};
use super::service::{Action, Force, Refused, ServicePlan, Wishes, create_body, decide};

const RUNS: &str = "arn:aws:ecs:r:1:task-definition/web:41";
const NEXT: &str = "arn:aws:ecs:r:1:task-definition/web:42";

fn declared(definition: Value) -> Declared {
    let Value::Object(definition) = definition else {
        panic!("a definition is an object")
    };
    Declared {
        cluster: "prod".into(),
        service: "web".into(),
        definition,
    }
}

fn live() -> Value {
    json!({
        "serviceArn": "arn:aws:ecs:r:1:service/prod/web",
        "serviceName": "web", "status": "ACTIVE", "desiredCount": 6, "taskDefinition": RUNS,
        "launchType": "FARGATE", "platformVersion": "LATEST", "schedulingStrategy": "REPLICA",
        "loadBalancers": [{"targetGroupArn": "tg", "containerName": "app", "containerPort": 8080}],
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["a", "b"], "securityGroups": ["sg"], "assignPublicIp": "DISABLED"}},
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100,
            "strategy": "ROLLING", "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
        "healthCheckGracePeriodSeconds": 30, "propagateTags": "NONE",
        "tags": [{"key": "team", "value": "shop"}, {"key": "cost", "value": "7"}],
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": RUNS,
            "serviceConnectConfiguration": {"enabled": true, "namespace": "shop", "services": []}}],
    })
}

fn last(standing: Standing) -> Last {
    Last {
        standing,
        handle: Handle::default(),
        since: None,
    }
}

fn plan_with(
    definition: Value,
    live: Option<&Value>,
    runs: Option<&str>,
    standing: Standing,
    wishes: &Wishes,
) -> Result<ServicePlan, Refused> {
    let live = live.map(|service| Live {
        service,
        revision: None,
    });
    decide(
        &declared(definition),
        live,
        runs,
        Some(&last(standing)),
        wishes,
    )
}

/// The plan after a success, on the revision that runs.
fn plan(definition: Value) -> ServicePlan {
    let wishes = Wishes::default();
    plan_with(
        definition,
        Some(&live()),
        Some(RUNS),
        Standing::Succeeded,
        &wishes,
    )
    .expect("a plan")
}

/// The members of an update, without the two names.
fn sent(definition: Value, plan: &ServicePlan) -> Value {
    let mut body = plan.update_body(&declared(definition), RUNS);
    let members = body.as_object_mut().expect("an object");
    assert_eq!(members.remove("cluster"), Some(json!("prod")));
    assert_eq!(members.remove("service"), Some(json!("web")));
    body
}

#[test]
fn what_is_so_already_is_not_sent() {
    for definition in [
        json!({}),
        json!({"desiredCount": 2}),
        json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["b", "a"]}}}),
        json!({"loadBalancers": [{"targetGroupArn": "tg", "containerName": "app", "containerPort": 8080}]}),
        json!({"deploymentConfiguration": {"minimumHealthyPercent": 100}}),
        json!({"serviceConnectConfiguration": {"enabled": true, "namespace": "shop"}}),
        json!({"volumeConfigurations": []}),
        json!({"tags": [{"key": "team", "value": "shop"}]}),
        json!({"launchType": "FARGATE", "schedulingStrategy": "REPLICA", "platformVersion": "LATEST"}),
        json!({"memberOfTomorrow": {"a": [1]}}),
        json!({"monitoring": {"resolution": 20}}),
        json!({"serviceRegistries": null}),
    ] {
        let plan = plan(definition.clone());
        assert_eq!(plan.action, Action::Unchanged, "{definition}");
        assert!(!plan.updates() && plan.tags.is_empty(), "{definition}");
    }
}

#[test]
fn each_change_sends_exactly_its_members_and_says_whether_it_deploys() {
    for (definition, effect) in [
        (
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}),
            Effect::Starts,
        ),
        (json!({"platformVersion": "1.4.0"}), Effect::Starts),
        (json!({"loadBalancers": []}), Effect::Starts),
        (
            json!({"serviceRegistries": [{"registryArn": "r"}]}),
            Effect::Starts,
        ),
        (
            json!({"serviceConnectConfiguration": {"enabled": false}}),
            Effect::Starts,
        ),
        (
            json!({"volumeConfigurations": [{"name": "v"}]}),
            Effect::Starts,
        ),
        (
            json!({"vpcLatticeConfigurations": [{"portName": "p"}]}),
            Effect::Starts,
        ),
        (
            json!({"deploymentController": {"type": "EXTERNAL"}}),
            Effect::Unsaid,
        ),
        (
            json!({"deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}}),
            Effect::None,
        ),
        (
            json!({"availabilityZoneRebalancing": "ENABLED"}),
            Effect::None,
        ),
        (
            json!({"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}),
            Effect::None,
        ),
        (
            json!({"placementConstraints": [{"type": "distinctInstance"}]}),
            Effect::None,
        ),
        (
            json!({"placementStrategy": [{"type": "spread"}]}),
            Effect::None,
        ),
        (json!({"healthCheckGracePeriodSeconds": 60}), Effect::None),
        (json!({"enableECSManagedTags": true}), Effect::None),
        (json!({"propagateTags": "SERVICE"}), Effect::None),
        (json!({"enableExecuteCommand": true}), Effect::None),
    ] {
        let plan = plan(definition.clone());
        assert_eq!(
            (plan.action, plan.starts),
            (Action::Updated, effect),
            "{definition}"
        );
        assert_eq!(sent(definition.clone(), &plan), definition);
    }
}

#[test]
fn every_member_that_update_takes_is_in_one_of_the_tables() {
    for member in members::creatable() {
        if let Some(Way::Update(effect)) = members::way(member)
            && !members::only_in_revision(member)
            && member != "taskDefinition"
        {
            // A value of another type differs, is sent, and nothing else is.
            let definition = json!({member: "!"});
            let plan = plan(definition.clone());
            assert_eq!(plan.starts, effect, "{member}");
            assert_eq!(sent(definition.clone(), &plan), definition);
        }
    }
}

#[test]
fn what_nothing_shows_goes_along_with_a_change_and_is_never_its_reason() {
    let definition = json!({"memberOfTomorrow": [1, {"b": null}], "monitoring": {"x": 1},
        "healthCheckGracePeriodSeconds": 60, "events": [], "role": null});
    let plan = plan(definition.clone());
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(
        sent(definition, &plan),
        json!({"memberOfTomorrow": [1, {"b": null}], "monitoring": {"x": 1},
            "healthCheckGracePeriodSeconds": 60})
    );
}

#[test]
fn what_the_revision_shows_is_compared_with_it() {
    let service = live();
    let revision = json!({"monitoring": {"resolution": 20}});
    let live = Live {
        service: &service,
        revision: Some(&revision),
    };
    let changes = |resolution: u8| {
        let declared = declared(json!({"monitoring": {"resolution": resolution}}));
        live.changes(&declared, Some(RUNS)).len()
    };
    assert_eq!((changes(20), changes(60)), (0, 1));
}

#[test]
fn a_member_of_tomorrow_that_the_service_shows_is_compared() {
    let mut service = live();
    service["memberOfTomorrow"] = json!({"a": 1, "b": 2});
    let changes = |definition: Value| {
        let live = Live {
            service: &service,
            revision: None,
        };
        live.changes(&declared(definition), Some(RUNS)).len()
    };
    assert_eq!(changes(json!({"memberOfTomorrow": {"a": 1}})), 0);
    assert_eq!(changes(json!({"memberOfTomorrow": {"a": 2}})), 1);
}

#[test]
fn a_new_revision_is_the_change_that_deploys() {
    for runs in [Some(NEXT), None] {
        let wishes = Wishes::default();
        let plan = plan_with(json!({}), Some(&live()), runs, Standing::Succeeded, &wishes)
            .expect("a plan");
        assert_eq!(
            (plan.action, plan.starts),
            (Action::Updated, Effect::Starts)
        );
        let body = plan.update_body(&declared(json!({})), NEXT);
        assert_eq!(
            body,
            json!({"cluster": "prod", "service": "web", "taskDefinition": NEXT})
        );
    }
}

#[test]
fn the_desired_count_stays_unless_asked() {
    let definition = json!({"desiredCount": 2});
    let kept = plan(definition.clone());
    assert_eq!(kept.kept_count, Some((json!(6), json!(2))));
    let wishes = Wishes {
        update_desired_count: true,
        ..Wishes::default()
    };
    let plan = plan_with(
        definition.clone(),
        Some(&live()),
        Some(RUNS),
        Standing::Succeeded,
        &wishes,
    )
    .expect("a plan");
    assert_eq!((plan.action, plan.starts), (Action::Updated, Effect::None));
    assert_eq!(sent(definition.clone(), &plan), definition);
}

#[test]
fn tags_that_nobody_declared_stay() {
    let plan = plan(json!({"tags": [{"key": "team", "value": "ops"}, {"key": "new"}]}));
    assert_eq!(
        plan.tags,
        [
            json!({"key": "team", "value": "ops"}),
            json!({"key": "new"})
        ]
    );
    assert_eq!(plan.action, Action::Updated);
    assert!(!plan.updates(), "no UpdateService for tags");
}

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
        json!({"capacityProviderStrategy": []})
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
    let declared = declared(
        json!({"memberOfTomorrow": {"x": [null]}, "launchType": "FARGATE",
        "volumeConfigurations": [], "events": [], "runningCount": 3}),
    );
    assert_eq!(
        create_body(&declared, NEXT, "token"),
        json!({"cluster": "prod", "serviceName": "web", "taskDefinition": NEXT,
            "memberOfTomorrow": {"x": [null]}, "launchType": "FARGATE",
            "volumeConfigurations": [], "desiredCount": 1, "clientToken": "token"})
    );
    let own = super::tests::declared(json!({"desiredCount": 0, "clientToken": "mine"}));
    let body = create_body(&own, NEXT, "token");
    assert_eq!(
        (&body["desiredCount"], &body["clientToken"]),
        (&json!(0), &json!("mine"))
    );
    let daemon = super::tests::declared(json!({"schedulingStrategy": "DAEMON"}));
    assert_eq!(create_body(&daemon, NEXT, "t").get("desiredCount"), None);
}
