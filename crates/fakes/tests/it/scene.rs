//! A cloud on a clock that the test moves, with a cluster, a target group and a task definition.

use std::time::Duration;

use fakes::{Clock, Cloud, Request, Service, TargetGroup};
use http::Method;
use serde_json::{Value, json};

/// The scene with which most tests begin.
pub struct Scene {
    pub cloud: Cloud,
    pub clock: Clock,
    pub group: TargetGroup,
}

pub const SUBNET: &str = "subnet-0a1b2c3d4e5f67890";

impl Scene {
    /// Cluster `demo`, target group `web` on port 8080, log group `/ecs/web`, task definition `web:1`
    /// with a container `app`.
    pub fn new() -> Self {
        let clock = Clock::manual();
        let cloud = Cloud::builder()
            .clock(clock.clone())
            .without_sockets()
            .start();
        cloud.ecs().cluster("demo");
        cloud.logs().group("/ecs/web");
        let group = cloud.elb().target_group("web", 8080);
        let scene = Self {
            cloud,
            clock,
            group,
        };
        scene.ok("ecs", "RegisterTaskDefinition", task_definition("web"));
        scene
    }

    /// Two tasks behind the target group, breaker with rollback.
    pub fn service(&self) -> Value {
        json!({
            "cluster": "demo",
            "serviceName": "web",
            "taskDefinition": "web",
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": [SUBNET],
                "securityGroups": ["sg-0a1b2c3d4e5f67890"],
                "assignPublicIp": "DISABLED",
            }},
            "loadBalancers": [{
                "targetGroupArn": self.group.arn,
                "containerName": "app",
                "containerPort": 8080,
            }],
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": true, "rollback": true},
            },
        })
    }

    /// Calls a JSON API like a program. Returns status and body.
    pub fn ask(&self, service: &str, operation: &str, body: &Value) -> (u16, Value) {
        let prefix = match service {
            "ecs" => "AmazonEC2ContainerServiceV20141113",
            "ecr" => "AmazonEC2ContainerRegistry_V20150921",
            "logs" => "Logs_20140328",
            other => panic!("{other} has no JSON API"),
        };
        let request = Request::new(Method::POST, "/")
            .header("x-amz-target", &format!("{prefix}.{operation}"))
            .header("authorization", SIGNED)
            .body(body.to_string());
        let answer = self.cloud.answer(request).into_http().unwrap().unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(answer.body()).unwrap())
    }

    /// Calls a query API. Returns status and XML.
    pub fn form(&self, service: &str, operation: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let version = match service {
            "sts" => "2011-06-15",
            "elb" => "2015-12-01",
            other => panic!("{other} has no query API"),
        };
        let mut form = format!("Action={operation}&Version={version}");
        for (name, value) in fields {
            let value = value
                .replace('%', "%25")
                .replace('+', "%2B")
                .replace('&', "%26");
            form.push_str(&format!("&{name}={value}"));
        }
        let request = Request::new(Method::POST, "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", SIGNED)
            .body(form);
        let answer = self.cloud.answer(request).into_http().unwrap().unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.body().to_vec()).unwrap())
    }

    /// Like [`Scene::ask`], for a call that must succeed.
    pub fn ok(&self, service: &str, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask(service, operation, &body);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Like [`Scene::ask`], for a call that must be rejected. Returns code and message.
    pub fn refused(&self, service: &str, operation: &str, body: Value) -> (String, String) {
        let (status, answer) = self.ask(service, operation, &body);
        assert_ne!(status, 200, "{operation} was to be refused: {answer}");
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (text("__type"), text("message"))
    }

    /// Advances the clock.
    pub fn pass(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
    }

    /// The service `web` from DescribeServices.
    pub fn web(&self) -> Value {
        let body = json!({"cluster": "demo", "services": ["web"]});
        self.ok("ecs", "DescribeServices", body)["services"][0].clone()
    }

    /// The newest service deployment of `web`.
    pub fn newest(&self) -> Value {
        let list = self.ok(
            "ecs",
            "ListServiceDeployments",
            json!({"cluster": "demo", "service": "web"}),
        );
        self.deployment(&list["serviceDeployments"][0]["serviceDeploymentArn"])
    }

    /// A service deployment.
    pub fn deployment(&self, arn: &Value) -> Value {
        let body = json!({"serviceDeploymentArns": [arn]});
        let answer = self.ok("ecs", "DescribeServiceDeployments", body);
        answer["serviceDeployments"][0].clone()
    }

    /// The tasks of `web` of this desired status.
    pub fn tasks(&self, desired: &str) -> Vec<Value> {
        let list = self.ok(
            "ecs",
            "ListTasks",
            json!({"cluster": "demo", "serviceName": "web", "desiredStatus": desired}),
        );
        if list["taskArns"] == json!([]) {
            return Vec::new();
        }
        let body = json!({"cluster": "demo", "tasks": list["taskArns"]});
        let answer = self.ok("ecs", "DescribeTasks", body);
        answer["tasks"].as_array().unwrap().clone()
    }

    /// State and reason of each target of the group, in order.
    pub fn targets(&self, group: &str) -> Vec<(String, String, String)> {
        let (status, xml) = self.form("elb", "DescribeTargetHealth", &[("TargetGroupArn", group)]);
        assert_eq!(status, 200, "{xml}");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let text = |node: roxmltree::Node<'_, '_>, name: &str| {
            let found = node.descendants().find(|n| n.tag_name().name() == name);
            found
                .and_then(|n| n.text().map(ToOwned::to_owned))
                .unwrap_or_default()
        };
        document
            .descendants()
            .filter(|node| node.tag_name().name() == "member")
            .map(|node| (text(node, "Id"), text(node, "State"), text(node, "Reason")))
            .collect()
    }

    /// All requests of one service so far, as operation and answer.
    pub fn answers(&self, service: Service) -> Vec<fakes::Recorded> {
        let requests = self.cloud.requests();
        requests
            .into_iter()
            .filter(|r| r.service == service)
            .collect()
    }

    /// The messages of `web`'s events, oldest first, without ids.
    pub fn events(&self) -> Vec<String> {
        let web = self.web();
        let events = web["events"].as_array().unwrap();
        let mut messages: Vec<String> = events
            .iter()
            .map(|event| event["message"].as_str().unwrap().to_owned())
            .collect();
        messages.reverse();
        messages
    }
}

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260302/eu-central-1/ecs/aws4_request, \
     SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000";

/// A Fargate task definition with a container `app` on port 8080 that logs to `/ecs/web`.
pub fn task_definition(family: &str) -> Value {
    json!({
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        "containerDefinitions": [{
            "name": "app",
            "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:1",
            "portMappings": [{"containerPort": 8080}],
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/web",
                "awslogs-region": "eu-central-1",
                "awslogs-stream-prefix": "web",
            }},
        }],
    })
}
