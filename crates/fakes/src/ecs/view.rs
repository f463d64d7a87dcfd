//! Writes the state of ECS in the shapes of its responses.

use serde_json::{Map, Value, json};

use super::state::{Deployment, Revision, Service, ServiceDeployment, State};
use super::{deploy, rollback};
use crate::clock::epoch_seconds;
use crate::world::World;

/// The service's deployment configuration with AWS's defaults.
pub(crate) fn deployment_configuration(service: &Service) -> Value {
    let mut configuration = json!({
        "deploymentCircuitBreaker": {"enable": false, "rollback": false},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    });
    let declared = service.config.get("deploymentConfiguration");
    if let (Some(all), Some(declared)) = (
        configuration.as_object_mut(),
        declared.and_then(Value::as_object),
    ) {
        all.extend(declared.clone());
    }
    configuration
}

/// A service, as in the response to a write or (`described`) to DescribeServices.
pub(crate) fn service(world: &World, state: &State, service: &Service, described: bool) -> Value {
    let config = &service.config;
    let or = |name: &str, default: Value| config.get(name).cloned().unwrap_or(default);
    let (running, pending) = service
        .deployments
        .iter()
        .map(|deployment| state.counts(&service.arn, deployment.number))
        .fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
    let mut view = json!({
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn(),
        "loadBalancers": or("loadBalancers", json!([])),
        "serviceRegistries": or("serviceRegistries", json!([])),
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": running,
        "pendingCount": pending,
        "platformVersion": or("platformVersion", json!("LATEST")),
        "platformFamily": "Linux",
        "taskDefinition": service.task_definition,
        "deploymentConfiguration": deployment_configuration(service),
        "deployments": service.deployments.iter().enumerate()
            .map(|(index, deployment)| classic(state, service, deployment, index == 0))
            .collect::<Vec<_>>(),
        "roleArn": format!(
            "arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            world.account
        ),
        "events": service.events.iter().map(|event| json!({
            "id": event.id,
            "createdAt": epoch_seconds(event.at),
            "message": event.message,
        })).collect::<Vec<_>>(),
        "createdAt": epoch_seconds(service.created_at),
        "currentServiceRevisions": service.deployments.iter().map(|deployment| {
            let (running, pending) = state.counts(&service.arn, deployment.number);
            json!({
                "arn": service.arn_of("service-revision", &deployment.number.to_string()),
                "requestedTaskCount": deployment.desired,
                "runningTaskCount": running,
                "pendingTaskCount": pending,
            })
        }).collect::<Vec<_>>(),
        "placementConstraints": or("placementConstraints", json!([])),
        "placementStrategy": or("placementStrategy", json!([])),
        "schedulingStrategy": or("schedulingStrategy", json!("REPLICA")),
        "deploymentController": or("deploymentController", json!({"type": "ECS"})),
        "createdBy": service.created_by,
        "enableECSManagedTags": or("enableECSManagedTags", json!(false)),
        "propagateTags": or("propagateTags", json!("NONE")),
        "enableExecuteCommand": or("enableExecuteCommand", json!(false)),
        "availabilityZoneRebalancing": or("availabilityZoneRebalancing", json!("ENABLED")),
        "resourceManagementType": "CUSTOMER",
    });
    compute(&mut view, config);
    if let Some(network) = config.get("networkConfiguration") {
        view["networkConfiguration"] = network.clone();
    }
    if !service.load_balancers().is_empty() || config.contains_key("healthCheckGracePeriodSeconds")
    {
        view["healthCheckGracePeriodSeconds"] = or("healthCheckGracePeriodSeconds", json!(0));
    }
    // AWS documents "may return an outdated value": it shows the old one until the new one has started.
    let current = service
        .service_deployments
        .iter()
        .find(|deployment| deployment.started_at.is_some());
    if let (true, Some(current)) = (described, current) {
        view["currentServiceDeployment"] = json!(service.arn_of("service-deployment", &current.id));
    }
    view
}

/// The launch type, or the capacity provider strategy if there is one.
fn compute(view: &mut Value, config: &Map<String, Value>) {
    match config.get("capacityProviderStrategy") {
        Some(strategy) => view["capacityProviderStrategy"] = with_defaults(strategy),
        None => {
            view["launchType"] = config
                .get("launchType")
                .cloned()
                .unwrap_or_else(|| json!("EC2"));
        }
    }
}

fn with_defaults(strategy: &Value) -> Value {
    let items = strategy.as_array().into_iter().flatten();
    items
        .map(|item| {
            json!({
                "capacityProvider": item["capacityProvider"],
                "weight": item.get("weight").cloned().unwrap_or_else(|| json!(0)),
                "base": item.get("base").cloned().unwrap_or_else(|| json!(0)),
            })
        })
        .collect()
}

fn classic(state: &State, service: &Service, deployment: &Deployment, primary: bool) -> Value {
    let (running, pending) = state.counts(&service.arn, deployment.number);
    let mut view = json!({
        "id": format!("ecs-svc/{}", deployment.number),
        "status": if primary { "PRIMARY" } else { "ACTIVE" },
        "taskDefinition": deployment.task_definition,
        "desiredCount": deployment.desired,
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": deployment.failed,
        "createdAt": epoch_seconds(deployment.created_at),
        "updatedAt": epoch_seconds(deployment.updated_at),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_reason,
    });
    compute(&mut view, &deployment.config);
    for name in [
        "networkConfiguration",
        "serviceConnectConfiguration",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
    ] {
        if let Some(value) = deployment.config.get(name) {
            view[name] = value.clone();
        }
    }
    view
}

