//! Service deployments and revisions: list, describe, stop, continue.

use serde_json::{Value, json};

use super::lookup::{cluster_of, page, service_of, strings, text};
use super::state::{Service, ServiceDeployment, State};
use super::{rollback, validate, view};
use crate::wire::ApiError;
use crate::world::World;

pub(crate) fn list(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let cluster = cluster_of(world, body)?;
    let arn = service_of(world, &cluster, text(body, "service").unwrap_or(""))?;
    let statuses = strings(body, "status");
    let after = body["createdAt"]["after"].as_f64();
    let before = body["createdAt"]["before"].as_f64();
    let youngest = world.now - world.ecs.settings.listed_after;
    let past = super::history::seen(world);
    let state = past.as_deref().unwrap_or(&world.ecs);
    let briefs = state
        .service(&arn)
        .map(|service| {
            service
                .service_deployments
                .iter()
                .filter(|deployment| {
                    let created = crate::clock::epoch_seconds(deployment.created_at);
                    deployment.created_at <= youngest
                        && (statuses.is_empty() || statuses.contains(&deployment.status))
                        && after.is_none_or(|after| created >= after)
                        && before.is_none_or(|before| created <= before)
                })
                .map(|deployment| view::brief(service, deployment))
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    page(body, briefs, "serviceDeployments", 20, 100)
}

pub(crate) fn describe(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let arns = few(body, "serviceDeploymentArns")?;
    let past = super::history::seen(world);
    let state = past.as_deref().unwrap_or(&world.ecs);
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for arn in arns {
        match named(state, arn) {
            Some((service, deployment)) => {
                found.push(view::service_deployment(state, service, deployment));
            }
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({"serviceDeployments": found, "failures": failures}))
}

pub(crate) fn describe_revisions(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let arns = few(body, "serviceRevisionArns")?;
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for arn in arns {
        let number = arn.rsplit('/').next().and_then(|n| n.parse::<u64>().ok());
        let revision = world.ecs.services.iter().find_map(|service| {
            let revision = service.revision(number?)?;
            let own = service.arn_of("service-revision", &revision.number.to_string());
            (own == arn).then_some((service, revision))
        });
        match revision {
            Some((service, revision)) => found.push(view::revision(world, service, revision)),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({"serviceRevisions": found, "failures": failures}))
}

/// The ARNs of a Describe call: one to twenty.
fn few<'v>(body: &'v Value, name: &str) -> Result<Vec<&'v str>, ApiError> {
    let arns = strings(body, name);
    match arns.len() {
        1..=20 => Ok(arns),
        _ => Err(validate::parameter(&format!(
            "{name} must have between 1 and 20 members."
        ))),
    }
}

fn named<'s>(state: &'s State, arn: &str) -> Option<(&'s Service, &'s ServiceDeployment)> {
    state.services.iter().find_map(|service| {
        let deployment = service
            .service_deployments
            .iter()
            .find(|d| service.arn_of("service-deployment", &d.id) == arn)?;
        Some((service, deployment))
    })
}

fn not_found() -> ApiError {
    ApiError::new(
        "ServiceDeploymentNotFoundException",
        "Service deployment not found.",
    )
}

/// StopServiceDeployment: rolls back from every state that is not final.
pub(crate) fn stop(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let arn = text(body, "serviceDeploymentArn").unwrap_or("");
    let (service, deployment) = named(&world.ecs, arn).ok_or_else(not_found)?;
    let (owner, number) = (service.arn.clone(), deployment.number);
    if deployment.finished() {
        return Err(ApiError::new(
            "ConflictException",
            "The service deployment is already in a terminal state and cannot be stopped.",
        ));
    }
    let under_way = matches!(
        deployment.status,
        "STOP_REQUESTED" | "ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS"
    );
    match text(body, "stopType") {
        _ if under_way => {}
        None | Some("ROLLBACK") => {
            let over = super::deploy::rollback_time(world, &owner, number);
            let reason = "Service deployment rolled back because of a user request.";
            rollback::request(world, &owner, number, reason, over);
        }
        Some("ABORT") => rollback::stop(world, &owner, number, None),
        Some(other) => {
            return Err(validate::parameter(&format!("Invalid stopType: {other}")));
        }
    }
    Ok(json!({"serviceDeploymentArn": arn}))
}

/// ContinueServiceDeployment: a paused deployment continues, or rolls back.
pub(crate) fn go_on(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let arn = text(body, "serviceDeploymentArn").unwrap_or("");
    let hook = text(body, "hookId").unwrap_or("");
    let (service, deployment) = named(&world.ecs, arn).ok_or_else(not_found)?;
    let (owner, number) = (service.arn.clone(), deployment.number);
    if deployment.finished() {
        return Err(validate::parameter(
            "Continuing a service deployment is not allowed for service deployment in terminal \
             states.",
        ));
    }
    if !hook.starts_with("ecs-") {
        return Err(validate::parameter(
            "Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}",
        ));
    }
    let waiting = deployment
        .hooks
        .iter()
        .any(|known| known["hookId"] == hook && known["status"] == "AWAITING_ACTION");
    if !waiting {
        return Err(validate::parameter(
            "Provided hookId is either completed, unavailable, or not associated with the given \
             Resource ARN",
        ));
    }
    match text(body, "action") {
        None | Some("CONTINUE") => rollback::resume(world, &owner, number, "SUCCEEDED"),
        Some("ROLLBACK") => {
            let over = super::deploy::rollback_time(world, &owner, number);
            let reason = "Service deployment rolled back because of a user request.";
            rollback::request(world, &owner, number, reason, over);
        }
        Some(other) => return Err(validate::parameter(&format!("Invalid action: {other}"))),
    }
    Ok(json!({"serviceDeploymentArn": arn}))
}
