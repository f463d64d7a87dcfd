//! How the last deployment of a service ended, or that it still runs: with nothing to change, it
//! decides what a rerun does.
//!
//! The newest listed service deployment says it, unless the list lags behind a write (then the
//! PRIMARY deployment does), or service deployments cannot be read (then `rolloutState` does).

use ecs_model::DeploymentRef;
use ecs_model::{
    Deployment, RolloutState, Service, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use jiff::Timestamp;

/// Where the last deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Succeeded,
    Running,
    /// Being stopped or rolled back, in AWS's word: what was declared does not stay.
    GoingBack(String),
    /// Ended otherwise, in AWS's word.
    Failed(String),
}

/// The last deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    pub standing: Standing,
    pub handle: DeploymentRef,
    pub since: Option<Timestamp>,
}

impl Last {
    /// A deployment that a new one would replace.
    pub fn is_active(&self) -> bool {
        matches!(self.standing, Standing::Running | Standing::GoingBack(_))
    }
}

/// Reads the last deployment out of a service and its listed deployments, in any order.
/// `None` where the service shows no deployment at all.
pub fn last(service: &Service, listed: &[ServiceDeploymentBrief]) -> Option<Last> {
    let newest = listed.iter().max_by_key(|listed| listed.created_at);
    let primary = service.primary();
    match (newest, primary) {
        (None, None) => None,
        (None, Some(primary)) => Some(of_primary(service, primary)),
        (Some(newest), None) => Some(of_listed(newest, service)),
        (Some(newest), Some(primary)) => {
            let handle = handle_of(primary);
            let is_listed = listed
                .iter()
                .filter_map(|l| l.target_service_revision_arn.as_deref())
                .any(|arn| handle.is_revision(arn));
            // A list without the PRIMARY deployment, all older than it, has not seen the write yet.
            // After a rollback the PRIMARY one is new again, and listed long since.
            let lags = !is_listed && newest.created_at < primary.created_at;
            Some(if lags {
                of_primary(service, primary)
            } else {
                of_listed(newest, service)
            })
        }
    }
}

fn handle_of(primary: &Deployment) -> DeploymentRef {
    DeploymentRef {
        ecs_svc_id: Some(primary.id.clone()),
        task_definition_arn: primary.task_definition.clone(),
        created_at: primary.created_at,
        ..DeploymentRef::default()
    }
}

fn of_primary(service: &Service, primary: &Deployment) -> Last {
    let standing = match primary.rollout_state {
        Some(RolloutState::Completed) => Standing::Succeeded,
        Some(RolloutState::Failed) => Standing::Failed("FAILED".to_owned()),
        Some(RolloutState::InProgress | RolloutState::Other) => Standing::Running,
        // Blue/green and old bodies have no state: alone and complete is all that can be asked.
        None if service.deployments.len() == 1
            && primary.desired_count > Some(0)
            && primary.running_count == primary.desired_count =>
        {
            Standing::Succeeded
        }
        None => Standing::Running,
    };
    Last {
        standing,
        since: primary.created_at,
        handle: handle_of(primary),
    }
}

fn of_listed(newest: &ServiceDeploymentBrief, service: &Service) -> Last {
    let standing = match &newest.status {
        ServiceDeploymentStatus::Successful => Standing::Succeeded,
        ServiceDeploymentStatus::Pending
        | ServiceDeploymentStatus::InProgress
        | ServiceDeploymentStatus::Other(_) => Standing::Running,
        going @ (ServiceDeploymentStatus::StopRequested
        | ServiceDeploymentStatus::RollbackRequested
        | ServiceDeploymentStatus::RollbackInProgress) => {
            Standing::GoingBack(going.as_str().to_owned())
        }
        ended @ (ServiceDeploymentStatus::Stopped
        | ServiceDeploymentStatus::RollbackSuccessful
        | ServiceDeploymentStatus::RollbackFailed) => Standing::Failed(ended.as_str().to_owned()),
    };
    let mut handle = newest
        .target_service_revision_arn
        .as_deref()
        .and_then(|arn| arn.parse::<DeploymentRef>().ok())
        .unwrap_or_default();
    handle.service_deployment_arn = Some(newest.service_deployment_arn.clone());
    handle.created_at = newest.created_at;
    handle.task_definition_arn = service
        .deployments
        .iter()
        .find(|d| handle.is_deployment(&d.id))
        .and_then(|d| d.task_definition.clone());
    Last {
        standing,
        since: newest.started_at.or(newest.created_at),
        handle,
    }
}

