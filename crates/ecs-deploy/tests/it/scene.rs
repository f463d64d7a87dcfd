//! A fake cloud, a directory with files, and the program, isolated from the environment of this
//! machine.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use fakes::{Clock, Cloud, Recorded, TargetGroup};
use serde_json::{Value, json};

pub struct Scene {
    pub cloud: Cloud,
    pub clock: Clock,
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
    pub fn data(&self) -> &Value {
        &self.result["data"]
    }

    /// The action word of a successful run.
    pub fn action(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.data()["action"].as_str().unwrap_or_default()
    }
}

/// Runs the cases in parallel, because the programs mostly wait.
pub fn at_once<C: Send + Sync>(cases: Vec<C>, each: impl Fn(&C) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..16 {
            threads.spawn(|| {
                let take = || cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                while let Some(case) = take() {
                    each(case);
                }
            });
        }
    });
}

/// Calls that change something.
pub const WRITES: [&str; 11] = [
    "RegisterTaskDefinition",
    "CreateService",
    "UpdateService",
    "DeleteService",
    "TagResource",
    "UntagResource",
    "RunTask",
    "StopTask",
    "DeregisterTaskDefinition",
    "StopServiceDeployment",
    "ContinueServiceDeployment",
];

fn has_empty_list(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty() || list.iter().any(has_empty_list),
        Value::Object(members) => members.values().any(has_empty_list),
        _ => false,
    }
}

impl Scene {
    /// A cluster `prod`, a target group on a listener, and a rendered task definition and a service
    /// definition in the directory. The clock of the cloud does not move by itself.
    pub fn new() -> Self {
        Self::on(Clock::manual_at(jiff::Timestamp::now()))
    }

    /// The same, in real time.
    pub fn living() -> Self {
        Self::on(Clock::real())
    }

    /// The same, with the caller's clock.
    pub fn on(clock: Clock) -> Self {
        let cloud = Cloud::builder().clock(clock.clone()).start();
        cloud.ecs().cluster("prod");
        let group = cloud.elb().target_group("web", 8080);
        let scene = Self {
            cloud,
            clock,
            group,
            folder: tempfile::tempdir().unwrap(),
        };
        scene.write("task.json", &task_definition("app@sha256:1"));
        scene.write("service.json", &scene.service_definition());
        scene
    }

    pub fn service_definition(&self) -> Value {
        json!({
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
            "loadBalancers": [
                {"targetGroupArn": self.group.arn, "containerName": "app", "containerPort": 8080}],
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
            "healthCheckGracePeriodSeconds": 30,
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).unwrap();
    }

    /// Changes one member of a file.
    pub fn edit(&self, name: &str, pointer: &str, value: Value) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        let mut document: Value = serde_json::from_str(&text).unwrap();
        match document.pointer_mut(pointer) {
            Some(there) => *there = value,
            None => {
                let (parent, member) = pointer.rsplit_once('/').unwrap();
                document.pointer_mut(parent).unwrap()[member] = value;
            }
        }
        self.write(name, &document);
    }

    /// Declares a blue/green, linear or canary strategy with the members that it needs.
    pub fn put_blue_green(&self, configuration: Value) {
        let elb = self.cloud.elb();
        let green = elb.unattached_target_group("green", 8080, "ip");
        let blue = &self.group;
        let rule = elb.rule(&blue.listener_arn, "/", [&blue.arn, &green]);
        self.edit(
            "service.json",
            "/loadBalancers/0/advancedConfiguration",
            json!({"alternateTargetGroupArn": green, "productionListenerRule": rule,
                "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure"}),
        );
        self.edit("service.json", "/deploymentConfiguration", configuration);
    }

