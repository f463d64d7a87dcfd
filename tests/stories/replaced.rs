//! ecs-deploy and wait-healthy with real containers as tasks: create, leave unchanged, replace,
//! delete, and report a missing image.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stories::counterparts::{DockerEngine, Ministack, exchange, not_run};
use stories::image::{Recipe, oci_layout};
use stories::programs::{Ran, command, program, run};

const NAMED: [&str; 4] = ["--cluster", "demo", "--service", "web"];

struct Stage<'a> {
    engine: &'a DockerEngine,
    cloud: &'a Ministack,
    folder: &'a Path,
}

impl Stage<'_> {
    fn run(&self, verb: &str, args: &[&str]) -> Ran {
        run(command(program(verb))
            .current_dir(self.folder)
            .env("HOME", self.folder)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("FARGATE_ENDPOINT_URL", self.cloud.endpoint())
            .args(args))
    }

    fn deploy(&self, more: &[&str]) -> Ran {
        let files = ["--task-definition", "task.json", "--subnets", "subnet-0a"];
        let args = [&files[..], &["--results", "results"], &NAMED, more].concat();
        self.run("ecs-deploy", &args)
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.folder.join(name), value.to_string()).unwrap();
    }

    /// The IDs of the running containers.
    fn containers(&self) -> Vec<String> {
        let listed = run(self.engine.docker().args(["ps", "--quiet", "--no-trunc"]));
        listed.stdout.lines().map(str::to_owned).collect()
    }

    /// Waits until exactly one container runs that is not in `old`; returns its ID and its
    /// response.
    fn the_only_container(&self, old: &[String]) -> (String, String) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let [only] = self.containers().as_slice()
                && !old.contains(only)
                && let Some(answer) = self.answer(only)
            {
                return (only.clone(), answer);
            }
            assert!(Instant::now() < deadline, "{:?}", self.containers());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn answer(&self, container: &str) -> Option<String> {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
        let inspect = ["inspect", "--format", format, container];
        let inspected = run(self.engine.docker().args(inspect));
        let host = format!("{}:8080", inspected.stdout.split_whitespace().next()?);
        let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let (_, body) = exchange(&host, &request).ok()?;
        Some(body.trim_end().to_owned())
    }
}

fn task(image: &str, greeting: &str) -> Value {
    json!({"family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512", "containerDefinitions": [
            {"name": "app", "image": image, "essential": true,
             "portMappings": [{"containerPort": 8080}],
             "environment": [{"name": "HELLO_GREETING", "value": greeting}]}]})
}

/// Starts the counterparts, and prepares the cluster and the image of the story.
fn on_stage(name: &str, story: impl FnOnce(&Stage<'_>, &str)) {
    let started = DockerEngine::start().and_then(|engine| {
        let cloud = Ministack::start(&engine)?;
        Ok((engine, cloud))
    });
    let (engine, cloud) = match started {
        Ok(started) => started,
        Err(reason) => return not_run(name, &reason),
    };
    let scratch = tempfile::tempdir().unwrap();
    let stage = Stage {
        engine: &engine,
        cloud: &cloud,
        folder: scratch.path(),
    };
    let ecs = "AmazonEC2ContainerServiceV20141113.CreateCluster";
    cloud.json("ecs", ecs, r#"{"clusterName":"demo"}"#).unwrap();
    let ecr = "AmazonEC2ContainerRegistry_V20150921.CreateRepository";
    cloud
        .json("ecr", ecr, r#"{"repositoryName":"web"}"#)
        .unwrap();
    let recipe = Recipe {
        program: &program("hello"),
        environment: &[],
    };
    oci_layout(&scratch.path().join("image"), &recipe).unwrap();
    let registry = cloud.endpoint();
    let push = [
        "--source",
        "oci:image",
        "--repository",
        "web",
        "--tag",
        "v1",
        "--registry",
    ];
    let pushed = stage
        .run("ecr-push", &[&push[..], &[&registry]].concat())
        .expect(0);
    story(&stage, pushed.value());
}

#[test]
fn only_a_deployment_replaces_containers() {
    on_stage("only_a_deployment_replaces_containers", replaced);
}

fn replaced(stage: &Stage<'_>, image: &str) {
    stage.write("task.json", &task(image, "one"));
    stage.deploy(&["--desired-count", "1"]).expect(0);
    let (first, answer) = stage.the_only_container(&[]);
    assert_eq!(answer, "one");

    // A re-run does not touch any container.
    stage.deploy(&[]).expect(0);
    assert_eq!(stage.containers(), std::slice::from_ref(&first));

    // A pre-deploy task is a real container, too. If it fails, the service stays unchanged.
    stage.write("task.json", &task(image, "two"));
    let crash = json!([{"name": "HELLO_CRASH", "value": "no such table"}]);
    let overrides = json!({"containerOverrides": [{"name": "app", "environment": crash}]});
    stage.write("migrate.json", &json!({"overrides": overrides}));
    let failed = stage
        .deploy(&["--pre-deploy-task", "migrate.json"])
        .expect(5);
    assert!(failed.stderr.contains("exited with 3"), "{}", failed.stderr);
    assert_eq!(stage.answer(&first).as_deref(), Some("one"));

    stage.deploy(&[]).expect(0);
    let (second, answer) = stage.the_only_container(&[first]);
    assert_eq!(answer, "two");

    // The previous revision, by name.
    let back = ["--task-definition", "web:1"];
    stage
        .run("ecs-deploy", &[&back[..], &NAMED].concat())
        .expect(0);
    let (_, answer) = stage.the_only_container(&[second]);
    assert_eq!(answer, "one");

    stage
        .run("ecs-deploy", &[&["delete"], &NAMED[..]].concat())
        .expect(0);
    let deadline = Instant::now() + Duration::from_secs(30);
    while !stage.containers().is_empty() {
        assert!(Instant::now() < deadline, "{:?}", stage.containers());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_missing_image_is_reported_and_the_old_container_stays() {
    on_stage(
        "a_missing_image_is_reported_and_the_old_container_stays",
        refused,
    );
}

fn refused(stage: &Stage<'_>, image: &str) {
    let breaker = json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    let service = json!({"desiredCount": 1, "deploymentConfiguration": breaker});
    stage.write("service.json", &service);
    let file = ["--service-definition", "service.json"];
    stage.write("task.json", &task(image, "one"));
    stage.deploy(&file).expect(0);
    let (first, _) = stage.the_only_container(&[]);
    let wait = ["--deployment", "results/ecs-deploy.json", "--timeout", "2m"];
    let wait = [&wait[..], &NAMED].concat();
    stage.run("wait-healthy", &wait).expect(0);

    let (registry, _) = image.split_once('@').unwrap();
    stage.write("task.json", &task(&format!("{registry}:absent"), "two"));
    stage.deploy(&file).expect(0);
    let ran = stage.run("wait-healthy", &wait).expect(6);
    let printed = &ran.stderr;
    // If the rollback was over at the first look, ECS shows only the attempts to resolve the tag.
    let causes = ["CannotPullContainerError", "image digest resolution"];
    assert!(
        causes.iter().any(|cause| printed.contains(cause)),
        "{printed}"
    );
    assert_eq!(stage.containers(), [first]);
    // A wait that starts late sees only what remains, but reports the same.
    stage.run("wait-healthy", &wait).expect(6);
}
