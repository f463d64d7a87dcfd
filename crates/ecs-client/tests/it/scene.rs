//! A fake cloud with a service, and a session for it.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use ecs_client::{RetryMode, ServiceReader};
use fakes::{Clock, Cloud, Recorded};
use pipeline_aws::Session;
use serde_json::{Value, json};

pub struct Scene {
    pub cloud: Cloud,
    pub clock: Clock,
    pub session: Session,
}

impl Scene {
    /// A service `web` in the cluster `prod` whose deployment succeeded.
    pub fn running() -> Self {
        let scene = Self::new();
        scene.create(json!({}));
        scene.clock.advance(Duration::from_secs(600));
        scene.cloud.forget_requests();
        scene
    }

    /// A service whose first deployment is paused before the traffic shift.
    pub fn paused() -> Self {
        let scene = Self::new();
        scene.create(
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1, "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
             "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}]}),
        );
        scene.clock.advance(Duration::from_secs(30));
        scene.cloud.forget_requests();
        scene
    }

    fn new() -> Self {
        let clock = Clock::manual_at("2026-03-02T09:00:00Z".parse().unwrap());
        let cloud = Cloud::builder().clock(clock.clone()).start();
        cloud.ecs().cluster("prod");
        let definition = json!({
            "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512",
            "containerDefinitions": [{"name": "app", "image": "app:1",
                "portMappings": [{"containerPort": 8080}]}],
        });
        cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .unwrap();
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
            .region(Region::new(cloud.region()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(pipeline_http::aws_client())
            .endpoint_url(cloud.endpoint_url())
            .build();
        Self {
            cloud,
            clock,
            session: Session::from_config(config),
        }
    }

    fn create(&self, configuration: Value) {
        let elb = self.cloud.elb();
        let blue = elb.target_group("web", 8080);
        let green = elb.unattached_target_group("green", 8080, "ip");
        let rule = elb.rule(&blue.listener_arn, "/", [&blue.arn, &green]);
        let mut balancer = json!(
            {"targetGroupArn": blue.arn, "containerName": "app", "containerPort": 8080});
        if configuration["strategy"] == "BLUE_GREEN" {
            balancer["advancedConfiguration"] = json!({"alternateTargetGroupArn": green,
                "productionListenerRule": rule,
                "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure"});
        }
        let service = json!({
            "cluster": "prod", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2,
            "launchType": "FARGATE", "deploymentConfiguration": configuration,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
            "loadBalancers": [balancer],
        });
        self.cloud.call("ecs", "CreateService", service).unwrap();
    }

    pub fn reader(&self, retries: RetryMode) -> ServiceReader {
        ServiceReader::new(&self.session, "prod", "web", retries)
    }

    /// The newest service deployment.
    pub fn deployment(&self) -> Value {
        let body = json!({"cluster": "prod", "service": "web"});
        let listed = self.cloud.call("ecs", "ListServiceDeployments", body);
        let arn = listed.unwrap()["serviceDeployments"][0]["serviceDeploymentArn"].clone();
        let body = json!({"serviceDeploymentArns": [arn]});
        let described = self.cloud.call("ecs", "DescribeServiceDeployments", body);
        described.unwrap()["serviceDeployments"][0].clone()
    }

    /// The ARN of the deployment and the ID of the hook that it is paused at.
    pub fn paused_at(&self) -> (String, String) {
        let deployment = self.deployment();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&deployment["serviceDeploymentArn"]),
            text(&deployment["lifecycleHookDetails"][0]["hookId"]),
        )
    }

    /// The number of calls of an operation.
    pub fn calls(&self, operation: &str) -> usize {
        self.cloud.requests_of("ecs", operation).len()
    }

    /// The request bodies of an operation.
    pub fn sent(&self, operation: &str) -> Vec<Value> {
        let calls = self.cloud.requests_of("ecs", operation);
        calls.iter().map(Recorded::json).collect()
    }
}
