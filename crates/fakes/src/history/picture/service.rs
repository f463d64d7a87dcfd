//! `DescribeServices`.

use serde_json::{Value, json};

use super::super::draft::LONG_AGO;
use super::super::line::Ms;
use super::super::task::TaskLife;
use super::super::{Classic, History, Strategy};
use super::{COUNTED, DRAINING, ECS, OTHER, task_definition, time};

impl History {
    /// `DescribeServices`: the service, or nothing.
    pub fn service(&self, moment: Ms) -> Option<Value> {
        if self.is_first && moment < 0 {
            return None;
        }
        if let Some(created) = self.recreated.filter(|created| *created <= moment) {
            return Some(self.other_service(created));
        }
        let (strategy, controller) = if moment < 0 {
            (self.strategy_before, self.controller_before)
        } else {
            (self.strategy, "ECS")
        };
        let gone = *self.gone.at(moment);
        let deleted = self.gone.changed_before(moment).unwrap_or(moment);
        if gone && moment - deleted >= DRAINING {
            return None;
        }
        let mut rows: Vec<Value> = self
            .classics
            .iter()
            .filter_map(|row| self.classic(row, moment))
            .collect();
        rows.sort_by_key(|row| row["status"] != "PRIMARY");
        let count =
            |want: fn(&TaskLife, Ms) -> bool| self.tasks.iter().filter(|t| want(t, moment)).count();
        let mut events: Vec<&(Ms, String)> =
            self.events.iter().filter(|(at, _)| *at <= moment).collect();
        events.sort_by_key(|(at, _)| -at);
        let events: Vec<Value> = events
            .into_iter()
            .map(|(at, message)| json!({"id": format!("event-{at}"), "createdAt": time(*at), "message": message}))
            .collect();
        Some(json!({
            "serviceArn": format!("{ECS}:service/c/web"),
            "serviceName": "web",
            "clusterArn": format!("{ECS}:cluster/c"),
            "status": if gone { "DRAINING" } else { "ACTIVE" },
            "createdAt": time(if self.is_first { 0 } else { LONG_AGO }),
            "desiredCount": if gone { 0 } else { *self.desired.at(moment) },
            "runningCount": count(TaskLife::runs_at),
            "pendingCount": count(|t, m| t.created <= m && t.running.is_none_or(|r| r > m) && !t.is_stopping_at(m)),
            "loadBalancers": self.load_balancers(),
            "deploymentConfiguration": self.configuration(strategy),
            "deploymentController": {"type": controller},
            "deployments": rows,
            "events": events,
        }))
    }

    /// The service that has the name now. Nothing in it is ours.
    fn other_service(&self, created: Ms) -> Value {
        let desired = *self.desired.at(created);
        let mut deployment = json!({
            "id": format!("ecs-svc/{OTHER}"),
            "status": "PRIMARY",
            "taskDefinition": task_definition(1),
            "desiredCount": desired,
            "runningCount": 0,
            "pendingCount": desired,
            "failedTasks": 0,
            "createdAt": time(created),
            "updatedAt": time(created),
        });
        if self.strategy == Strategy::Rolling {
            deployment["rolloutState"] = json!("IN_PROGRESS");
        }
        json!({
            "serviceArn": format!("{ECS}:service/c/web"),
            "serviceName": "web",
            "clusterArn": format!("{ECS}:cluster/c"),
            "status": "ACTIVE",
            "createdAt": time(created),
            "desiredCount": desired,
            "runningCount": 0,
            "pendingCount": desired,
            "loadBalancers": self.load_balancers(),
            "deploymentConfiguration": self.configuration(self.strategy),
            "deploymentController": {"type": "ECS"},
            "deployments": [deployment],
            "events": [],
        })
    }

    fn classic(&self, row: &Classic, moment: Ms) -> Option<Value> {
        let status = (*row.status.at(moment))?;
        let running = self
            .tasks
            .iter()
            .filter(|t| t.deployment == row.number && t.runs_at(moment))
            .count();
        let updated = [
            row.created.changed_before(moment),
            row.status.changed_before(moment),
            row.rollout.changed_before(moment),
        ];
        let updated = updated
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(*row.created.at(moment));
        let desired = if status == "PRIMARY" && moment >= *row.created.at(moment) + COUNTED {
            *self.desired.at(moment)
        } else {
            0
        };
        let mut body = json!({
            "id": format!("ecs-svc/{}", row.number),
            "status": status,
            "taskDefinition": task_definition(row.task_definition),
            "desiredCount": desired,
            "runningCount": running,
            "pendingCount": 0,
            "failedTasks": 0,
            "createdAt": time(*row.created.at(moment)),
            "updatedAt": time(updated),
        });
        if self.strategy == Strategy::Rolling {
            body["rolloutState"] = json!(row.rollout.at(moment));
            body["rolloutStateReason"] = json!(row.reason.at(moment));
        }
        Some(body)
    }
}
