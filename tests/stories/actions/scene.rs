//! The cloud that the actions deploy to, and a repository that uses them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fakes::{Cloud, Rollout, Trust};
use serde_json::{Value, json};
use stories::image::{Recipe, oci_layout};
use stories::programs::{command, program, repository, run};

pub const PROJECT: &str = "acme/shop";
pub const PULL_REQUEST: u64 = 7;
pub const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
pub const STATE: &str = "s3://acme-terraform/platform.tfstate";
pub const SUBJECT: &str = "repo:acme/shop:environment:production";

/// A cloud with the platform, and the scratch directories of one story.
pub struct Scene {
    pub cloud: Cloud,
    pub folder: tempfile::TempDir,
}

impl Scene {
    pub fn new() -> Self {
        let cloud = Cloud::start();
        let folder = tempfile::Builder::new()
            .prefix("fargate-actions-")
            .tempdir()
            .unwrap();
        platform(&cloud);
        let scene = Self { cloud, folder };
        std::fs::create_dir_all(scene.repo()).unwrap();
        scene
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The user's repository.
    pub fn repo(&self) -> PathBuf {
        self.at("repo")
    }

    /// A file of the user's repository.
    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.repo().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The sample's task and service definition and its image, in a directory of the repository.
    pub fn sample(&self, folder: &str) {
        for name in ["taskdef.json", "service.json"] {
            let text = std::fs::read(repository().join("Apps/hello").join(name)).unwrap();
            self.file(&format!("{folder}/{name}"), text);
        }
        let image = self.repo().join(folder).join("image");
        let recipe = Recipe {
            program: &program("hello"),
            environment: &[],
        };
        oci_layout(&image, &recipe).unwrap();
    }

    /// A Dockerfile with its files, and the variables that let buildah build it in a scratch
    /// directory: without a daemon and without pulling images. It requires root.
    pub fn dockerfile(&self, folder: &str) -> Vec<(String, String)> {
        self.file(&format!("{folder}/Dockerfile"), "FROM scratch\nARG VERSION\nLABEL version=$VERSION\nCOPY app /app\nENTRYPOINT [\"/app\"]\n");
        self.file(&format!("{folder}/app"), "a program\n");
        let storage = self.at("storage.conf");
        let place = self.folder.path().display();
        let text = format!(
            "[storage]\ndriver = \"vfs\"\nrunroot = \"{place}/containers/run\"\ngraphroot = \"{place}/containers/graph\"\n"
        );
        std::fs::write(&storage, text).unwrap();
        vec![
            (
                "CONTAINERS_STORAGE_CONF".to_owned(),
                storage.display().to_string(),
            ),
            ("BUILDAH_ISOLATION".to_owned(), "chroot".to_owned()),
        ]
    }

    /// Makes the directory a git repository with a remote, like a checkout.
    pub fn commit(&self) {
        if self.repo().join(".git").exists() {
            return;
        }
        for arguments in [
            &["init", "--quiet", "--initial-branch", "main"][..],
            &[
                "remote",
                "add",
                "origin",
                &format!("https://github.com/{PROJECT}"),
            ],
            &["add", "--all"],
            &["commit", "--quiet", "--message", "x"],
        ] {
            let mut git = command("git");
            git.current_dir(self.repo()).args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
            ]);
            git.env("HOME", self.folder.path())
                .env("GIT_CONFIG_GLOBAL", "/dev/null");
            run(git.args(arguments)).expect(0);
        }
    }

    /// The next deployment of the service crashes and is rolled back.
    pub fn crashes(&self, service: &str) {
        let crash = Rollout::crashing()
            .exit_code(3)
            .log_lines(["hello: fatal: DATABASE_URL is not set"])
            .over(Duration::from_millis(300))
            .rolling_back(Duration::from_millis(300));
        self.cloud.ecs().script(service, crash);
    }

    /// A running blue/green service and its service definition. Its next deployment pauses before
    /// the traffic shifts.
    pub fn blue_green(&self) {
        let elb = self.cloud.elb();
        let blue = elb.target_group("blue", 8080);
        let green = elb.unattached_target_group("green", 8080, "ip");
        let rule = elb.rule(&blue.listener_arn, "/*", [&blue.arn, &green]);
        let service = json!({
            "cluster": "demo", "serviceName": "hello", "desiredCount": 2, "launchType": "FARGATE",
            "deploymentConfiguration": {
                "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0,
                "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"],
                    "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}],
            },
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f60001"]}},
            "loadBalancers": [{
                "targetGroupArn": blue.arn, "containerName": "app", "containerPort": 8080,
                "advancedConfiguration": {
                    "alternateTargetGroupArn": green, "productionListenerRule": rule,
                    "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure",
                },
            }],
        });
        self.file("service.json", service.to_string());
        let before = json!({
            "family": "hello", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512",
            "containerDefinitions": [{"name": "app", "image": "app:0", "portMappings": [{"containerPort": 8080}]}],
        });
        self.cloud
            .call("ecs", "RegisterTaskDefinition", before)
            .unwrap();
        let mut running = service;
        running["taskDefinition"] = json!("hello:1");
        self.cloud.ecs().running_service(running).unwrap();
    }

    /// The environment of the container in the task definition that was registered last.
    pub fn registered(&self) -> Value {
        let all = self.cloud.requests_of("ecs", "RegisterTaskDefinition");
        all.last().expect("a task definition was registered").json()
    }

    pub fn comments(&self) -> Vec<String> {
        let comments = self.cloud.github().comments(PROJECT, PULL_REQUEST);
        comments.into_iter().map(|comment| comment.body).collect()
    }
}