#[cfg(test)]
mod tests {
    use ecs_model::{from_answer, list_from_answer};
    use serde_json::{Value, json};

    use super::{Standing, last};

    fn standing(service: Value, listed: Value) -> Option<(Standing, Option<String>)> {
        let service = from_answer(&service).expect("a service");
        let listed = list_from_answer(&listed, "serviceDeployments").expect("a list");
        last(&service, &listed).map(|l| (l.standing, l.handle.ecs_svc_id))
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
            ("PENDING", Standing::Running),
            ("IN_PROGRESS", Standing::Running),
            ("SUCCESSFUL", Standing::Succeeded),
            ("STOPPED", Standing::Failed("STOPPED".into())),
            (
                "STOP_REQUESTED",
                Standing::GoingBack("STOP_REQUESTED".into()),
            ),
            (
                "ROLLBACK_REQUESTED",
                Standing::GoingBack("ROLLBACK_REQUESTED".into()),
            ),
            (
                "ROLLBACK_IN_PROGRESS",
                Standing::GoingBack("ROLLBACK_IN_PROGRESS".into()),
            ),
            (
                "ROLLBACK_SUCCESSFUL",
                Standing::Failed("ROLLBACK_SUCCESSFUL".into()),
            ),
            (
                "ROLLBACK_FAILED",
                Standing::Failed("ROLLBACK_FAILED".into()),
            ),
        ] {
            // In the list's order there is no meaning: the older one stands first here.
            let list = listed(&[("1", 10, "SUCCESSFUL"), ("2", 20, status)]);
            let seen = standing(service("2", 20, "IN_PROGRESS"), list);
            assert_eq!(seen, Some((expected, Some("ecs-svc/2".into()))), "{status}");
        }
    }

    #[test]
    fn after_a_rollback_the_old_deployment_is_primary_and_the_newer_one_still_decides() {
        let list = listed(&[("2", 20, "ROLLBACK_SUCCESSFUL"), ("1", 10, "SUCCESSFUL")]);
        // ECS gives it a new time.
        for created in [10, 30] {
            let seen = standing(service("1", created, "COMPLETED"), list.clone());
            let failed = Standing::Failed("ROLLBACK_SUCCESSFUL".into());
            assert_eq!(seen, Some((failed, Some("ecs-svc/2".into()))));
        }
    }

    #[test]
    fn a_list_that_lags_behind_the_write_does_not_decide() {
        let list = listed(&[("1", 10, "SUCCESSFUL")]);
        let seen = standing(service("2", 20, "IN_PROGRESS"), list);
        assert_eq!(seen, Some((Standing::Running, Some("ecs-svc/2".into()))));
    }

    #[test]
    fn without_service_deployments_the_rollout_state_decides() {
        for (state, expected) in [
            ("COMPLETED", Standing::Succeeded),
            ("IN_PROGRESS", Standing::Running),
            ("FAILED", Standing::Failed("FAILED".into())),
        ] {
            let seen = standing(service("2", 20, state), json!({}));
            assert_eq!(seen.map(|s| s.0), Some(expected), "{state}");
        }
        let bare = |running: u32| {
            json!({"deployments": [{"id": "ecs-svc/3", "status": "PRIMARY", "desiredCount": 2,
                "runningCount": running}]})
        };
        assert_eq!(
            standing(bare(2), json!({})).map(|s| s.0),
            Some(Standing::Succeeded)
        );
        assert_eq!(
            standing(bare(1), json!({})).map(|s| s.0),
            Some(Standing::Running)
        );
        assert_eq!(standing(json!({}), json!({})), None);
    }
}
