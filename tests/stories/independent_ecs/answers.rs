//! The answers of the read operations, in the shapes of AWS's API reference.

use serde_json::{Value, json};

use super::state::{Deployment, State, Task, arn, target_group};

/// The most entries of a page: tasks in ListTasks, unless the request asks for fewer.
const TASKS_PER_PAGE: usize = 100;
const DEPLOYMENTS_PER_PAGE: usize = 20;

/// An error of AWS: HTTP status, code and message.
pub type Refusal = (u16, String, String);

pub fn refuse(code: &str, message: &str) -> Refusal {
    (400, code.to_owned(), message.to_owned())
}

impl State {
    /// The answer to a read, or `None` for an operation that is not a read.
    pub fn read(&self, operation: &str, body: &Value) -> Option<Result<Value, Refusal>> {
        let cluster = body["cluster"].as_str().unwrap_or("prod");
        if cluster.rsplit('/').next() != Some("prod") {
            return Some(Err(refuse(
                "ClusterNotFoundException",
                "Cluster not found.",
            )));
        }
        Some(match operation {
            "DescribeServices" => Ok(self.services(body)),
            "ListServiceDeployments" => self.service_deployments(body),
            "DescribeServiceDeployments" => Ok(self.described_deployments(body)),
            "DescribeServiceRevisions" => Ok(self.service_revisions(body)),
            "DescribeTaskDefinition" => self.task_definition(body),
            "ListTasks" => Ok(self.listed_tasks(body)),
            "DescribeTasks" => Ok(self.described_tasks(body)),
            "DescribeClusters" => Ok(
                json!({"clusters": [{"clusterName": "prod", "status": "ACTIVE",
                "clusterArn": arn("ecs", "cluster/prod"), "capacityProviders": ["FARGATE"]}], "failures": []}),
            ),
            "ListTaskDefinitions" => {
                let arns = self
                    .definitions
                    .iter()
                    .rev()
                    .map(|d| d["taskDefinitionArn"].clone());
                Ok(json!({"taskDefinitionArns": arns.collect::<Vec<_>>()}))
            }
            "ListTagsForResource" => Ok(json!({"tags": []})),
            "GetLogEvents" => {
                let at = self.now * 1000.0;
                let event = |line: &&str| json!({"timestamp": at as u64, "message": line, "ingestionTime": at as u64});
                let events: Vec<Value> = self.log_lines.iter().map(event).collect();
                Ok(json!({"events": events, "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}))
            }
            _ => return None,
        })
    }

    fn services(&self, body: &Value) -> Value {
        let asked = body["services"][0].as_str().unwrap_or_default();
        let named = asked.rsplit('/').next() == Some("web");
        match &self.service {
            Some(_) if named => json!({"services": [self.service()], "failures": []}),
            _ => {
                json!({"services": [], "failures": [{"arn": arn("ecs", "service/prod/web"), "reason": "MISSING"}]})
            }
        }
    }

    pub fn service(&self) -> Value {
        let Some(service) = &self.service else {
            return Value::Null;
        };
        let mut shown = service.body.clone();
        let running = self.tasks.iter().filter(|t| t.status == "RUNNING").count();
        let pending = self.tasks.iter().filter(|t| t.status == "PENDING").count();
        let entries: Vec<Value> = self
            .deployments
            .iter()
            .rev()
            .filter_map(|d| self.entry(d))
            .collect();
        let events: Vec<Value> = self.events.iter().rev().enumerate()
            .map(|(n, (at, message))| json!({"id": format!("{at}-{n}"), "createdAt": at, "message": message}))
            .collect();
        let primary = self
            .deployments
            .iter()
            .find(|d| d.classic == Some("PRIMARY"));
        let more = json!({
            "serviceArn": arn("ecs", "service/prod/web"), "serviceName": "web",
            "clusterArn": arn("ecs", "cluster/prod"), "status": service.status,
            "desiredCount": service.desired, "runningCount": running, "pendingCount": pending,
            "createdAt": service.created, "deployments": entries, "events": events,
            "taskDefinition": primary.map(|d| d.task_definition.as_str()),
            "deploymentController": {"type": "ECS"}, "schedulingStrategy": "REPLICA",
            "propagateTags": "NONE", "enableECSManagedTags": false, "enableExecuteCommand": false,
            "currentServiceRevisions": primary.map(|d| vec![json!({"arn": d.revision()})]),
        });
        if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
            shown.extend(more);
        }
        shown
    }

    /// An entry of the service's `deployments`.
    fn entry(&self, deployment: &Deployment) -> Option<Value> {
        let status = deployment.classic?;
        let desired = self.service.as_ref().map_or(0, |s| s.desired);
        let mut entry = json!({
            "id": format!("ecs-svc/{}", deployment.number), "status": status,
            "taskDefinition": deployment.task_definition,
            "desiredCount": if status == "PRIMARY" { desired } else { 0 },
            "runningCount": self.count(deployment.number, "RUNNING"),
            "pendingCount": self.count(deployment.number, "PENDING"),
            "failedTasks": deployment.failures,
            "createdAt": deployment.created, "updatedAt": deployment.updated,
        });
        // Documented for rolling deployments only.
        if self.strategy() == "ROLLING" {
            entry["rolloutState"] = json!(deployment.rollout);
            entry["rolloutStateReason"] = json!(deployment.rollout_reason);
        }
        Some(entry)
    }

    fn service_deployments(&self, body: &Value) -> Result<Value, Refusal> {
        if self.service.is_none() {
            return Err(refuse("ServiceNotFoundException", "Service not found."));
        }
        let rows: Vec<Value> = self.deployments.iter().rev().map(|d| json!({
            "serviceDeploymentArn": d.arn(), "serviceArn": arn("ecs", "service/prod/web"),
            "clusterArn": arn("ecs", "cluster/prod"), "createdAt": d.created, "startedAt": d.created,
            "finishedAt": d.ended, "status": d.status, "statusReason": d.reason,
            "targetServiceRevisionArn": d.revision()})).collect();
        Ok(page(rows, "serviceDeployments", body, DEPLOYMENTS_PER_PAGE))
    }

    fn described_deployments(&self, body: &Value) -> Value {
        let asked = body["serviceDeploymentArns"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let found = self
            .deployments
            .iter()
            .filter(|d| asked.contains(&json!(d.arn())));
        let found: Vec<Value> = found.map(|d| self.service_deployment(d)).collect();
        json!({"serviceDeployments": found, "failures": []})
    }

    fn service_deployment(&self, d: &Deployment) -> Value {
        let desired = self.service.as_ref().map_or(0, |s| s.desired);
        let configuration = self
            .service
            .as_ref()
            .map(|s| s.body["deploymentConfiguration"].clone());
        let sources: Vec<Value> = d
            .sources
            .iter()
            .map(|number| {
                json!({"arn": revision(*number),
            "requestedTaskCount": desired, "runningTaskCount": self.count(*number, "RUNNING"),
            "requestedProductionTrafficWeight": 100.0 - d.weight})
            })
            .collect();
        let rollback = d.rollback.as_ref().map(|(to, reason)| {
            json!({
            "serviceRevisionArn": revision(*to), "reason": reason, "startedAt": d.updated})
        });
        let mut shown = json!({
            "serviceDeploymentArn": d.arn(), "serviceArn": arn("ecs", "service/prod/web"),
            "clusterArn": arn("ecs", "cluster/prod"), "createdAt": d.created, "startedAt": d.created,
            "updatedAt": d.updated, "status": d.status, "sourceServiceRevisions": sources,
            "targetServiceRevision": {"arn": d.revision(),
                "requestedTaskCount": if d.status == "PENDING" { 0 } else { desired },
                "runningTaskCount": self.count(d.number, "RUNNING"),
                "pendingTaskCount": self.count(d.number, "PENDING"),
                "requestedProductionTrafficWeight": d.weight},
            "deploymentConfiguration": configuration,
            "deploymentCircuitBreaker": {"status": d.breaker, "failureCount": d.failures, "threshold": 3},
            "alarms": {"status": if d.alarms.is_empty() { "MONITORING" } else { "TRIGGERED" },
                "alarmNames": d.alarms, "triggeredAlarmNames": d.alarms},
            "lifecycleHookDetails": d.hooks,
        });
        let optional = [
            ("statusReason", json!(d.reason)),
            ("lifecycleStage", json!(d.stage)),
            ("rollback", json!(rollback)),
            (
                if d.status == "STOPPED" {
                    "stoppedAt"
                } else {
                    "finishedAt"
                },
                json!(d.ended),
            ),
        ];
        for (member, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
            shown[member] = value;
        }
        shown
    }

    fn service_revisions(&self, body: &Value) -> Value {
        let asked = body["serviceRevisionArns"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let found = self
            .deployments
            .iter()
            .filter(|d| asked.contains(&json!(d.revision())));
        let found: Vec<Value> = found.map(|d| json!({
            "serviceRevisionArn": d.revision(), "serviceArn": arn("ecs", "service/prod/web"),
            "clusterArn": arn("ecs", "cluster/prod"), "taskDefinition": d.task_definition,
            "launchType": if self.is_bridged() { "EC2" } else { "FARGATE" }, "createdAt": d.created,
            "loadBalancers": d.load_balancers,
            "resolvedConfiguration": {"loadBalancers": [{"targetGroupArn": target_group(d.is_green)}]},
        })).collect();
        json!({"serviceRevisions": found, "failures": []})
    }

    fn task_definition(&self, body: &Value) -> Result<Value, Refusal> {
        let asked = body["taskDefinition"].as_str().unwrap_or_default();
        let name = asked.rsplit('/').next().unwrap_or_default();
        let is_asked = |d: &&Value| {
            let registered = d["taskDefinitionArn"].as_str().unwrap_or_default();
            registered.ends_with(&format!("/{name}")) || d["family"] == name
        };
        match self.definitions.iter().rev().find(is_asked) {
            Some(found) => Ok(json!({"taskDefinition": found, "tags": []})),
            None => Err(refuse(
                "ClientException",
                "Unable to describe task definition.",
            )),
        }
    }

    fn listed_tasks(&self, body: &Value) -> Value {
        let stopped = body["desiredStatus"] == "STOPPED";
        let rows = self.tasks.iter().filter(|t| t.stop.is_some() == stopped);
        page(
            rows.map(|t| json!(t.arn())).collect(),
            "taskArns",
            body,
            TASKS_PER_PAGE,
        )
    }

    fn described_tasks(&self, body: &Value) -> Value {
        let asked = body["tasks"].as_array().cloned().unwrap_or_default();
        let found = self
            .tasks
            .iter()
            .filter(|t| asked.contains(&json!(t.arn())));
        let found: Vec<Value> = found.map(|t| self.task(t)).collect();
        json!({"tasks": found, "failures": []})
    }

    fn task(&self, task: &Task) -> Value {
        let mut container =
            json!({"name": "app", "lastStatus": task.status, "healthStatus": "UNKNOWN"});
        if self.is_bridged() {
            container["networkBindings"] = json!([{"bindIP": "0.0.0.0", "containerPort": 8080,
                "hostPort": task.host_port(), "protocol": "tcp"}]);
        } else {
            container["networkInterfaces"] =
                json!([{"attachmentId": "a", "privateIpv4Address": task.address()}]);
        }
        let has_check = self
            .definitions
            .iter()
            .any(|d| !d["containerDefinitions"][0]["healthCheck"].is_null());
        let mut shown = json!({
            "taskArn": task.arn(), "clusterArn": arn("ecs", "cluster/prod"), "group": "service:web",
            "taskDefinitionArn": task.task_definition, "startedBy": format!("ecs-svc/{}", task.deployment),
            "lastStatus": task.status, "createdAt": task.created, "version": task.version,
            "desiredStatus": if task.stop.is_some() { "STOPPED" } else { "RUNNING" },
            "healthStatus": if has_check { task.health } else { "UNKNOWN" },
            "launchType": if self.is_bridged() { "EC2" } else { "FARGATE" },
        });
        if let Some(stop) = &task.stop {
            shown["stopCode"] = json!(stop.code);
            shown["stoppedReason"] = json!(stop.reason);
            shown["stoppedAt"] = json!(stop.at);
            shown["stoppingAt"] = json!(stop.at);
            if let Some(exit) = stop.exit {
                container["exitCode"] = json!(exit);
            }
            if let Some(reason) = &stop.container_reason {
                container["reason"] = json!(reason);
            }
        }
        shown["containers"] = json!([container]);
        shown
    }

    /// DescribeTargetHealth, in XML.
    pub fn target_health(&self, group: &str) -> String {
        let is_in = |task: &&Task| {
            let deployment = self
                .deployments
                .iter()
                .find(|d| d.number == task.deployment);
            deployment.is_some_and(|d| target_group(d.is_green) == group)
        };
        let members = self.tasks.iter().filter(is_in).filter_map(|task| {
            let (state, reason, description) = task.target?;
            let (id, port) = if self.is_bridged() {
                (task.instance().to_owned(), task.host_port())
            } else {
                (task.address(), 8080)
            };
            let optional = |name: &str, text: &str| match text {
                "" => String::new(),
                text => format!("<{name}>{text}</{name}>"),
            };
            Some(format!(
                "<member><Target><Id>{id}</Id><Port>{port}</Port></Target><TargetHealth><State>{state}</State>{}{}</TargetHealth></member>",
                optional("Reason", reason),
                optional("Description", description)
            ))
        });
        let members: String = members.collect();
        format!(
            "<DescribeTargetHealthResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><DescribeTargetHealthResult><TargetHealthDescriptions>{members}</TargetHealthDescriptions></DescribeTargetHealthResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeTargetHealthResponse>"
        )
    }
}

impl Deployment {
    pub fn arn(&self) -> String {
        arn(
            "ecs",
            &format!("service-deployment/prod/web/d{:019}", self.number),
        )
    }

    pub fn revision(&self) -> String {
        revision(self.number)
    }
}

fn revision(number: u64) -> String {
    arn("ecs", &format!("service-revision/prod/web/{number}"))
}

/// One page of a list. The token is the index of the next entry.
fn page(rows: Vec<Value>, member: &str, body: &Value, most: usize) -> Value {
    let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let from = body["nextToken"]
        .as_str()
        .and_then(|t| t.parse().ok())
        .unwrap_or(0);
    let size = number(&body["maxResults"]).unwrap_or(most).min(most);
    let rest = rows.len().saturating_sub(from + size);
    let shown: Vec<Value> = rows.into_iter().skip(from).take(size).collect();
    let mut answer = json!({member: shown});
    if rest > 0 {
        answer["nextToken"] = json!((from + size).to_string());
    }
    answer
}