/// What phase 1 creates, and the roles that may use it.
fn platform(cloud: &Cloud) {
    cloud.ecs().cluster("demo");
    cloud
        .ecs()
        .default_script(Rollout::healthy().over(Duration::from_millis(300)));
    for name in ["hello", "shop/api", "shop/web"] {
        cloud.ecr().immutable_repository(name);
    }
    cloud.logs().group("/ecs/hello");
    cloud
        .github()
        .pull_request(PROJECT, PULL_REQUEST, &"5c0ffee".repeat(6)[..40]);
    cloud.sts().trust(Trust::github().subject(SUBJECT));
    cloud.sts().ci_subject(SUBJECT);
    cloud.sts().only_known_keys();
    let group = cloud.elb().target_group("hello", 8080);
    let outputs = json!({
        "aws_region": cloud.region(),
        "ecs_cluster_name": "demo",
        "ecs_service_name": "hello",
        "task_family": "hello",
        "container_name": "app",
        "container_port": 8080,
        "ecr_repository_name": "hello",
        "execution_role_arn": "arn:aws:iam::123456789012:role/hello-execution",
        "task_role_arn": "arn:aws:iam::123456789012:role/hello-task",
        "log_group_name": "/ecs/hello",
        "ecs_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "task_security_group_id": "sg-0a1b2c3d4e5f60003",
        "target_group_arn": group.arn,
    });
    let mut state = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "story",
        "outputs": {}, "resources": [],
    });
    for (name, value) in outputs.as_object().unwrap() {
        let kind = match value {
            Value::Array(_) => json!(["list", "string"]),
            Value::Number(_) => "number".into(),
            _ => "string".into(),
        };
        state["outputs"][name] = json!({"value": value, "type": kind});
    }
    // The examples use other locations for the state.
    for (bucket, key) in [
        ("acme-terraform", "platform.tfstate"),
        ("my-terraform-state", "platform.tfstate"),
        ("my-terraform-state", "staging.tfstate"),
        ("my-terraform-state", "production.tfstate"),
    ] {
        cloud.s3().put(bucket, key, state.to_string().into_bytes());
    }
}

/// Copies a directory or one file of this repository.
pub fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

/// Writes an executable file.
pub fn script(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