    /// Declares an EBS volume in both definitions, and returns the member of the service.
    pub fn put_volume(&self, gibibytes: u32) -> Value {
        let role = "arn:aws:iam::123456789012:role/ecs-infrastructure";
        let volume = json!([{"name": "data",
            "managedEBSVolume": {"roleArn": role, "sizeInGiB": gibibytes}}]);
        let volumes = json!([{"name": "data", "configuredAtLaunch": true}]);
        self.edit("task.json", "/volumes", volumes);
        self.edit("service.json", "/volumeConfigurations", volume.clone());
        volume
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-deploy"));
        command
            .env_clear()
            .envs(self.cloud.env())
            .current_dir(self.folder.path())
            .args(args)
            .args(["--endpoint-url", &self.cloud.endpoint_url()])
            .args(["--results", "results"]);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let _ = std::fs::remove_dir_all(self.path("results"));
        let before = self.cloud.requests().len();
        let ran = self.ran(self.command(args).output().unwrap());
        // A test may have cleared the requests while the program ran.
        let asked = self.cloud.requests();
        self.check(asked.get(before..).unwrap_or(&asked), args);
        ran
    }

    /// Asserts what every run must satisfy.
    pub fn check(&self, asked: &[Recorded], args: &[&str]) {
        crate::policy::check(asked, args);
        let mut writes = asked
            .iter()
            .filter(|r| WRITES.contains(&r.operation.as_str()));
        if args.contains(&"--dry-run") {
            assert!(writes.next().is_none(), "a dry run writes nothing");
        }
        let writes_an_empty_list = |name: &str| {
            std::fs::read_to_string(self.path(name)).is_ok_and(|text| text.contains("[]"))
        };
        if !["task.json", "service.json"]
            .into_iter()
            .any(writes_an_empty_list)
        {
            for request in writes {
                let body = request.json();
                assert!(!has_empty_list(&body), "nobody wrote an empty list: {body}");
            }
        }
    }

    pub fn ran(&self, output: Output) -> Ran {
        let result = std::fs::read_to_string(self.path("results/ecs-deploy.json"));
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            result: result.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap()),
        }
    }

    /// Deploys both files.
    pub fn deploy(&self) -> Ran {
        self.deploy_with(&[])
    }

    pub fn deploy_with(&self, more: &[&str]) -> Ran {
        let mut args = vec![
            "--task-definition",
            "task.json",
            "--service-definition",
            "service.json",
            "--cluster",
            "prod",
            "--service",
            "web",
        ];
        args.extend(more);
        self.run(&args)
    }

    /// Lets the deployment in progress end, then clears the recorded requests.
    pub fn settle(&self) {
        self.clock.advance(Duration::from_secs(600));
        self.cloud.forget_requests();
    }

    /// A scene with a successful deployment.
    pub fn deployed() -> Self {
        let scene = Self::new();
        let ran = scene.deploy();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        scene.settle();
        scene
    }

    /// The request bodies of an operation.
    pub fn sent(&self, operation: &str) -> Vec<Value> {
        self.cloud
            .requests_of("ecs", operation)
            .iter()
            .map(Recorded::json)
            .collect()
    }

    /// The writes, in order.
    pub fn writes(&self) -> Vec<String> {
        self.cloud
            .requests()
            .into_iter()
            .map(|request| request.operation)
            .filter(|operation| WRITES.contains(&operation.as_str()))
            .collect()
    }

    /// The service as ECS describes it.
    pub fn service(&self) -> Value {
        let body = json!({"cluster": "prod", "services": ["web"], "include": ["TAGS"]});
        let answer = self.cloud.call("ecs", "DescribeServices", body).unwrap();
        answer["services"][0].clone()
    }

    /// The number of active revisions of the family.
    pub fn revisions(&self) -> usize {
        let body = json!({"familyPrefix": "web"});
        let answer = self.cloud.call("ecs", "ListTaskDefinitions", body).unwrap();
        answer["taskDefinitionArns"].as_array().unwrap().len()
    }
}

/// A service whose first deployment is paused before the traffic shift.
pub fn paused() -> Scene {
    let scene = Scene::new();
    scene.put_blue_green(
        json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1, "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
             "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}]}),
    );
    let ran = scene.deploy();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    scene.clock.advance(Duration::from_secs(30));
    scene
}

pub fn task_definition(image: &str) -> Value {
    json!({
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "taskRoleArn": "arn:aws:iam::123456789012:role/web-task",
        "containerDefinitions": [{
            "name": "app", "image": image, "portMappings": [{"containerPort": 8080}],
        }],
    })
}
