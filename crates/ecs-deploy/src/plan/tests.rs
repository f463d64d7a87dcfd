//! The plan by tables: what differs, what is sent, what it starts.

use ecs_model::DeploymentRef;
use serde_json::{Value, json};

use super::declaration::ServiceDeclaration;
use super::last_deployment::{Last, Standing};
use super::live::Live;
use super::members::{self, Effect, Way};
use super::service::{Action, Refused, ServicePlan, Wishes, decide};

pub(super) const RUNS: &str = "arn:aws:ecs:r:1:task-definition/web:41";
pub(super) const NEXT: &str = "arn:aws:ecs:r:1:task-definition/web:42";

pub(super) fn declared(definition: Value) -> ServiceDeclaration {
    let Value::Object(definition) = definition else {
        panic!("a definition is an object")
    };
    ServiceDeclaration {
        cluster: "prod".into(),
        service: "web".into(),
        definition,
    }
}

pub(super) fn live() -> Value {
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
        handle: DeploymentRef::default(),
        since: None,
    }
}

pub(super) fn plan_with(
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
pub(super) fn sent(definition: Value, plan: &ServicePlan) -> Value {
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
fn another_capacity_provider_strategy_is_sent_with_a_forced_deployment() {
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
    let definition = json!({"capacityProviderStrategy": strategy});
    let plan = plan(definition.clone());
    assert_eq!(
        (plan.action, plan.starts),
        (Action::Updated, Effect::Starts)
    );
    assert_eq!(
        sent(definition, &plan),
        json!({"capacityProviderStrategy": strategy, "forceNewDeployment": true})
    );
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
            let mut sent = sent(definition.clone(), &plan);
            if member == "capacityProviderStrategy" {
                sent.as_object_mut()
                    .expect("an object")
                    .remove("forceNewDeployment");
            }
            assert_eq!(sent, definition);
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
