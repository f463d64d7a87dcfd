//! A running service, a deployment that follows its script, and the program in a clean environment.

use std::process::{Command, Output};
use std::time::Duration;

use fakes::{Cloud, Rollout, TargetGroup};
use serde_json::{Value, json};

pub struct Scene {
    pub cloud: Cloud,
    pub group: TargetGroup,
    folder: tempfile::TempDir,
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// The result file.
    pub result: Value,
}

impl Ran {
    /// Checks exit code and verdict. Panics with the whole output.
    #[track_caller]
    pub fn expect(self, code: i32, verdict: &str) -> Self {
        let output = format!("{}\n{}\n{:#}", self.stdout, self.stderr, self.result);
        assert_eq!(self.code, code, "{output}");
        assert_eq!(self.result["verdict"], verdict, "{output}");
        self
    }

    /// Checks that stderr contains these texts.
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(
                self.stderr.contains(text),
                "{text:?} is not shown:\n{}",
                self.stderr
            );
        }
        self
    }

    pub fn data(&self) -> &Value {
        &self.result["data"]
    }
}

impl Scene {
    /// A cluster `prod`, and a task definition that logs to `/web`.
    pub fn new() -> Self {
        let cloud = Cloud::start();
        cloud.ecs().cluster("prod");
        cloud.logs().group("/web");
        let group = cloud.elb().target_group("web", 8080);
        let scene = Self {
            cloud,
            group,
            folder: tempfile::tempdir().unwrap(),
        };
        let definition = json!({
            "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512", "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
            "containerDefinitions": [{
                "name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/web", "awslogs-region": scene.cloud.region(),
                    "awslogs-stream-prefix": "ecs"}},
            }],
        });
        scene
            .cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .unwrap();
        scene
    }

    /// The same with a healthy service of two tasks.
    pub fn running() -> Self {
        let scene = Self::new();
        scene.cloud.ecs().running_service(scene.service()).unwrap();
        scene
    }

    /// A healthy blue/green service. Its deployments pause at this stage.
    pub fn paused(stage: &str) -> Self {
        let scene = Self::new();
        let alternate = scene.cloud.elb().target_group("web-green", 8080);
        let groups = [scene.group.arn.as_str(), &alternate.arn];
        let rule = scene
            .cloud
            .elb()
            .rule(&scene.group.listener_arn, "/*", groups);
        let mut service = scene.service();
        service["loadBalancers"][0]["advancedConfiguration"] = json!({
            "alternateTargetGroupArn": alternate.arn, "productionListenerRule": rule,
            "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure",
        });
        service["deploymentConfiguration"] = json!({
            "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0,
            "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": [stage],
                "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}],
        });
        scene.cloud.ecs().running_service(service).unwrap();
        scene
    }

    pub fn service(&self) -> Value {
        json!({
            "cluster": "prod", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
            "loadBalancers": [
                {"targetGroupArn": self.group.arn, "containerName": "app", "containerPort": 8080}],
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
        })
    }

    /// Creates the service. Its first deployment follows the script. Returns the deployment's ID.
    pub fn create(&self, service: Value, rollout: Rollout) -> String {
        self.cloud.ecs().script("web", rollout);
        id(&self.cloud.call("ecs", "CreateService", service).unwrap())
    }

    /// Starts a deployment that follows the script. Returns its ID.
    pub fn deploy(&self, rollout: Rollout) -> String {
        self.update(rollout, json!({}))
    }

    /// The same with further members of UpdateService.
    pub fn update(&self, rollout: Rollout, members: Value) -> String {
        self.cloud.ecs().script("web", rollout);
        let mut body = json!({"cluster": "prod", "service": "web", "forceNewDeployment": true});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        id(&self.cloud.call("ecs", "UpdateService", body).unwrap())
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// The program, which waits for `web` in `prod`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command.args(["--cluster", "prod", "--service", "web"]);
        command
    }

    /// The program without `--cluster` and `--service`.
    pub fn bare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wait-healthy"));
        command
            .env_clear()
            .envs(self.cloud.env())
            .current_dir(self.folder.path())
            .args(args)
            .args([
                "--endpoint-url",
                &self.cloud.endpoint_url(),
                "--results",
                "results",
            ]);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.ran(self.command(args).output().unwrap())
    }

    pub fn ran(&self, output: Output) -> Ran {
        let result = self.read("results/wait-healthy.json");
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            result: serde_json::from_str(&result).unwrap_or(Value::Null),
        }
    }
}

/// The ID of the deployment in the response to a write.
fn id(answer: &Value) -> String {
    let deployments = answer["service"]["deployments"].as_array().unwrap();
    let primary = deployments
        .iter()
        .find(|d| d["status"] == "PRIMARY")
        .unwrap();
    primary["id"].as_str().unwrap().to_owned()
}

/// A rollout that takes a second.
pub fn healthy() -> Rollout {
    Rollout::healthy().over(Duration::from_secs(1))
}

/// Tasks that crash half a second after their start.
pub fn crashing() -> Rollout {
    Rollout::crashing()
        .exit_code(3)
        .log_lines(["starting", "fatal: no database"])
        .over(Duration::from_millis(700))
        .rolling_back(Duration::from_secs(2))
}
