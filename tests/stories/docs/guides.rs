//! The commands of the guides, run in a shell as printed, against the fakes. Only the image has
//! another source, because a Docker daemon is not required here.

use std::path::PathBuf;
use std::time::Duration;

use fakes::{Cloud, Rollout};
use serde_json::{Value, json};
use stories::image::{Recipe, oci_layout};
use stories::programs::{Ran, command, folder, program, repository, run};

use super::shell::{Block, blocks};

const SUBNET: &str = "subnet-0a1b2c3d4e5f60001";
const SECURITY_GROUP: &str = "sg-0a1b2c3d4e5f60003";

/// A guide, a cluster `prod` with the running service `web`, and a directory to work in.
struct Guide {
    text: String,
    cloud: Cloud,
    scratch: tempfile::TempDir,
}

impl Guide {
    fn new(name: &str) -> Self {
        let page = repository().join("docs/guides").join(name);
        let guide = Self {
            text: std::fs::read_to_string(page).unwrap(),
            cloud: Cloud::start(),
            scratch: tempfile::tempdir().unwrap(),
        };
        guide.cloud.ecs().cluster("prod");
        guide.next_deployments(Rollout::healthy());
        guide.cloud.ecr().immutable_repository("web");
        guide.cloud.ecr().immutable_repository("shop");
        let recipe = Recipe {
            program: &program("hello"),
            environment: &[],
        };
        oci_layout(&guide.at("image"), &recipe).unwrap();
        guide
    }

    fn next_deployments(&self, rollout: Rollout) {
        let at_once = rollout.over(Duration::ZERO).draining(Duration::ZERO);
        self.cloud.ecs().default_script(at_once);
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        std::fs::write(self.at(name), value.to_string()).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap()
    }

    /// The blocks of a language, in the order of the page.
    fn blocks(&self, language: &str) -> Vec<Block> {
        let mut found = blocks(&self.text);
        found.retain(|block| block.language == language);
        found
    }

    /// The commands of the page, and how many blocks they are in.
    fn commands<const N: usize>(&self) -> [String; N] {
        let found = self.blocks("sh").into_iter().map(|block| block.text);
        let found: Vec<String> = found.collect();
        let count = found.len();
        let message = format!("the guide has {count} blocks of commands, and the test runs {N}");
        found.try_into().unwrap_or_else(|_| panic!("{message}"))
    }

    /// Runs a script in a shell that stops at the first error.
    fn run(&self, script: &str) -> Ran {
        let mut shell = command("sh");
        let path = std::env::var("PATH").unwrap();
        shell
            .args(["-euc", script])
            .current_dir(self.scratch.path());
        shell.envs(self.cloud.env());
        shell.env("PATH", format!("{}:{path}", folder().display()));
        shell.env("FARGATE_ENDPOINT_URL", self.cloud.endpoint_url());
        shell.env("GIT_SHA", "5c0ffee");
        run(&mut shell)
    }

    /// Creates the service `web` with a task definition of this container.
    fn running_service(&self, configuration: &Value) {
        self.register("web", "web:0");
        let mut service = json!({
            "cluster": "prod", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "launchType": "FARGATE", "networkConfiguration": network(),
        });
        for (name, value) in configuration.as_object().unwrap() {
            service[name] = value.clone();
        }
        self.cloud.ecs().running_service(service).unwrap();
    }

    fn register(&self, family: &str, image: &str) {
        let definition = task_definition(family, image);
        self.cloud
            .call("ecs", "RegisterTaskDefinition", definition)
            .unwrap();
    }

    fn sent(&self, operation: &str) -> Vec<Value> {
        let sent = self.cloud.requests_of("ecs", operation);
        sent.iter().map(fakes::Recorded::json).collect()
    }
}

fn network() -> Value {
    json!({"awsvpcConfiguration": {"subnets": [SUBNET], "securityGroups": [SECURITY_GROUP]}})
}

fn task_definition(family: &str, image: &str) -> Value {
    json!({
        "family": family, "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "app", "image": image, "essential": true,
            "portMappings": [{"containerPort": 8080}]}],
    })
}

