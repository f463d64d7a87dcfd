//! The state of a service's last deployment. If nothing has to change, it decides what a re-run
//! does.
//!
//! The newest listed service deployment decides. If the list is older than the last write, the
//! PRIMARY deployment decides; if service deployments cannot be read, `rolloutState` does.

use ecs_model::DeploymentRef;
use ecs_model::{
    Deployment, RolloutState, Service, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use jiff::Timestamp;

/// The state of the last deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentState {
    Succeeded,
    Running,
    /// Being stopped or rolled back, with AWS's status: what was declared will not stay.
    GoingBack(String),
    /// Ended without success, with AWS's status.
    Failed(String),
}

/// The last deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDeployment {
    pub state: DeploymentState,
    pub deployment: DeploymentRef,
    pub since: Option<Timestamp>,
}

impl LastDeployment {
    /// Whether a new deployment would replace it.
    pub fn is_active(&self) -> bool {
        matches!(
            self.state,
            DeploymentState::Running | DeploymentState::GoingBack(_)
        )
    }
}

/// Determines the last deployment from a service and its listed deployments, in any order. `None`
/// if the service has no deployment at all.
pub fn last_deployment(
    service: &Service,
    listed: &[ServiceDeploymentBrief],
) -> Option<LastDeployment> {
    let newest = listed.iter().max_by_key(|listed| listed.created_at);
    let primary = service.primary();
    match (newest, primary) {
        (None, None) => None,
        (None, Some(primary)) => Some(of_primary(service, primary)),
        (Some(newest), None) => Some(of_listed(newest, service)),
        (Some(newest), Some(primary)) => {
            let deployment = ref_of(primary);
            let is_listed = listed
                .iter()
                .filter_map(|l| l.target_service_revision_arn.as_deref())
                .any(|arn| deployment.is_revision(arn));
            // If the PRIMARY deployment is newer than the whole list and not in it, the list is
            // stale. After a rollback the PRIMARY deployment is new again, but it has long been
            // listed.
            let lags = !is_listed && newest.created_at < primary.created_at;
            Some(if lags {
                of_primary(service, primary)
            } else {
                of_listed(newest, service)
            })
        }
    }
}

fn ref_of(primary: &Deployment) -> DeploymentRef {
    DeploymentRef {
        ecs_svc_id: Some(primary.id.clone()),
        task_definition_arn: primary.task_definition.clone(),
        created_at: primary.created_at,
        ..DeploymentRef::default()
    }
}

fn of_primary(service: &Service, primary: &Deployment) -> LastDeployment {
    let state = match primary.rollout_state {
        Some(RolloutState::Completed) => DeploymentState::Succeeded,
        Some(RolloutState::Failed) => DeploymentState::Failed("FAILED".to_owned()),
        Some(RolloutState::InProgress | RolloutState::Other) => DeploymentState::Running,
        // Blue/green deployments and old responses have no state; being alone and complete is the
        // only evidence.
        None if service.deployments.len() == 1
            && primary.desired_count > Some(0)
            && primary.running_count == primary.desired_count =>
        {
            DeploymentState::Succeeded
        }
        None => DeploymentState::Running,
    };
    LastDeployment {
        state,
        since: primary.created_at,
        deployment: ref_of(primary),
    }
}

fn of_listed(newest: &ServiceDeploymentBrief, service: &Service) -> LastDeployment {
    let state = match &newest.status {
        ServiceDeploymentStatus::Successful => DeploymentState::Succeeded,
        ServiceDeploymentStatus::Pending
        | ServiceDeploymentStatus::InProgress
        | ServiceDeploymentStatus::Other(_) => DeploymentState::Running,
        going @ (ServiceDeploymentStatus::StopRequested
        | ServiceDeploymentStatus::RollbackRequested
        | ServiceDeploymentStatus::RollbackInProgress) => {
            DeploymentState::GoingBack(going.as_str().to_owned())
        }
        ended @ (ServiceDeploymentStatus::Stopped
        | ServiceDeploymentStatus::RollbackSuccessful
        | ServiceDeploymentStatus::RollbackFailed) => {
            DeploymentState::Failed(ended.as_str().to_owned())
        }
    };
    let mut deployment = newest
        .target_service_revision_arn
        .as_deref()
        .and_then(|arn| arn.parse::<DeploymentRef>().ok())
        .unwrap_or_default();
    deployment.service_deployment_arn = Some(newest.service_deployment_arn.clone());
    deployment.created_at = newest.created_at;
    deployment.task_definition_arn = service
        .deployments
        .iter()
        .find(|d| deployment.is_deployment(&d.id))
        .and_then(|d| d.task_definition.clone());
    LastDeployment {
        state,
        since: newest.started_at.or(newest.created_at),
        deployment,
    }
}

