//! Complete runs of every command, with the state before and after. They are repeated with a fault
//! on every call, and killed after every call.

use std::time::Duration;

use fakes::{OneOff, Recorded, Rollout};
use serde_json::{Value, json};

use crate::scene::{Ran, Scene, WRITES, paused};

#[derive(Clone)]
pub struct Story {
    pub name: &'static str,
    pub args: &'static [&'static str],
    pub ready: fn() -> Scene,
    /// Whether the state is right after a successful run.
    pub holds: fn(&Scene) -> bool,
}

impl Story {
    /// The scene without recorded requests.
    pub fn scene(&self) -> Scene {
        let scene = (self.ready)();
        scene.cloud.forget_requests();
        scene
    }

    pub fn run(&self, scene: &Scene) -> Ran {
        scene.run(&self.all_args())
    }

    pub fn all_args(&self) -> Vec<&'static str> {
        [self.args, &["--cluster", "prod", "--service", "web"]].concat()
    }

    /// For each call of a run without faults, whether it writes.
    pub fn calls(&self) -> Vec<bool> {
        let scene = self.scene();
        let ran = self.run(&scene);
        assert_eq!(ran.code, 0, "{}: {}", self.name, ran.stderr);
        assert!((self.holds)(&scene), "{}", self.name);
        let asked = scene.cloud.requests();
        let writes = |r: &Recorded| WRITES.contains(&r.operation.as_str());
        asked.iter().map(writes).collect()
    }
}

/// A creation with every option that applies to it.
pub const CREATION: Story = Story {
    name: "creation",
    args: &[
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--pre-deploy-task",
        "migrate",
        "--task-key",
        "1",
    ],
    ready: logging,
    holds: |scene| scene.revisions() == 1 && deployments(scene) == 1 && one_offs(scene) == 1,
};

/// An update with every option that applies to it.
pub const UPDATE: Story = Story {
    name: "update",
    args: &[
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--resource-tag",
        "team=shop",
        "--pre-deploy-task",
        "migrate",
        "--post-deploy-task",
        "smoke",
        "--task-key",
        "1",
        "--keep-revisions",
        "1",
    ],
    ready: || {
        let scene = thrice();
        scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(90));
        with_image(&scene, 4);
        scene
    },
    // web:1 and web:2 are deregistered, the one-off tasks ran once each, and one deployment
    // started.
    holds: |scene| {
        let service = scene.service();
        let runs = service["taskDefinition"].as_str().unwrap();
        runs.ends_with("web:4")
            && scene.revisions() == 2
            && deployments(scene) == 2
            && one_offs(scene) == 2
            && service["healthCheckGracePeriodSeconds"] == 90
            && service["tags"] == json!([{"key": "team", "value": "shop"}])
    },
};

const ROLLBACK: Story = Story {
    name: "rollback",
    args: &["rollback"],
    ready: thrice,
    holds: |scene| {
        let runs = scene.service()["taskDefinition"].clone();
        runs.as_str().unwrap().ends_with("web:2") && deployments(scene) == 2
    },
};

const OTHERS: [Story; 6] = [
    Story {
        name: "rollback of a deployment in progress",
        args: &["rollback"],
        ready: in_progress,
        holds: |scene| status(scene).starts_with("ROLLBACK_"),
    },
    Story {
        name: "rollback at a hook",
        args: &["rollback"],
        ready: paused,
        holds: |scene| status(scene).starts_with("ROLLBACK_"),
    },
    Story {
        name: "stop",
        args: &["stop"],
        ready: in_progress,
        holds: |scene| status(scene).starts_with("STOP"),
    },
    Story {
        name: "continue",
        args: &["continue"],
        ready: paused,
        holds: |scene| status(scene) == "IN_PROGRESS",
    },
    Story {
        name: "init",
        args: &["init", "--dir", "files"],
        ready: || {
            let scene = Scene::new();
            put(&scene, 1);
            scene
        },
        holds: |scene| scene.path("files/service.json").exists(),
    },
    Story {
        name: "verify",
        args: &[
            "verify",
            "--task-definition",
            "task.json",
            "--service-definition",
            "service.json",
        ],
        ready: || crate::verifies::scene().0,
        holds: |scene| scene.writes().is_empty(),
    },
];