#[test]
fn an_existing_service() {
    let guide = Guide::new("existing-service.md");
    guide.running_service(&json!({}));
    let [image_only, export, check, deploy] = guide.commands();
    let image_only = image_only.replace("docker-daemon:web:latest", "oci:image");
    guide.run(&image_only).expect(0);
    let image = guide.sent("RegisterTaskDefinition")[0]["containerDefinitions"][0]["image"].clone();
    let image = image.as_str().unwrap().to_owned();
    assert!(image.contains("/web@sha256:"), "{image}");

    guide.run(&export).expect(0);
    let exported = guide.read("taskdef.json");
    assert_eq!(exported.matches(&image).count(), 1, "{exported}");
    let edited = exported.replace(&image, "${image.app}");
    std::fs::write(guide.at("taskdef.json"), edited).unwrap();

    guide.cloud.forget_requests();
    let name = image.split('@').next().unwrap();
    let newer = format!("{name}@sha256:{}", "0".repeat(64));
    let checked = guide.run(&format!("image={newer}\n{check}")).expect(0);
    let plan = checked.stdout + &checked.stderr;
    let differences = plan
        .lines()
        .filter(|line| line.starts_with(['!', '+', '-']));
    // The tag by which ecs-deploy recognizes what it registered.
    let differences = differences.filter(|line| !line.contains("fargate-pipeline:digest"));
    let differences: Vec<&str> = differences.collect();
    assert!(
        differences.len() == 1 && differences[0].contains("image"),
        "{plan}"
    );
    assert!(guide.sent("UpdateService").is_empty(), "{plan}");

    guide.run(&format!("image={newer}\n{deploy}")).expect(0);
    let update = &guide.sent("UpdateService")[0];
    assert_eq!(update["desiredCount"], Value::Null);
    assert_eq!(guide.sent("RegisterTaskDefinition").len(), 1);
}

#[test]
fn migrations_before_a_deployment() {
    let guide = Guide::new("migrations.md");
    guide.running_service(&json!({}));
    guide.write("task.json", &task_definition("web", "web:1"));
    guide.write("service.json", &json!({"networkConfiguration": network()}));
    let [deploy] = guide.commands();
    guide.run(&deploy).expect(0);
    let task = &guide.sent("RunTask")[0];
    let command = &task["overrides"]["containerOverrides"][0]["command"];
    assert_eq!(*command, json!(["bin/migrate", "--all"]));
    assert_eq!(task["networkConfiguration"], network());
}

#[test]
fn blue_green_with_approval() {
    for end in ["continue", "roll back"] {
        let guide = Guide::new("blue-green-approval.md");
        let [deploy, and_continue, or_roll_back] = guide.commands();
        let elb = guide.cloud.elb();
        let blue = elb.target_group("blue", 8080);
        let green = elb.unattached_target_group("green", 8080, "ip");
        let rule = elb.rule(&blue.listener_arn, "/*", [&blue.arn, &green]);
        let test_rule = elb.rule(&blue.listener_arn, "/test/*", [&blue.arn, &green]);
        let outputs = json!({
            "target_group_arn": blue.arn, "alternate_target_group_arn": green,
            "production_listener_rule_arn": rule, "test_listener_rule_arn": test_rule,
            "ecs_infrastructure_role_arn": "arn:aws:iam::123456789012:role/ecs-infrastructure",
        });
        guide.write("outputs.json", &outputs);
        // The page leaves ten minutes for alarms.
        let part = guide.blocks("json")[0].text.replace(": 10,", ": 0,");
        let mut filled = part.clone();
        for (name, value) in outputs.as_object().unwrap() {
            filled = filled.replace(&format!("${{tf.{name}}}"), value.as_str().unwrap());
        }
        guide.running_service(&serde_json::from_str(&format!("{{{filled}}}")).unwrap());
        std::fs::write(guide.at("service.json"), format!("{{{part}}}")).unwrap();
        guide.write("task.json", &task_definition("web", "web:1"));

        let paused = guide.run(&deploy).expect(10);
        assert!(paused.stderr.contains("paused"), "{}", paused.stderr);
        if end == "continue" {
            guide.run(&and_continue).expect(0);
        } else {
            guide.run(&or_roll_back).expect(0);
        }
        let actions = guide.sent("ContinueServiceDeployment");
        let action = actions.first().map(|request| request["action"].clone());
        let expected = if end == "continue" {
            "CONTINUE"
        } else {
            "ROLLBACK"
        };
        assert_eq!(action, Some(json!(expected)), "{end}");
    }
}

