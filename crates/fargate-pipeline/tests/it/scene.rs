//! An existing service that someone created by other means, an image, and an empty directory.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use fakes::{Cloud, Rollout};
use serde_json::{Value, json};
use stories::image::{Recipe, oci_layout};

/// The image of the other container, which has no tag that could move.
pub const PROXY: &str =
    "proxy@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub const REPOSITORY: &str = "team/web";
pub const PROJECT: &str = "acme/web";
pub const PULL_REQUEST: u64 = 7;

pub struct Scene {
    pub cloud: Cloud,
    pub digest: String,
    folder: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Scene {
    pub fn new() -> Self {
        let cloud = Cloud::start();
        cloud.ecs().cluster("prod");
        cloud
            .ecs()
            .default_script(Rollout::healthy().over(Duration::from_millis(200)));
        let uri = cloud.ecr().repository(REPOSITORY);
        let group = cloud.elb().target_group("web", 8080);
        let definition = json!({
            "family": "web",
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512",
            "containerDefinitions": [
                {"name": "proxy", "image": PROXY, "essential": true},
                {"name": "app", "image": format!("{uri}:old"), "essential": true,
                    "portMappings": [{"containerPort": 8080}]},
            ],
        });
        cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .expect("registered");
        let service = json!({
            "cluster": "prod", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
            "loadBalancers": [
                {"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080}],
        });
        cloud.ecs().running_service(service).expect("running");
        cloud.github().pull_request(
            PROJECT,
            PULL_REQUEST,
            "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d",
        );
        let folder = tempfile::tempdir().expect("a directory");
        let program = folder.path().join("program");
        std::fs::write(&program, "program").expect("written");
        let recipe = Recipe {
            program: &program,
            environment: &[],
        };
        let digest = oci_layout(&folder.path().join("image"), &recipe).expect("an image");
        cloud.forget_requests();
        Self {
            cloud,
            digest,
            folder,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// A command of the program, with access to the cloud by variables.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fargate-pipeline"));
        command
            .env_clear()
            .envs(self.cloud.env())
            .env("NO_PROXY", "127.0.0.1")
            .env("FARGATE_ENDPOINT_URL", self.cloud.endpoint_url())
            .env("FARGATE_API_URL", self.cloud.endpoint_url())
            .env("FARGATE_RESULTS", "results")
            .env("TMPDIR", self.folder.path())
            .current_dir(self.folder.path())
            .args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().expect("started"))
    }

    /// Deploys the image to the service, with nothing but the names.
    pub fn deploy(&self, more: &[&str]) -> Ran {
        let mut args = vec!["deploy", "--cluster", "prod", "--service", "web"];
        args.extend(["--source", "oci:image"]);
        args.extend(more);
        self.run(&args)
    }

    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.cloud.requests_of(service, operation).len()
    }

    /// The result file of a step.
    pub fn result(&self, verb: &str) -> Option<Value> {
        let text = std::fs::read_to_string(self.path(&format!("results/{verb}.json"))).ok()?;
        Some(serde_json::from_str(&text).expect("JSON"))
    }

    /// The images of the containers that the service runs.
    pub fn images(&self) -> Vec<String> {
        let services = json!({"cluster": "prod", "services": ["web"]});
        let service = self.cloud.call("ecs", "DescribeServices", services);
        let service = service.expect("described");
        let name = &service["services"][0]["taskDefinition"];
        let name = json!({"taskDefinition": name});
        let answer = self.cloud.call("ecs", "DescribeTaskDefinition", name);
        let answer = answer.expect("described");
        let containers = answer["taskDefinition"]["containerDefinitions"].as_array();
        let containers = containers.into_iter().flatten();
        containers
            .map(|container| container["image"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ran {
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }
}
