//! `ListServiceDeployments` and `DescribeServiceDeployments`.

use serde_json::{Map, Value, json};

use super::super::line::Ms;
use super::super::{History, ServiceDeployment};
use super::{FINAL, FORGOTTEN, OTHER, revision, service_deployment, time};

impl History {
    /// `ListServiceDeployments`, newest first.
    pub fn list(&self, moment: Ms) -> Value {
        if let Some(created) = self.recreated.filter(|created| *created <= moment) {
            return json!({"serviceDeployments": [{
                "serviceDeploymentArn": service_deployment("other"),
                "targetServiceRevisionArn": revision(OTHER),
                "createdAt": time(created),
                "status": "IN_PROGRESS",
            }]});
        }
        let mut known: Vec<&ServiceDeployment> = self
            .deployments
            .iter()
            .filter(|d| d.created <= moment)
            .collect();
        known.sort_by_key(|d| -d.created);
        let known: Vec<Value> = known
            .into_iter()
            .map(|d| {
                json!({
                    "serviceDeploymentArn": service_deployment(&d.id),
                    "targetServiceRevisionArn": revision(d.target),
                    "createdAt": time(d.created),
                    "status": d.status.at(moment),
                })
            })
            .collect();
        json!({"serviceDeployments": known})
    }

    /// `DescribeServiceDeployments`: ours, or nothing.
    pub fn describe(&self, moment: Ms) -> Option<Value> {
        let ours = self.ours();
        let deleted = *self.gone.at(moment - FORGOTTEN);
        if ours.created > moment || deleted {
            return None;
        }
        let status = *ours.status.at(moment);
        let is_over = FINAL.contains(&status);
        // The counts are those of the moment at which it was over.
        let counted = if is_over {
            ours.status.changed_before(moment).unwrap_or(moment)
        } else {
            moment
        };
        let running = self.our_tasks().filter(|t| t.runs_at(counted)).count();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("serviceDeploymentArn", json!(service_deployment(&ours.id)));
        put("status", json!(status));
        put("updatedAt", time(self.updated(ours, counted)));
        put(
            "targetServiceRevision",
            json!({
                "arn": revision(ours.target),
                "requestedTaskCount": ours.requested.at(counted),
                "runningTaskCount": running,
                "pendingTaskCount": 0,
            }),
        );
        put("deploymentConfiguration", self.configuration(self.strategy));
        if status != "PENDING" {
            let sources: Vec<Value> = ours
                .sources
                .iter()
                .map(|n| json!({"arn": revision(*n)}))
                .collect();
            put("sourceServiceRevisions", json!(sources));
            put("createdAt", time(ours.created));
            put(
                "deploymentCircuitBreaker",
                json!({"status": ours.breaker.at(moment), "threshold": 3}),
            );
            let alarms = if *ours.alarm.at(moment) {
                json!({"status": "TRIGGERED", "triggeredAlarmNames": ["errors"]})
            } else {
                json!({"status": "DISABLED"})
            };
            put("alarms", alarms);
        }
        if let Some(reason) = ours.reason.at(moment) {
            put("statusReason", json!(reason));
        }
        if let Some(stage) = ours.stage.at(moment) {
            put("lifecycleStage", json!(stage));
        }
        if *ours.paused.at(moment) {
            put(
                "lifecycleHookDetails",
                json!([{"hookId": "ecs-pause-x", "targetType": "PAUSE", "status": "AWAITING_ACTION", "timeoutAction": "ROLLBACK"}]),
            );
        }
        if let Some(back) = ours.rollback.at(moment) {
            put(
                "rollback",
                json!({"reason": "ECS rolled back", "serviceRevisionArn": revision(*back)}),
            );
        }
        if matches!(
            status,
            "STOPPED" | "SUCCESSFUL" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED"
        ) {
            let end = ours.status.changed_before(moment).unwrap_or(moment);
            put("finishedAt", time(end));
        }
        Some(Value::Object(body))
    }

    fn updated(&self, deployment: &ServiceDeployment, moment: Ms) -> Ms {
        let own = [
            deployment.status.changed_before(moment),
            deployment.stage.changed_before(moment),
            deployment.paused.changed_before(moment),
            deployment.breaker.changed_before(moment),
            deployment.alarm.changed_before(moment),
            deployment.requested.changed_before(moment),
        ];
        let tasks = self
            .our_tasks()
            .filter_map(|t| t.running)
            .filter(|at| *at <= moment);
        own.into_iter()
            .flatten()
            .chain(tasks)
            .max()
            .unwrap_or(deployment.created)
    }
}
