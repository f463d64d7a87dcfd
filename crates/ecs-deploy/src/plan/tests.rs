//! Tables of plans: which members differ, what is sent, and whether it starts a deployment.

use ecs_model::DeploymentRef;
use serde_json::{Value, json};

use super::declaration::ServiceDeclaration;
use super::last_deployment::{DeploymentState, LastDeployment};
use super::live::LiveService;
use super::members::{self, DeploymentEffect, UpdatePath};
use super::service::{Action, PlanError, PlanOptions, ServicePlan, decide};

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

fn last(state: DeploymentState) -> LastDeployment {
    LastDeployment {
        state,
        deployment: DeploymentRef::default(),
        since: None,
    }
}

pub(super) fn plan_with(
    definition: Value,
    live: Option<&Value>,
    runs: Option<&str>,
    state: DeploymentState,
    options: &PlanOptions,
) -> Result<ServicePlan, PlanError> {
    let live = live.map(|service| LiveService {
        service,
        revision: None,
    });
    decide(
        &declared(definition),
        live,
        runs,
        Some(&last(state)),
        options,
    )
}

/// The plan after a successful deployment, for the running revision.
fn plan(definition: Value) -> ServicePlan {
    let options = PlanOptions::default();
    plan_with(
        definition,
        Some(&live()),
        Some(RUNS),
        DeploymentState::Succeeded,
        &options,
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
fn matching_members_are_not_sent() {
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
fn each_change_sends_exactly_its_members_and_has_its_effect() {
    for (definition, effect) in [
        (
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}),
            DeploymentEffect::Starts,
        ),
        (
            json!({"platformVersion": "1.4.0"}),
            DeploymentEffect::Starts,
        ),
        (json!({"loadBalancers": []}), DeploymentEffect::Starts),
        (
            json!({"serviceRegistries": [{"registryArn": "r"}]}),
            DeploymentEffect::Starts,
        ),
        (
            json!({"serviceConnectConfiguration": {"enabled": false}}),
            DeploymentEffect::Starts,
        ),
        (
            json!({"volumeConfigurations": [{"name": "v"}]}),
            DeploymentEffect::Starts,
        ),
        (
            json!({"vpcLatticeConfigurations": [{"portName": "p"}]}),
            DeploymentEffect::Starts,
        ),
        (
            json!({"deploymentController": {"type": "EXTERNAL"}}),
            DeploymentEffect::Undocumented,
        ),
        (
            json!({"deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}}),
            DeploymentEffect::None,
        ),
        (
            json!({"availabilityZoneRebalancing": "ENABLED"}),
            DeploymentEffect::None,
        ),
        (
            json!({"placementConstraints": [{"type": "distinctInstance"}]}),
            DeploymentEffect::None,
        ),
        (
            json!({"placementStrategy": [{"type": "spread"}]}),
            DeploymentEffect::None,
        ),
        (
            json!({"healthCheckGracePeriodSeconds": 60}),
            DeploymentEffect::None,
        ),
        (
            json!({"enableECSManagedTags": true}),
            DeploymentEffect::None,
        ),
        (json!({"propagateTags": "SERVICE"}), DeploymentEffect::None),
        (
            json!({"enableExecuteCommand": true}),
            DeploymentEffect::None,
        ),
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
        (Action::Updated, DeploymentEffect::Starts)
    );
    assert_eq!(
        sent(definition, &plan),
        json!({"capacityProviderStrategy": strategy, "forceNewDeployment": true})
    );
}

#[test]
fn every_member_that_update_takes_is_in_one_of_the_tables() {
    for member in members::creatable() {
        if let Some(UpdatePath::Update(effect)) = members::update_path(member)
            && !members::only_in_revision(member)
            && member != "taskDefinition"
        {
            // A value of another type always differs; it is sent and nothing else is.
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
fn members_that_no_response_shows_are_sent_along_but_cause_no_change() {
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
    let live = LiveService {
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
        let live = LiveService {
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
        let options = PlanOptions::default();
        let plan = plan_with(
            json!({}),
            Some(&live()),
            runs,
            DeploymentState::Succeeded,
            &options,
        )
        .expect("a plan");
        assert_eq!(
            (plan.action, plan.starts),
            (Action::Updated, DeploymentEffect::Starts)
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
    let options = PlanOptions {
        update_desired_count: true,
        ..PlanOptions::default()
    };
    let plan = plan_with(
        definition.clone(),
        Some(&live()),
        Some(RUNS),
        DeploymentState::Succeeded,
        &options,
    )
    .expect("a plan");
    assert_eq!(
        (plan.action, plan.starts),
        (Action::Updated, DeploymentEffect::None)
    );
    assert_eq!(sent(definition.clone(), &plan), definition);
}

#[test]
fn undeclared_tags_stay() {
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
