//! The demo on the embedded counterpart: AWS, a registry and GitHub on loopback.

use std::path::Path;
use std::time::Duration;

use fakes::{Cloud, Rollout};
use serde_json::json;
use stories::image::{Recipe, oci_layout};
use stories::programs::{program, repository};

use super::pipeline::{Deployment, Pipeline};
use super::{broken_task_definition, said, state};

const PROJECT: &str = "acme/shop";
const PULL_REQUEST: u64 = 7;

/// Deploys the sample, then one that crashes, then shows the comment that both left.
pub fn run(scratch: &Path) -> Result<(), String> {
    let cloud = Cloud::start();
    println!(
        "an AWS of our own, with a registry and GitHub, at {}",
        cloud.endpoint_url()
    );
    platform(&cloud);
    let image = scratch.join("image");
    oci_layout(
        &image,
        &Recipe {
            program: &program("hello"),
            environment: &[],
        },
    )
    .map_err(said)?;
    let mut environment = cloud.env();
    environment.extend(
        [
            ("FARGATE_ENDPOINT_URL", cloud.endpoint_url()),
            ("FARGATE_TOKEN", cloud.github().token()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let pipeline = Pipeline {
        folder: scratch,
        environment,
    };
    let deployment = Deployment {
        state: "s3://acme-terraform/platform.tfstate",
        source: image,
        tag: "v1",
        task_definition: repository().join("Apps/hello/taskdef.json"),
        service_definition: repository().join("Apps/hello/service.json"),
        registry: None,
        verdict: 0,
    };
    println!("\n━━━ A deployment that becomes healthy ━━━");
    cloud
        .ecs()
        .script("hello", Rollout::healthy().over(Duration::from_secs(5)));
    pipeline.deploy(&deployment)?;
    report(&pipeline, &cloud)?;

    println!("\n━━━ A change that makes the container crash ━━━");
    let crash = Rollout::crashing()
        .exit_code(3)
        .log_lines([
            "hello: starting, greeting \"hello from Fargate\"",
            "hello: reading the configuration",
            "hello: fatal: DATABASE_URL is not set",
        ])
        .over(Duration::from_secs(2))
        .rolling_back(Duration::from_secs(3));
    cloud.ecs().script("hello", crash);
    let broken = Deployment {
        task_definition: broken_task_definition(scratch)?,
        verdict: 6,
        ..deployment
    };
    pipeline.deploy(&broken)?;
    report(&pipeline, &cloud)?;
    let comments = cloud.github().comments(PROJECT, PULL_REQUEST).len();
    println!(
        "\nTwo deployments, {comments} comment on the pull request, and the service still runs the first."
    );
    Ok(())
}

/// What phase 1 would have made: its parts, and its state in S3.
fn platform(cloud: &Cloud) {
    cloud.ecs().cluster("demo");
    cloud.ecr().immutable_repository("hello");
    cloud.logs().group("/ecs/hello");
    cloud
        .github()
        .pull_request(PROJECT, PULL_REQUEST, &"5c0ffee".repeat(6)[..40]);
    let group = cloud.elb().target_group("hello", 8080);
    let account = cloud.account();
    let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
    let state = state(&json!({
        "aws_region": cloud.region(),
        "ecs_cluster_name": "demo",
        "ecs_service_name": "hello",
        "task_family": "hello",
        "ecr_repository_name": "hello",
        "execution_role_arn": role("hello-execution"),
        "task_role_arn": role("hello-task"),
        "log_group_name": "/ecs/hello",
        "ecs_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "task_security_group_id": "sg-0a1b2c3d4e5f60003",
        "target_group_arn": group.arn,
    }));
    cloud
        .s3()
        .put("acme-terraform", "platform.tfstate", state.into_bytes());
}

fn report(pipeline: &Pipeline<'_>, cloud: &Cloud) -> Result<(), String> {
    let number = PULL_REQUEST.to_string();
    pipeline.step(
        0,
        "Say so on the pull request",
        "deploy-status",
        &[
            "--from",
            &pipeline.folder.join("results").display().to_string(),
            "--comment-logs",
            "--git-repository",
            PROJECT,
            "--pull-request",
            &number,
            "--api-url",
            &cloud.endpoint_url(),
        ],
    )?;
    Ok(())
}