/// Deleting a service without tasks, which takes half a second.
pub const DELETION: Story = Story {
    name: "delete",
    args: &["delete"],
    ready: || {
        let scene = Scene::living();
        scene.edit("service.json", "/desiredCount", json!(0));
        put(&scene, 1);
        scene
    },
    holds: |scene| scene.service()["status"] == "INACTIVE",
};

/// All stories.
pub fn all() -> impl Iterator<Item = Story> {
    [CREATION, UPDATE, ROLLBACK, DELETION]
        .into_iter()
        .chain(OTHERS)
}

fn with_image(scene: &Scene, n: u8) {
    let image = format!("app@sha256:{n}");
    scene.edit("task.json", "/containerDefinitions/0/image", json!(image));
}

/// A scene whose container logs, and whose one-off tasks end at once.
fn logging() -> Scene {
    let scene = Scene::new();
    scene.cloud.logs().group("/web");
    let role = json!("arn:aws:iam::123456789012:role/exec");
    scene.edit("task.json", "/executionRoleArn", role);
    scene.edit(
        "task.json",
        "/containerDefinitions/0/logConfiguration",
        json!({"logDriver": "awslogs", "options": {"awslogs-group": "/web",
            "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"}}),
    );
    for _ in 0..4 {
        let task = OneOff::exits(0).over(Duration::ZERO).log_lines(["done"]);
        scene.cloud.ecs().script_task(task);
    }
    scene
}

/// Deploys image `n` by calling ECS directly, which is faster than the program.
fn put(scene: &Scene, n: u8) {
    with_image(scene, n);
    let read = |name: &str| {
        let text = std::fs::read_to_string(scene.path(name)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let call = |operation: &str, body| scene.cloud.call("ecs", operation, body).unwrap();
    call("RegisterTaskDefinition", read("task.json"));
    if n == 1 {
        let mut body = read("service.json");
        body["cluster"] = json!("prod");
        body["serviceName"] = json!("web");
        body["taskDefinition"] = json!("web");
        call("CreateService", body);
    } else {
        let body = json!({"cluster": "prod", "service": "web", "taskDefinition": "web"});
        call("UpdateService", body);
    }
}

/// Three revisions, each deployed successfully.
fn thrice() -> Scene {
    let scene = logging();
    for n in 1..=3 {
        put(&scene, n);
        scene.settle();
    }
    scene
}

/// A second deployment that is slow.
fn in_progress() -> Scene {
    let scene = Scene::new();
    put(&scene, 1);
    scene.settle();
    let slow = Rollout::healthy().over(Duration::from_secs(100));
    scene.cloud.ecs().script("web", slow);
    put(&scene, 2);
    scene
}

fn deployments(scene: &Scene) -> usize {
    scene.service()["deployments"].as_array().unwrap().len()
}

/// The status of the last service deployment.
fn status(scene: &Scene) -> String {
    let body = json!({"cluster": "prod", "service": "web"});
    let listed = scene
        .cloud
        .call("ecs", "ListServiceDeployments", body)
        .unwrap();
    let status = listed["serviceDeployments"][0]["status"].as_str();
    status.unwrap().to_owned()
}

/// The number of one-off tasks, running and stopped.
pub fn one_offs(scene: &Scene) -> usize {
    let listed = |status: &str| {
        let body = json!({"cluster": "prod", "family": "web", "desiredStatus": status});
        let answer = scene.cloud.call("ecs", "ListTasks", body).unwrap();
        answer["taskArns"].as_array().unwrap().clone()
    };
    let arns = [listed("RUNNING"), listed("STOPPED")].concat();
    if arns.is_empty() {
        return 0;
    }
    let body = json!({"cluster": "prod", "tasks": arns});
    let answer = scene.cloud.call("ecs", "DescribeTasks", body).unwrap();
    let is_one_off = |task: &&Value| {
        let by = task["startedBy"].as_str();
        by.is_some_and(|by| by.starts_with("fp-"))
    };
    let tasks = answer["tasks"].as_array().unwrap();
    tasks.iter().filter(is_one_off).count()
}
