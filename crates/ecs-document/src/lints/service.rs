//! Members of a service definition that exclude each other, or that Fargate does not support.
//! Sources: `CreateService`, `CapacityProviderStrategyItem` and `DeploymentConfiguration` in AWS's
//! API reference.
//!
//! A definition may declare only a part of an existing service, so nothing here requires a member.
//! For the same reason, `launchType` beside `capacityProviderStrategy` has no lint: UpdateService
//! accepts a strategy for a service that was created with a launch type.

use serde_json::Value;

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use super::fargate::is_given;
use super::names::wrong_name;

pub(super) fn check(context: &mut LintContext<'_>) {
    let definition = context.definition;
    if let Some(name) = text(definition, "serviceName")
        && let Some(wrong) = wrong_name(name)
    {
        let message = format!("serviceName {name:?} {wrong}");
        context.report(LintCode::InvalidName, "/serviceName", message);
    }
    let strategy = elements(definition, "capacityProviderStrategy");
    capacity(context, strategy);
    if context.is_fargate {
        if text(definition, "schedulingStrategy") == Some("DAEMON") {
            let message = "Fargate does not support the schedulingStrategy DAEMON";
            context.report(LintCode::FargateUnsupported, "/schedulingStrategy", message);
        }
        for member in ["placementConstraints", "placementStrategy"] {
            if is_given(&definition[member]) {
                let message = format!("the service uses {member}, which Fargate does not support");
                let at = format!("/{member}");
                context.report_name(LintCode::FargateUnsupported, at, message);
            }
        }
    }
    deployment(context, &definition["deploymentConfiguration"]);
    load_balancers(context);
}

fn capacity(context: &mut LintContext<'_>, strategy: &[Value]) {
    let number = |item: &Value, member: &str| item[member].as_i64().unwrap_or(0);
    if strategy.len() > 1 && strategy.iter().all(|item| number(item, "weight") == 0) {
        let message = "no capacity provider has a weight, so ECS cannot place tasks";
        context.report_name(
            LintCode::ServiceConflict,
            "/capacityProviderStrategy",
            message,
        );
    }
    let with_base: Vec<usize> = (0..strategy.len())
        .filter(|index| number(&strategy[*index], "base") > 0)
        .collect();
    if let [_, second, ..] = with_base.as_slice() {
        let at = format!("/capacityProviderStrategy/{second}/base");
        let message = "only one capacity provider can have a base";
        context.report(LintCode::ServiceConflict, at, message);
    }
}

fn deployment(context: &mut LintContext<'_>, configuration: &Value) {
    let least = configuration["minimumHealthyPercent"].as_i64();
    let most = configuration["maximumPercent"].as_i64();
    if let (Some(least), Some(most)) = (least, most)
        && most <= 100
        && least >= most
    {
        let message = format!(
            "minimumHealthyPercent {least} and maximumPercent {most} leave no room to replace a task"
        );
        let at = "/deploymentConfiguration/minimumHealthyPercent";
        context.report(LintCode::ServiceConflict, at, message);
    }
}

fn load_balancers(context: &mut LintContext<'_>) {
    for (index, balancer) in elements(context.definition, "loadBalancers")
        .iter()
        .enumerate()
    {
        let both = is_given(&balancer["targetGroupArn"]) && is_given(&balancer["loadBalancerName"]);
        if both {
            let message = "targetGroupArn and loadBalancerName exclude each other";
            let at = format!("/loadBalancers/{index}/loadBalancerName");
            context.report_name(LintCode::ServiceConflict, at, message);
        }
    }
}