#[cfg(test)]
mod tests {
    use ecs_model::{from_answer, list_from_answer};
    use serde_json::{Value, json};

    use super::{DeploymentState, last_deployment};

    fn deployment_state(
        service: Value,
        listed: Value,
    ) -> Option<(DeploymentState, Option<String>)> {
        let service = from_answer(&service).expect("a service");
        let listed = list_from_answer(&listed, "serviceDeployments").expect("a list");
        last_deployment(&service, &listed).map(|l| (l.state, l.deployment.ecs_svc_id))
    }

    fn service(id: &str, created: i64, state: &str) -> Value {
        json!({"deployments": [{"id": format!("ecs-svc/{id}"), "status": "PRIMARY",
            "taskDefinition": "web:1", "createdAt": created, "rolloutState": state}]})
    }

    fn listed(entries: &[(&str, i64, &str)]) -> Value {
        let list: Vec<Value> = entries
            .iter()
            .map(|(id, created, status)| {
                json!({"serviceDeploymentArn": format!("arn:aws:ecs:r:1:service-deployment/c/s/d{id}"),
                    "targetServiceRevisionArn": format!("arn:aws:ecs:r:1:service-revision/c/s/{id}"),
                    "createdAt": created, "status": status})
            })
            .collect();
        json!({"serviceDeployments": list})
    }

    #[test]
    fn the_newest_service_deployment_decides() {
        for (status, expected) in [
            ("PENDING", DeploymentState::Running),
            ("IN_PROGRESS", DeploymentState::Running),
            ("SUCCESSFUL", DeploymentState::Succeeded),
            ("STOPPED", DeploymentState::Failed("STOPPED".into())),
            (
                "STOP_REQUESTED",
                DeploymentState::GoingBack("STOP_REQUESTED".into()),
            ),
            (
                "ROLLBACK_REQUESTED",
                DeploymentState::GoingBack("ROLLBACK_REQUESTED".into()),
            ),
            (
                "ROLLBACK_IN_PROGRESS",
                DeploymentState::GoingBack("ROLLBACK_IN_PROGRESS".into()),
            ),
            (
                "ROLLBACK_SUCCESSFUL",
                DeploymentState::Failed("ROLLBACK_SUCCESSFUL".into()),
            ),
            (
                "ROLLBACK_FAILED",
                DeploymentState::Failed("ROLLBACK_FAILED".into()),
            ),
        ] {
            // The order of the list has no meaning; here the older one comes first.
            let list = listed(&[("1", 10, "SUCCESSFUL"), ("2", 20, status)]);
            let seen = deployment_state(service("2", 20, "IN_PROGRESS"), list);
            assert_eq!(seen, Some((expected, Some("ecs-svc/2".into()))), "{status}");
        }
    }

    #[test]
    fn after_a_rollback_the_old_deployment_is_primary_and_the_newer_one_still_decides() {
        let list = listed(&[("2", 20, "ROLLBACK_SUCCESSFUL"), ("1", 10, "SUCCESSFUL")]);
        // ECS sets a new creation time after a rollback.
        for created in [10, 30] {
            let seen = deployment_state(service("1", created, "COMPLETED"), list.clone());
            let failed = DeploymentState::Failed("ROLLBACK_SUCCESSFUL".into());
            assert_eq!(seen, Some((failed, Some("ecs-svc/2".into()))));
        }
    }

    #[test]
    fn a_list_that_lags_behind_the_write_does_not_decide() {
        let list = listed(&[("1", 10, "SUCCESSFUL")]);
        let seen = deployment_state(service("2", 20, "IN_PROGRESS"), list);
        assert_eq!(
            seen,
            Some((DeploymentState::Running, Some("ecs-svc/2".into())))
        );
    }

    #[test]
    fn without_service_deployments_the_rollout_state_decides() {
        for (state, expected) in [
            ("COMPLETED", DeploymentState::Succeeded),
            ("IN_PROGRESS", DeploymentState::Running),
            ("FAILED", DeploymentState::Failed("FAILED".into())),
        ] {
            let seen = deployment_state(service("2", 20, state), json!({}));
            assert_eq!(seen.map(|s| s.0), Some(expected), "{state}");
        }
        let bare = |running: u32| {
            json!({"deployments": [{"id": "ecs-svc/3", "status": "PRIMARY", "desiredCount": 2,
                "runningCount": running}]})
        };
        assert_eq!(
            deployment_state(bare(2), json!({})).map(|s| s.0),
            Some(DeploymentState::Succeeded)
        );
        assert_eq!(
            deployment_state(bare(1), json!({})).map(|s| s.0),
            Some(DeploymentState::Running)
        );
        assert_eq!(deployment_state(json!({}), json!({})), None);
    }
}