#[test]
fn a_rollback_to_the_previous_and_to_a_specific_revision() {
    let guide = Guide::new("rollback.md");
    let [previous, specific] = guide.commands();
    for revision in 1..=42 {
        guide.register("web", &format!("web:{revision}"));
    }
    guide.running_service(&json!({"taskDefinition": "web:41"}));
    let deploy = "ecs-deploy --cluster prod --service web --task-definition web:42 --results before
        wait-healthy --cluster prod --service web --deployment before/ecs-deploy.json";
    guide.run(deploy).expect(0);
    guide.cloud.forget_requests();
    let target = |at: usize| {
        let revision = guide.sent("UpdateService")[at]["taskDefinition"].clone();
        revision
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    guide.run(&previous).expect(0);
    assert_eq!(target(0), "web:41");
    guide.run(&previous).expect(0);
    assert_eq!(target(1), "web:42");
    guide.run(&specific).expect(0);
    assert_eq!(target(2), "web:41");
    assert!(guide.sent("RegisterTaskDefinition").is_empty());
}

#[test]
fn a_preview_is_created_and_deleted() {
    let guide = Guide::new("preview-environments.md");
    let [deploy, delete] = guide.commands();
    std::fs::write(guide.at("preview.json"), &guide.blocks("json")[0].text).unwrap();
    let outputs = json!({"ecs_subnet_ids": [SUBNET], "task_security_group_id": SECURITY_GROUP});
    guide.write("outputs.json", &outputs);
    guide.write("task.json", &task_definition("web", "web:1"));
    guide.run(&deploy).expect(0);
    assert_eq!(guide.sent("CreateService")[0]["serviceName"], "app-pr-7");
    guide.run(&delete).expect(0);
    assert_eq!(guide.sent("DeleteService")[0]["service"], "app-pr-7");
    guide.run(&delete).expect(0);
    assert_eq!(guide.sent("DeleteService").len(), 1);
}

#[test]
fn several_services_with_one_image() {
    let guide = Guide::new("several-services.md");
    let [commands] = guide.commands();
    guide.write("outputs.json", &json!({}));
    for service in ["web", "worker"] {
        let definition = task_definition(service, "${image.app}");
        guide.write(&format!("{service}/taskdef.json"), &definition);
        let definition = json!({
            "desiredCount": 1, "networkConfiguration": network(),
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": true, "rollback": true},
            },
        });
        guide.write(&format!("{service}/service.json"), &definition);
    }
    let archive = "tar -cf image.tar -C image .\n";
    let ran = guide.run(&format!("{archive}{commands}")).expect(0);
    let names: Vec<Value> = guide
        .sent("CreateService")
        .iter()
        .map(|request| request["serviceName"].clone())
        .collect();
    assert_eq!(names, ["web", "worker"]);
    assert!(ran.stdout.contains("web") && ran.stdout.contains("worker"));

    let mut changed = task_definition("worker", "${image.app}");
    changed["containerDefinitions"][0]["environment"] = json!([{"name": "A", "value": "b"}]);
    guide.write("worker/taskdef.json", &changed);
    let crash = Rollout::crashing().over(Duration::ZERO);
    guide
        .cloud
        .ecs()
        .script("worker", crash.rolling_back(Duration::ZERO));
    let failed = guide.run(&commands).expect(1);
    assert!(failed.stdout.contains("rolled back"), "{}", failed.stdout);
}
