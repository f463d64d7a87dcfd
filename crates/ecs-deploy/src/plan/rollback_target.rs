//! Where a rollback leads: to the last successful deployment, with its configuration. This is not
//! always the previous revision.

use ecs_model::DeploymentRef;
use ecs_model::{ServiceDeploymentBrief, ServiceDeploymentStatus};
use serde_json::{Map, Value};

/// Members that a service revision contains and UpdateService takes. Not `platformVersion`: a
/// revision contains what LATEST was at that time, and a rollback must not pin it.
const KEPT: [&str; 6] = [
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// Where a rollback may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackTarget {
    /// ARNs of service revisions, the most recent first.
    Revisions(Vec<String>),
    /// ECS has already rolled back: the last successful deployment is running.
    AlreadyBack,
}

/// Decides from the listed deployments, in any order, and the PRIMARY deployment.
pub fn rollback_target(
    listed: &[ServiceDeploymentBrief],
    primary: &DeploymentRef,
) -> RollbackTarget {
    let mut listed: Vec<&ServiceDeploymentBrief> = listed.iter().collect();
    listed.sort_by_key(|l| std::cmp::Reverse(l.created_at));
    let is_primary = |l: &ServiceDeploymentBrief| {
        let revision = l.target_service_revision_arn.as_deref();
        revision.is_some_and(|arn| primary.is_revision(arn))
    };
    let newest_is_primary = listed.first().is_none_or(|l| is_primary(l));
    let mut successes = listed
        .iter()
        .filter(|l| l.status == ServiceDeploymentStatus::Successful);
    if !newest_is_primary && successes.clone().next().is_some_and(|l| is_primary(l)) {
        return RollbackTarget::AlreadyBack;
    }
    RollbackTarget::Revisions(
        successes
            .by_ref()
            .filter(|l| !is_primary(l))
            .filter_map(|l| l.target_service_revision_arn.clone())
            .collect(),
    )
}

/// The configuration in a service revision, as a definition. The load balancers of a blue/green
/// deployment show where the traffic was, not what is configured, so they are not included.
pub fn definition(revision: &Value, service: &Value) -> Map<String, Value> {
    let strategy = service["deploymentConfiguration"]["strategy"].as_str();
    let is_rolling = matches!(strategy, None | Some("ROLLING"));
    KEPT.iter()
        .filter(|member| is_rolling || **member != "loadBalancers")
        .filter_map(|member| {
            let value = revision.get(*member)?;
            let is_empty = match value {
                Value::Null => true,
                Value::Array(elements) => elements.is_empty(),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            // An empty list that was not declared is never sent.
            (!is_empty).then(|| ((*member).to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ecs_model::DeploymentRef;
    use ecs_model::{ServiceDeploymentBrief, list_from_answer};
    use serde_json::{Value, json};

    use super::{RollbackTarget, definition, rollback_target};

    fn arn(n: u32) -> String {
        format!("arn:aws:ecs:r:1:service-revision/c/s/{n}")
    }

    fn listed(states: &[(u32, &str)]) -> Vec<ServiceDeploymentBrief> {
        let list: Vec<Value> = states
            .iter()
            .map(|(n, status)| {
                json!({"serviceDeploymentArn": format!("d{n}"), "createdAt": n,
                "targetServiceRevisionArn": arn(*n), "status": status})
            })
            .collect();
        list_from_answer(&json!({"l": list}), "l").expect("a list")
    }

    #[test]
    fn the_last_success_is_not_the_revision_before() {
        let (ok, bad, back) = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL");
        for (what, states, primary, expected) in [
            (
                "after a success",
                vec![(1, ok), (2, ok)],
                2,
                RollbackTarget::Revisions(vec![arn(1)]),
            ),
            (
                "past a failure",
                vec![(1, ok), (2, bad), (3, ok)],
                3,
                RollbackTarget::Revisions(vec![arn(1)]),
            ),
            (
                "out of a failure",
                vec![(1, ok), (2, ok), (3, bad)],
                3,
                RollbackTarget::Revisions(vec![arn(2), arn(1)]),
            ),
            (
                "ECS has done it",
                vec![(1, ok), (2, ok), (3, back)],
                2,
                RollbackTarget::AlreadyBack,
            ),
            (
                "nothing succeeded",
                vec![(1, "ROLLBACK_FAILED")],
                1,
                RollbackTarget::Revisions(vec![]),
            ),
            (
                "the first",
                vec![(1, ok)],
                1,
                RollbackTarget::Revisions(vec![]),
            ),
        ] {
            let primary = format!("ecs-svc/{primary}")
                .parse::<DeploymentRef>()
                .expect("a handle");
            assert_eq!(
                rollback_target(&listed(&states), &primary),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn a_revision_returns_its_configuration_without_empty_lists() {
        let revision = json!({"taskDefinition": "web:1", "platformVersion": "1.4.0",
            "networkConfiguration": {"a": 1}, "loadBalancers": [{"b": 1}], "volumeConfigurations": [],
            "serviceConnectConfiguration": {}});
        let definition = |strategy: &str| {
            let service = json!({"deploymentConfiguration": {"strategy": strategy}});
            Value::Object(definition(&revision, &service))
        };
        assert_eq!(
            definition("ROLLING"),
            json!({"networkConfiguration": {"a": 1}, "loadBalancers": [{"b": 1}]})
        );
        assert_eq!(
            definition("BLUE_GREEN"),
            json!({"networkConfiguration": {"a": 1}})
        );
    }
}
