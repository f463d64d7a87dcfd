//! Definitions from ECS by family, revision, ARN and service, and comparisons with them.

use fakes::{Cloud, Fault};
use serde_json::{Value, json};

use crate::scene::{Ran, SOUND, Scene};

pub struct Live {
    pub cloud: Cloud,
    pub scene: Scene,
}

impl Live {
    /// The family `web` with two revisions, and a service that runs the first one.
    pub fn new() -> Self {
        let cloud = Cloud::start();
        cloud.ecs().cluster("prod");
        let mut first: Value = serde_json::from_str(SOUND).unwrap();
        first["tags"] = json!([{"key": "team", "value": "a"}]);
        cloud
            .call("ecs", "RegisterTaskDefinition", first.clone())
            .unwrap();
        cloud
            .ecs()
            .running_service(json!({
                "cluster": "prod", "serviceName": "web", "taskDefinition": "web:1", "desiredCount": 1,
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
            }))
            .unwrap();
        first["containerDefinitions"][0]["image"] = json!("app:2");
        cloud.call("ecs", "RegisterTaskDefinition", first).unwrap();
        cloud.forget_requests();
        let scene = Scene::of(SOUND).with_env(cloud.env());
        Self { cloud, scene }
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let url = self.cloud.endpoint_url();
        let mut all = vec!["--endpoint-url", url.as_str()];
        all.extend(args);
        self.scene.run(&all)
    }
}

#[test]
fn a_definition_is_found_by_each_of_its_names() {
    let live = Live::new();
    let arn = format!(
        "arn:aws:ecs:{}:{}:task-definition/web:1",
        live.cloud.region(),
        live.cloud.account()
    );
    for (args, image) in [
        (&["--task-definition", "web"][..], "app:2"),
        (&["--task-definition", "web:1"], "app:1"),
        (&["--task-definition", &arn], "app:1"),
        (&["--cluster", "prod", "--service", "web"], "app:1"),
    ] {
        let rendered = live.run(args).rendered();
        assert_eq!(
            rendered["containerDefinitions"][0]["image"], image,
            "{args:?}"
        );
        assert_eq!(
            rendered["tags"],
            json!([{"key": "team", "value": "a"}]),
            "{args:?}"
        );
        for member in [
            "taskDefinitionArn",
            "revision",
            "status",
            "registeredAt",
            "compatibilities",
            "requiresAttributes",
        ] {
            assert!(rendered.get(member).is_none(), "{args:?}: {member}");
        }
        // The result can be registered.
        live.cloud
            .call("ecs", "RegisterTaskDefinition", rendered)
            .unwrap();
        live.cloud
            .call(
                "ecs",
                "DeregisterTaskDefinition",
                json!({"taskDefinition": "web"}),
            )
            .ok();
    }
}

#[test]
fn registered_definitions_are_not_templates() {
    let live = Live::new();
    let mut definition: Value = serde_json::from_str(SOUND).unwrap();
    definition["containerDefinitions"][0]["command"] = json!(["${tf.x}", "$${y}"]);
    live.cloud
        .call("ecs", "RegisterTaskDefinition", definition)
        .unwrap();
    let rendered = live.run(&["--task-definition", "web"]).rendered();
    assert_eq!(
        rendered["containerDefinitions"][0]["command"],
        json!(["${tf.x}", "$${y}"])
    );
}

