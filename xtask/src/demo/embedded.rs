//! The demo with the fakes: AWS, a registry and GitHub on loopback.

use std::path::Path;
use std::time::Duration;

use fakes::{Cloud, Rollout};
use stories::image::{Recipe, oci_layout};
use stories::programs::{program, repository};

use super::pipeline::{Deployment, Pipeline};
use super::{broken_task_definition, message};
use crate::platform::{self, PROJECT, PULL_REQUEST, STATE};

/// Deploys the sample, then one that crashes, then shows the comment about both.
pub fn run(scratch: &Path) -> Result<(), String> {
    let cloud = Cloud::start();
    println!(
        "an AWS of our own, with a registry and GitHub, at {}",
        cloud.endpoint_url()
    );
    platform::make(&cloud);
    let image = scratch.join("image");
    oci_layout(
        &image,
        &Recipe {
            program: &program("hello"),
            environment: &[],
        },
    )
    .map_err(message)?;
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
        state: STATE,
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

fn report(pipeline: &Pipeline<'_>, cloud: &Cloud) -> Result<(), String> {
    let number = PULL_REQUEST.to_string();
    pipeline.step(
        0,
        "Say so on the pull request",
        "deploy-status",
        &[
            "--results",
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