/// A service deployment, as in DescribeServiceDeployments.
pub(crate) fn service_deployment(
    state: &State,
    service: &Service,
    deployment: &ServiceDeployment,
) -> Value {
    let summary = |number: u64, target: bool| {
        let (running, pending) = state.counts(&service.arn, number);
        let requested = service
            .deployments
            .iter()
            .find(|d| d.number == number)
            .map_or(0, |d| d.desired);
        let (requested, running, pending) = match deployment.final_counts {
            Some(counts) if target => counts,
            _ => (requested, running, pending),
        };
        let mut view = json!({
            "arn": service.arn_of("service-revision", &number.to_string()),
            "requestedTaskCount": requested,
            "runningTaskCount": running,
            "pendingTaskCount": pending,
        });
        if let Some((production, test)) = deployment.weights {
            let share = |on_target: f64| if target { on_target } else { 100.0 - on_target };
            view["requestedProductionTrafficWeight"] = json!(share(production));
            view["requestedTestTrafficWeight"] = json!(share(test));
        }
        view
    };
    let mut view = json!({
        "serviceDeploymentArn": service.arn_of("service-deployment", &deployment.id),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn(),
        "createdAt": epoch_seconds(deployment.created_at),
        "updatedAt": epoch_seconds(deployment.updated_at),
        "sourceServiceRevisions": deployment.sources.iter()
            .map(|source| summary(*source, false)).collect::<Vec<_>>(),
        "targetServiceRevision": summary(deployment.number, true),
        "status": deployment.status,
        "deploymentConfiguration": deployment.config,
    });
    for (name, at) in [
        ("startedAt", deployment.started_at),
        ("finishedAt", deployment.finished_at),
        ("stoppedAt", deployment.stopped_at),
    ] {
        if let Some(at) = at {
            view[name] = json!(epoch_seconds(at));
        }
    }
    if let Some(reason) = &deployment.reason {
        view["statusReason"] = json!(reason);
    }
    if let Some(stage) = &deployment.stage {
        view["lifecycleStage"] = json!(stage);
    }
    if !deployment.hooks.is_empty() {
        view["lifecycleHookDetails"] = json!(deployment.hooks);
    }
    if let Some(rollback) = &deployment.rollback {
        view["rollback"] = json!({
            "reason": rollback.reason,
            "startedAt": epoch_seconds(rollback.started_at),
            "serviceRevisionArn": service.arn_of("service-revision", &rollback.to.to_string()),
        });
    }
    if deployment.started_at.is_some() {
        view["deploymentCircuitBreaker"] = rollback::breaker_view(service, deployment);
        view["alarms"] = alarms(deployment);
    }
    view
}

fn alarms(deployment: &ServiceDeployment) -> Value {
    let alarms = &deployment.config["alarms"];
    if alarms["enable"] != true {
        return json!({"status": "DISABLED"});
    }
    let status = match (
        deployment.alarms_triggered.is_empty(),
        deployment.finished(),
    ) {
        (false, _) => "TRIGGERED",
        (true, true) => "MONITORING_COMPLETE",
        (true, false) => "MONITORING",
    };
    json!({
        "status": status,
        "alarmNames": alarms["alarmNames"],
        "triggeredAlarmNames": deployment.alarms_triggered,
    })
}

/// The brief form of ListServiceDeployments.
pub(crate) fn brief(service: &Service, deployment: &ServiceDeployment) -> Value {
    let mut view = json!({
        "serviceDeploymentArn": service.arn_of("service-deployment", &deployment.id),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn(),
        "createdAt": epoch_seconds(deployment.created_at),
        "targetServiceRevisionArn":
            service.arn_of("service-revision", &deployment.number.to_string()),
        "status": deployment.status,
    });
    if let Some(at) = deployment.started_at {
        view["startedAt"] = json!(epoch_seconds(at));
    }
    if let Some(at) = deployment.finished_at {
        view["finishedAt"] = json!(epoch_seconds(at));
    }
    if let Some(reason) = &deployment.reason {
        view["statusReason"] = json!(reason);
    }
    view
}

/// A service revision.
pub(crate) fn revision(world: &World, service: &Service, revision: &Revision) -> Value {
    let mut view = json!({
        "serviceRevisionArn": service.arn_of("service-revision", &revision.number.to_string()),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn(),
        "taskDefinition": revision.task_definition,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "containerImages": revision.images,
        "guardDutyEnabled": false,
        "createdAt": epoch_seconds(revision.created_at),
    });
    compute(&mut view, &revision.config);
    for name in [
        "loadBalancers",
        "serviceRegistries",
        "networkConfiguration",
        "serviceConnectConfiguration",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
    ] {
        if let Some(value) = revision.config.get(name) {
            view[name] = value.clone();
        }
    }
    let groups = deploy::target_groups(world, &service.arn, revision.number);
    if !groups.is_empty() {
        let balancers: Vec<Value> = groups
            .iter()
            .map(|group| {
                let mut balancer = json!({"targetGroupArn": group.arn});
                if let Some(rule) = &group.rule {
                    balancer["productionListenerRule"] = json!(rule);
                }
                balancer
            })
            .collect();
        view["resolvedConfiguration"] = json!({"loadBalancers": balancers});
    }
    view
}
