//! The demo with real containers: ministack on a Docker engine. Both are started here, keep their
//! state in scratch directories and end with the demo.

use std::path::Path;

use serde_json::json;
use stories::counterparts::{DockerEngine, Ministack, exchange};
use stories::image::{Recipe, oci_layout};
use stories::programs::{program, repository, run as finish};

use super::pipeline::{Deployment, Pipeline};
use super::{broken_task_definition, message};
use crate::platform::state;
use crate::tools;

const ECS: &str = "AmazonEC2ContainerServiceV20141113";
const ECR: &str = "AmazonEC2ContainerRegistry_V20150921";
const LOGS: &str = "Logs_20140328";

/// Deploys the sample, shows its response, then deploys one that crashes.
pub fn run(scratch: &Path) -> Result<(), String> {
    for missing in tools::install() {
        println!("not available: {missing}");
    }
    let engine = DockerEngine::start().map_err(message)?;
    let cloud = Ministack::start(&engine).map_err(message)?;
    println!(
        "ministack at {}, its containers on {}",
        cloud.endpoint(),
        engine.host()
    );
    let target_group = platform(&cloud).map_err(message)?;
    let state = state(&json!({
        "aws_region": "us-east-1",
        "ecs_cluster_name": "demo",
        "ecs_service_name": "hello",
        "task_family": "hello",
        "ecr_repository_name": "hello",
        "execution_role_arn": "arn:aws:iam::000000000000:role/hello-execution",
        "task_role_arn": "arn:aws:iam::000000000000:role/hello-task",
        "log_group_name": "/hello",
        "ecs_subnet_ids": ["subnet-0a", "subnet-0b"],
        "task_security_group_id": "sg-0a",
        "target_group_arn": target_group,
    }));
    let state_file = scratch.join("platform.tfstate");
    std::fs::write(&state_file, state).map_err(message)?;
    let image = scratch.join("image");
    oci_layout(
        &image,
        &Recipe {
            program: &program("hello"),
            environment: &[],
        },
    )
    .map_err(message)?;
    let pipeline = Pipeline {
        folder: scratch,
        environment: [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("FARGATE_ENDPOINT_URL", &cloud.endpoint()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    };
    let deployment = Deployment {
        state: &state_file.display().to_string(),
        source: image,
        tag: "v1",
        task_definition: repository().join("Apps/hello/taskdef.json"),
        service_definition: repository().join("Apps/hello/service.json"),
        registry: Some(cloud.endpoint()),
        verdict: 0,
    };
    println!("\n━━━ A deployment that becomes healthy ━━━");
    pipeline.deploy(&deployment)?;
    let answer = ask_container(&engine)?;
    println!("\nThe container itself answers: {answer}");
    println!("\n━━━ A change that makes the container crash ━━━");
    let broken = Deployment {
        task_definition: broken_task_definition(scratch)?,
        verdict: 6,
        ..deployment
    };
    pipeline.deploy(&broken)?;
    let answer = ask_container(&engine)?;
    println!("\nThe old container still answers: {answer}");
    Ok(())
}

/// Creates what phase 1 would create.
fn platform(cloud: &Ministack) -> std::io::Result<String> {
    cloud.json(
        "ecs",
        &format!("{ECS}.CreateCluster"),
        r#"{"clusterName":"demo"}"#,
    )?;
    cloud.json(
        "ecr",
        &format!("{ECR}.CreateRepository"),
        r#"{"repositoryName":"hello"}"#,
    )?;
    cloud.json(
        "logs",
        &format!("{LOGS}.CreateLogGroup"),
        r#"{"logGroupName":"/hello"}"#,
    )?;
    let group = "Action=CreateTargetGroup&Version=2015-12-01&Name=hello&Protocol=HTTP&Port=8080\
        &TargetType=ip&VpcId=vpc-0a";
    let made = cloud.query("elasticloadbalancing", group)?;
    let arn = made
        .split_once("<TargetGroupArn>")
        .and_then(|(_, rest)| rest.split_once('<'));
    arn.map(|(arn, _)| arn.to_owned())
        .ok_or_else(|| std::io::Error::other(format!("no target group in {made}")))
}

/// Sends an HTTP request to a running container of the service.
fn ask_container(engine: &DockerEngine) -> Result<String, String> {
    let listed = finish(engine.docker().args(["ps", "--quiet", "--no-trunc"]));
    let id = listed
        .stdout
        .lines()
        .next()
        .ok_or("no container runs")?
        .to_owned();
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    let inspected = finish(engine.docker().args(["inspect", "--format", format, &id]));
    let address = inspected
        .stdout
        .split_whitespace()
        .next()
        .ok_or("the container has no address")?;
    let host = format!("{address}:8080");
    let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let (_, body) = exchange(&host, &request).map_err(message)?;
    Ok(format!("GET http://{host}/ → {}", body.trim_end()))
}
