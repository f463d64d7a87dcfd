//! `docs/migrating.md`: our commands on the right of its tables do the same as those on the left.

use std::time::Duration;

use fakes::{Cloud, Rollout};
use serde_json::{Value, json};
use stories::programs::{Ran, command, program, run};

/// A service that another tool deployed.
struct Scene {
    cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let cloud = Cloud::start();
        cloud.ecs().cluster("demo");
        let at_once = Rollout::healthy().over(Duration::ZERO);
        cloud.ecs().default_script(at_once.draining(Duration::ZERO));
        let definition = json!({
            "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512",
            "containerDefinitions": [{"name": "app", "image": "app:1", "essential": true,
                "environment": [{"name": "OLD", "value": "1"}]}],
        });
        cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .unwrap();
        let service = json!({
            "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
        });
        cloud.ecs().running_service(service).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { cloud, folder }
    }

    /// A command line of the page, split at spaces.
    fn run(&self, line: &str) -> Ran {
        let (verb, arguments) = line.split_once(' ').unwrap();
        let mut verb = command(program(verb));
        verb.args(arguments.split(' '));
        verb.current_dir(self.folder.path()).envs(self.cloud.env());
        verb.env("FARGATE_ENDPOINT_URL", self.cloud.endpoint_url());
        verb.env("FARGATE_RESULTS", "results");
        run(&mut verb)
    }

    fn last(&self, operation: &str) -> Value {
        let all = self.cloud.requests_of("ecs", operation);
        all.last().expect("it was called").json()
    }
}

#[test]
fn fabfuel_deploy_and_scale() {
    let scene = Scene::new();
    scene
        .run("render-taskdef --cluster demo --service web --image app=app:2 --env app:NEW=2 --exclusive-env app --out t.json")
        .expect(0);
    scene
        .run("ecs-deploy --cluster demo --service web --task-definition t.json")
        .expect(0);
    scene
        .run("wait-healthy --cluster demo --service web --deployment results/ecs-deploy.json --timeout 300s")
        .expect(0);
    let container = scene.last("RegisterTaskDefinition")["containerDefinitions"][0].clone();
    assert_eq!(container["image"], "app:2");
    let environment = json!([{"name": "NEW", "value": "2"}]);
    assert_eq!(container["environment"], environment);

    scene.cloud.forget_requests();
    scene
        .run("ecs-deploy --cluster demo --service web --desired-count 3 --update-desired-count")
        .expect(0);
    let scaled = scene.last("UpdateService");
    assert_eq!(scaled["desiredCount"], 3);
    assert_eq!(scaled["taskDefinition"], Value::Null);
}

#[test]
fn ecspresso_refresh_and_init() {
    let scene = Scene::new();
    scene
        .run("ecs-deploy --cluster demo --service web --force-new-deployment")
        .expect(0);
    assert_eq!(scene.last("UpdateService")["forceNewDeployment"], true);
    scene
        .run("ecs-deploy init --cluster demo --service web --dir .")
        .expect(0);
    for file in ["taskdef.json", "service.json"] {
        assert!(scene.folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn ecspresso_files_work_unchanged() {
    let scene = Scene::new();
    // `ecspresso init` writes what Describe returns, like these files.
    let shown = scene
        .cloud
        .call(
            "ecs",
            "DescribeTaskDefinition",
            json!({"taskDefinition": "web"}),
        )
        .unwrap();
    let mut definition = shown["taskDefinition"].clone();
    definition["containerDefinitions"][0]["image"] = json!("app:3");
    let file = scene.folder.path().join("ecs-task-def.json");
    std::fs::write(file, definition.to_string()).unwrap();
    scene
        .run("render-taskdef --task-definition ecs-task-def.json --out t.json")
        .expect(0);
    scene
        .run("ecs-deploy --cluster demo --service web --task-definition t.json")
        .expect(0);
    let registered = scene.last("RegisterTaskDefinition");
    assert_eq!(registered["containerDefinitions"][0]["image"], "app:3");
    assert_eq!(registered["revision"], Value::Null);
}
