//! Results in the form in which the steps write them, and a way to run the program on them.

use std::path::Path;
use std::process::{Command, Output};

use deploy_status::{DeploymentReport, ReportContext, read, render};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A directory with results.
pub struct Scene {
    pub directory: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Scene {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// The five steps of a successful deployment.
    pub fn success() -> Self {
        Scene::new()
            .outputs()
            .push()
            .render()
            .deploy()
            .wait("succeeded", 0, succeeded())
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The result of a step.
    pub fn step(self, verb: &str, verdict: &str, exit_code: u8, seconds: f64, data: Value) -> Self {
        self.result(verb, verdict, exit_code, seconds, Value::Null, data)
    }

    pub fn result(
        self,
        verb: &str,
        verdict: &str,
        exit_code: u8,
        seconds: f64,
        error: Value,
        data: Value,
    ) -> Self {
        let result = json!({
            "schemaVersion": 1, "verb": verb, "version": env!("CARGO_PKG_VERSION"), "verdict": verdict,
            "exitCode": exit_code, "startedAt": "2026-11-20T10:00:00Z", "seconds": seconds,
            "error": error, "data": data,
        });
        self.file(&format!("{verb}.json"), &result.to_string())
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn outputs(self) -> Self {
        let names: Vec<String> = (0..34).map(|n| format!("output_{n}")).collect();
        let data = json!({"source": "s3://acme-state/infra.tfstate", "names": names, "omittedSensitive": ["db_password"]});
        self.step("tf-outputs", "read", 0, 0.08, data)
    }

    pub fn push(self) -> Self {
        let layer = |outcome: &str| json!({"digest": "sha256:0a", "mediaType": "x", "bytes": 9, "outcome": outcome, "seconds": 1.0});
        let data = json!({
            "image": format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:{}", "ab".repeat(32)),
            "repository": "web", "digest": format!("sha256:{}", "ab".repeat(32)),
            "tags": [{"name": "v1.4.2", "outcome": "written"}, {"name": "3f2c1d0", "outcome": "already-there"}],
            "layers": [layer("sent"), layer("already-there"), layer("already-there")],
            "bytesSent": 12_345_678, "requests": 9,
        });
        self.step("ecr-push", "pushed", 0, 3.21, data)
    }

    pub fn render(self) -> Self {
        let data = json!({
            "file": "task.json", "family": "web",
            "containers": [{"name": "app", "image": "web@sha256:ab"}],
            "lints": [{"code": "no-health-check", "severity": "warning", "message": "container `app` has no health check", "location": null}],
            "diff": "-      \"image\": \"web@sha256:cd\"\n+      \"image\": \"web@sha256:ab\"\n",
        });
        self.step("render-taskdef", "rendered", 0, 0.04, data)
    }

    pub fn deploy(self) -> Self {
        let data = json!({
            "cluster": "prod", "service": "web", "region": "eu-central-1", "action": "updated",
            "taskDefinition": {"arn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:43", "registered": true},
            "changes": [{"member": "taskDefinition"}],
            "deployment": {"serviceDeploymentArn": "arn:aws:ecs:eu-central-1:123456789012:service-deployment/prod/web/NqP1x", "ecsSvcId": "ecs-svc/1234567890123456789"},
            "previousDeployment": {"ecsSvcId": "ecs-svc/1111111111111111111", "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:42"},
        });
        self.step("ecs-deploy", "updated", 0, 1.9, data)
    }

    pub fn wait(self, verdict: &str, exit_code: u8, data: Value) -> Self {
        self.step("wait-healthy", verdict, exit_code, 83.4, data)
    }

    /// The comment for these results.
    pub fn markdown(&self, context: &ReportContext) -> String {
        let report = DeploymentReport::of(read(&[self.path().to_owned()], None).unwrap());
        without_version(&render(&report, context, 65_536))
    }
}

/// A comment for a snapshot, which must not change with each release.
pub fn without_version(comment: &str) -> String {
    let version = concat!("fargate-pipeline ", env!("CARGO_PKG_VERSION"));
    comment.replace(version, "fargate-pipeline VERSION")
}

/// The data of wait-healthy, with these members set.
pub fn waited(members: Value) -> Value {
    let mut data = json!({
        "cluster": "prod", "service": "web", "region": "eu-central-1",
        "deployment": {"ecsSvcId": "ecs-svc/1234567890123456789"},
        "summary": null, "until": "complete", "cause": null,
        "tasks": {"running": 2, "pending": 0, "desired": 2},
    });
    for (name, value) in members.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

pub fn succeeded() -> Value {
    waited(json!({"summary": "service web in prod runs web:43: 2 of 2 tasks healthy."}))
}

/// A container that exits at once, with its last log lines.
pub fn crashed() -> Value {
    waited(json!({
        "summary": "service web in prod failed to deploy web:43: container app exits with 1.",
        "tasks": {"running": 0, "pending": 0, "desired": 2},
        "cause": {
            "summary": "the container app ends by itself soon after its start.",
            "remedy": "Read the container's last log lines below, and run the image with the same environment.",
            "class": "container-exits",
            "groups": [{
                "count": 3, "stopCode": "EssentialContainerExited",
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "app", "exitCode": 1, "meaning": "the program reported an error", "reason": null}],
                "logs": [{"container": "app", "lines": ["starting", "panic: DATABASE_URL is not set", "password=hunter2 token: ghp_0123456789abcdef0123"]}],
                "lastTask": "0a1b2c",
            }],
            "targets": [{"id": "10.0.1.7", "port": 8080, "state": "unhealthy", "reason": "Target.ResponseCodeMismatch", "description": "Health checks failed with these codes: [404]"}],
            "events": [{"id": "1", "createdAt": "2026-11-20T10:01:00Z", "message": "(service web) has started 1 tasks: (task 0a1b2c)."}],
        },
    }))
}

/// The context of a GitHub job.
pub fn github() -> ReportContext {
    ReportContext {
        name: None,
        environment_url: None,
        run_url: Some("https://github.com/acme/web/actions/runs/42".to_owned()),
        commit: Some("3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d".to_owned()),
        with_logs: false,
    }
}

/// Runs the program without the environment of the machine.
pub fn run(args: &[&str], env: &[(String, String)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy-status"))
        .args(args)
        .env_clear()
        .envs(env.iter().cloned())
        .output()
        .unwrap()
}