#[test]
fn missing_definitions_and_permissions_are_errors() {
    let live = Live::new();
    for (args, code, expected) in [
        (
            &["--task-definition", "none"][..],
            3,
            "error: task definition none is not registered in ",
        ),
        (
            &["--task-definition", "web:9"],
            3,
            "error: task definition web:9 is not registered in ",
        ),
        (
            &["--cluster", "prod", "--service", "none"],
            3,
            "error: service none does not exist in cluster prod\n",
        ),
        (
            &["--cluster", "nope", "--service", "web"],
            3,
            "error: cluster nope does not exist in eu-central-1\n",
        ),
    ] {
        let ran = live.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(expected), "{args:?}: {}", ran.stderr);
    }
    live.cloud
        .fault(Fault::on("ecs", "DescribeTaskDefinition").denied());
    let ran = live.run(&["--task-definition", "web"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("DescribeTaskDefinition"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_needs_no_aws() {
    let ran = Scene::of(SOUND).render(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = Scene::of(SOUND).run(&["--task-definition", "web"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: no region is set\nhint: set --region or AWS_REGION\n"
    );
}

#[test]
fn changes_against_the_live_service_are_shown_without_values() {
    let live = Live::new();
    let summary = live.scene.path("summary").display().to_string();
    let url = live.cloud.endpoint_url();
    let args = [
        "--task-definition",
        "t.json",
        "--endpoint-url",
        &url,
        "--cluster",
        "prod",
        "--service",
        "web",
        "--image",
        "app=app@sha256:0123456789abcdef",
        "--env",
        "app:STAGE=VALUE",
        "--env",
        "app:NEW=VALUE",
        "--memory",
        "1 GB",
        "--set",
        "/memberOfTomorrow=1",
        "--ignore",
        "unknown-member",
        "--diff",
        "live",
        "--show-values",
        "--out",
        "o.json",
        "--results",
        "r",
    ];
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", summary.as_str()),
    ];
    let ran = live.scene.run_with(&args, &env, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = "! container app image: app :1 → @sha256:0123456789ab\n\
                 ! container app variable STAGE: changed (value not shown)\n\
                 + container app variable NEW\n\
                 ! memory: 512 → 1024\n\
                 - tag team: a";
    assert_eq!(
        ran.stderr,
        format!(
            "--show-values works only on a terminal; values are hidden\n::group::changes against web:1\n{lines}\n::endgroup::\n"
        )
    );
    assert_eq!(
        live.scene.read("summary"),
        format!("**Task definition `web`**, compared with `web:1`:\n\n```diff\n{lines}\n```\n\n")
    );
    let result: Value = serde_json::from_str(&live.scene.read("r/render-taskdef.json")).unwrap();
    assert_eq!(result["data"]["diff"], lines);
    assert!(!result.to_string().contains("VALUE"));
    assert!(live.scene.read("o.json").contains("VALUE"));
}

#[test]
fn the_digest_tag_of_ecs_deploy_is_not_a_difference() {
    let live = Live::new();
    let mut deployed: Value = serde_json::from_str(SOUND).unwrap();
    deployed["tags"] = json!([{"key": "fargate-pipeline:digest", "value": "sha256:1"}]);
    live.cloud
        .call("ecs", "RegisterTaskDefinition", deployed)
        .unwrap();
    live.cloud
        .call(
            "ecs",
            "UpdateService",
            json!({"cluster": "prod", "service": "web", "taskDefinition": "web:3"}),
        )
        .unwrap();
    let service = ["--cluster", "prod", "--service", "web"];
    let unchanged = [
        "--task-definition",
        "t.json",
        "--diff",
        "live",
        "--exit-code",
    ];
    let ran = live.run(&[&service[..], &unchanged, &["--out", "o.json"]].concat());
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "no differences from web:3\n")
    );
    // The tag belongs to one revision, so a rendered definition does not inherit it.
    assert!(live.run(&service).rendered().get("tags").is_none());
}

#[test]
fn equal_definitions_and_first_deployments_are_reported() {
    let live = Live::new();
    let same = [
        "--task-definition",
        "t.json",
        "--resource-tag",
        "team=a",
        "--diff",
        "web:1",
        "--exit-code",
        "--out",
        "o.json",
    ];
    let ran = live.run(&same);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "no differences from web:1\n")
    );
    let other = [
        "--task-definition",
        "t.json",
        "--diff",
        "web",
        "--exit-code",
        "--out",
        "o.json",
    ];
    let ran = live.run(&other);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("! container app image: app :2 → :1\n"),
        "{}",
        ran.stderr
    );
    let first = [
        "--task-definition",
        "t.json",
        "--cluster",
        "prod",
        "--service",
        "new",
        "--diff",
        "live",
        "--out",
        "o.json",
    ];
    let ran = live.run(&first);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "nothing to compare with: cluster prod does not have a service new yet\n"
        )
    );
}
